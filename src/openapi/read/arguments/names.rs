//! What arguments are called.

use std::collections::{HashMap, HashSet};

use crate::openapi::api::Location;
use crate::openapi::read::parameters::ParameterView;

/// The arguments that parameters are taken from: their names, unless an argument of the body or
/// another parameter has that too.
pub(super) fn parameter_names(
    parameters: &[ParameterView<'_>],
    of_body: &HashSet<&str>,
) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for parameter in parameters {
        *counts.entry(parameter.name).or_default() += 1;
    }
    let clashes =
        |name: &str| of_body.contains(name) || counts.get(name).is_some_and(|count| *count > 1);
    let mut taken: HashSet<String> = of_body.iter().map(|name| (*name).to_owned()).collect();
    let plain = parameters.iter().filter(|one| !clashes(one.name));
    taken.extend(plain.map(|one| one.name.to_owned()));
    let named = parameters.iter().map(|parameter| {
        if !clashes(parameter.name) {
            return parameter.name.to_owned();
        }
        let location = match parameter.location {
            Location::Path => "path",
            Location::Query | Location::QueryString => "query",
            Location::Header => "header",
            Location::Cookie => "cookie",
        };
        let wanted = format!("{}__{location}", parameter.name);
        let name = unused_name(&wanted, &taken);
        taken.insert(name.clone());
        name
    });
    named.collect()
}

/// The name, with a number if it is taken.
fn unused_name(name: &str, taken: &HashSet<String>) -> String {
    let mut unused = name.to_owned();
    let mut number = 1;
    while taken.contains(&*unused) {
        number += 1;
        unused = format!("{name}_{number}");
    }
    unused
}
