//! Where an API is.

use super::Version;
use super::resolve::Place;

/// Variables in a longer URL are not filled in.
const LONGEST_URL: usize = 8 * 1024;

/// The first server of a document, path or operation.
pub(super) fn first(holder: Place<'_>) -> Option<String> {
    let server = holder.list("servers").next()?;
    Some(fill(server.text("url")?, server))
}

/// The server of a document of any version.
pub(super) fn of_document(root: Place<'_>, version: Version) -> Option<String> {
    if version != Version::V2 {
        return first(root);
    }
    let base_path = root.text("basePath").unwrap_or_default();
    let slash = if base_path.is_empty() || base_path.starts_with('/') {
        ""
    } else {
        "/"
    };
    let Some(host) = root.text("host").filter(|host| !host.is_empty()) else {
        return (!base_path.is_empty()).then(|| format!("{slash}{base_path}"));
    };
    let schemes: Vec<&str> = root
        .list("schemes")
        .filter_map(|scheme| scheme.tree.as_str())
        .collect();
    let scheme = ["https", "http"]
        .into_iter()
        .find(|scheme| schemes.contains(scheme));
    // Without a scheme it is that of the document's own URL.
    let scheme = scheme
        .map(|scheme| format!("{scheme}:"))
        .unwrap_or_default();
    Some(format!("{scheme}//{host}{slash}{base_path}"))
}

/// Fills in the variables: their defaults, or what they may be first.
fn fill(url: &str, server: Place<'_>) -> String {
    let mut filled = url.to_owned();
    for (name, variable) in server.map("variables") {
        let first = || variable.list("enum").find_map(|one| one.tree.as_str());
        let default = variable.tree.get("default");
        let value = match default {
            Some(crate::json::tree::Tree::String(text)) => text.clone(),
            Some(other) if !other.is_object() => other.to_string(),
            _ => first().unwrap_or_default().to_owned(),
        };
        // One could stand there a million times.
        if filled.len() > LONGEST_URL || value.len() > LONGEST_URL {
            break;
        }
        filled = filled.replace(&format!("{{{name}}}"), &value);
    }
    filled
}
