use super::*;

fn index(names: &[&str]) -> ToolIndex {
    ToolIndex::new(names.iter().map(|name| IndexedTool {
        name,
        title: None,
        description: None,
        input_schema: "{}",
    }))
}

fn found<'a>(names: &[&'a str], query: &str) -> Vec<&'a str> {
    let hits = index(names).search(query, 10);
    hits.iter().map(|hit| names[hit.position]).collect()
}

#[test]
fn a_name_comes_before_what_contains_it() {
    let names = ["list_get_issue_comments", "getIssues", "get_issue", "merge"];
    assert_eq!(
        found(&names, "get_issue"),
        ["get_issue", "getIssues", "list_get_issue_comments"]
    );
}
