//! What operations are called.

use super::*;

#[test]
fn titles_are_cased_as_mcpo_does() {
    assert_eq!(title_case("get_current_time"), "Get Current Time");
    assert_eq!(title_case("getURL"), "Geturl");
    assert_eq!(title_case("list-files2go"), "List-Files2Go");
    assert_eq!(title_case("über_straße"), "Über Straße");
}

fn ids(names: &[(Option<&str>, &str)], style: OperationIds) -> Vec<String> {
    let mut view = view(Vec::new());
    view.options.operation_ids = style;
    view.sections = names
        .iter()
        .map(|(tag, name)| Section {
            tag: *tag,
            tag_description: None,
            path_prefix: "/",
            tools: vec![tool(name, "{}")],
        })
        .collect();
    names::operation_ids(&view)
}

#[test]
fn operation_ids_are_unique_fitting_and_stable() {
    let long = "x".repeat(70);
    let wanted = [
        (None, "plain"),
        (None, "a.b"),
        (None, "a_b"),
        (None, "a/b"),
        (None, "only.one"),
        (None, "größe"),
        (None, &*long),
        (Some("a"), "b__c"),
        (Some("a__b"), "c"),
        (Some("time"), "now"),
        (None, "twin"),
        (None, "twin"),
    ];
    let given = ids(&wanted, OperationIds::Tool);
    assert_json_snapshot!(given);
    let unique: std::collections::HashSet<_> = given.iter().collect();
    assert_eq!(unique.len(), given.len());
    let fits = |id: &String| {
        id.len() <= 64
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    assert!(given.iter().all(fits));
    let mut reversed = wanted[..10].to_vec();
    reversed.reverse();
    let mut other = ids(&reversed, OperationIds::Tool);
    other.reverse();
    assert_eq!(other, given[..10]);
}

#[test]
fn mcpo_names_its_operations_otherwise() {
    let given = ids(
        &[(None, "get-sum"), (Some("s"), "get_sum")],
        OperationIds::Mcpo,
    );
    assert_eq!(given, ["tool_get_sum_post", "tool_s__get_sum_post"]);
}
