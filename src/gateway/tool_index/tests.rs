use proptest::prelude::*;

use super::*;

/// A small catalog in the styles that servers name tools in.
const TOOLS: &[(&str, &str, &str)] = &[
    (
        "get_issue",
        "Get one issue.",
        r#"{"properties":{"number":{"description":"The number of the issue"}}}"#,
    ),
    (
        "list_issues",
        "List issues of a repository.",
        r#"{"properties":{"state":{}}}"#,
    ),
    ("issues/get-comment", "Get a comment of an issue.", "{}"),
    (
        "mergePullRequest",
        "Merge a pull request.",
        r#"{"properties":{"squash":{"type":"boolean"}}}"#,
    ),
    (
        "delete_file",
        "Delete a file. The branch is left as it is.",
        r#"{"properties":{"path":{}}}"#,
    ),
    ("read_file", "Read a file.", r#"{"properties":{"path":{}}}"#),
    (
        "create_event",
        "Create an event in the calendar.",
        r#"{"properties":{"attendees":{"items":{"properties":{"email":{"description":"Where the invitation goes"}}}}}}"#,
    ),
    (
        "weather.forecast",
        "Forecast for a city, in GitHub's cafeteria too.",
        "{}",
    ),
    ("star_repository", "Star a repository.", "{}"),
    ("unstar_repository", "Unstar a repository.", "{}"),
    ("list_contributors", "Everyone with a commit.", "{}"),
    ("whoami", "Says who is logged in.", "{}"),
    ("wetter_für_städte", "Das Wetter. 東京の天気予報", "{}"),
];

fn tool<'a>((name, description, input_schema): &(&'a str, &'a str, &'a str)) -> IndexedTool<'a> {
    IndexedTool {
        name,
        title: None,
        description: Some(description),
        input_schema,
    }
}

fn index() -> ToolIndex {
    ToolIndex::new(TOOLS.iter().map(tool))
}

fn found(query: &str) -> Vec<&'static str> {
    let hits = index().search(query, TOOLS.len());
    hits.iter().map(|hit| TOOLS[hit.position].0).collect()
}

fn named<'a>(names: &[&'a str], query: &str) -> Vec<&'a str> {
    let index = ToolIndex::new(names.iter().map(|name| tool(&(name, "", "{}"))));
    let hits = index.search(query, names.len());
    hits.iter().map(|hit| names[hit.position]).collect()
}

#[test]
fn the_right_tool_comes_first() {
    for (query, first) in [
        // Words in any form and order.
        ("merge a pull request", "mergePullRequest"),
        ("merging pull-requests", "mergePullRequest"),
        ("REQUEST PULL MERGE", "mergePullRequest"),
        ("comments of issues", "issues/get-comment"),
        // Arguments, their descriptions, and what is within them.
        ("squash", "mergePullRequest"),
        ("attendees", "create_event"),
        ("where do invitations go", "create_event"),
        // What is said otherwise.
        ("remove a file", "delete_file"),
        ("show me the file", "read_file"),
        ("what is in this file", "read_file"),
        ("add something to my calendar", "create_event"),
        ("who contributed", "list_contributors"),
        ("remove my star from a repo", "unstar_repository"),
        ("unstar", "unstar_repository"),
        ("give the repo a star", "star_repository"),
        // The beginning of a word, names in camelCase as one, and other scripts.
        ("calend", "create_event"),
        ("github", "weather.forecast"),
        ("GITHUB", "weather.forecast"),
        ("STÄDTE", "wetter_für_städte"),
        ("天気", "wetter_für_städte"),
        // A name that says nothing but stop words.
        ("whoami", "whoami"),
    ] {
        assert_eq!(found(query).first(), Some(&first), "{query}");
    }
}

#[test]
fn a_name_comes_before_what_contains_it() {
    let names = [
        "issue_get",
        "list_get_issue_comments",
        "list_gets_issues",
        "get-issues",
        "Get_Issue",
        "get_issue",
    ];
    assert_eq!(
        named(&names, "get_issue"),
        [
            "get_issue",
            "Get_Issue",
            "get-issues",
            "list_get_issue_comments",
            "list_gets_issues",
            "issue_get"
        ]
    );
    for query in ["get issue", "getIssue", "get/issue", " get_issue\n"] {
        let found = named(&names, query);
        assert!(
            found[0].eq_ignore_ascii_case("get_issue"),
            "{query}: {found:?}"
        );
    }
}

#[test]
fn a_part_of_a_name_comes_before_what_only_speaks_of_it() {
    let tools = [
        (
            "notes",
            "issues get, issues/get: get issues, get all issues",
            "{}",
        ),
        ("github__issues_get_for_org", "", "{}"),
        ("codespaces", "", "{}"),
    ];
    let index = ToolIndex::new(tools.iter().map(tool));
    for query in ["issues/get", "issues_get", "issue.get", "issuesGet"] {
        assert_eq!(index.search(query, 1)[0].position, 1, "{query}");
    }
    for query in ["codes", "odespace"] {
        assert_eq!(index.search(query, 1)[0].position, 2, "{query}");
    }
}

#[test]
fn a_sentence_is_no_part_of_a_name() {
    let tools = [
        ("list_follow_user_events_by_day", "", "{}"),
        ("follow", "Follow a user.", "{}"),
    ];
    let index = ToolIndex::new(tools.iter().map(tool));
    assert_eq!(index.search("follow a user", 1)[0].position, 1);
    assert_eq!(index.search("follow_user", 1)[0].position, 0);
}

#[test]
fn what_does_something_else_comes_later() {
    let tools = [
        ("delete_label", "Delete a label of an issue.", "{}"),
        ("list_labels", "List labels of an issue.", "{}"),
        ("create_label", "Create a label of an issue.", "{}"),
    ];
    let index = ToolIndex::new(tools.iter().map(tool));
    for (query, position) in [
        ("put a label on the issue", 2),
        ("which labels does the issue have", 1),
        ("drop the label of an issue", 0),
    ] {
        assert_eq!(index.search(query, 1)[0].position, position, "{query}");
    }
}

#[test]
fn what_matches_nothing_gives_nothing() {
    for query in [
        "",
        " \t\n",
        "🙂🙂",
        "the of and",
        "__--//",
        "zzz qqq",
        "a",
        "\u{0}\u{301}",
    ] {
        assert_eq!(found(query), [""; 0], "{query:?}");
    }
    assert_eq!(index().search("issue", 0), []);
    assert_eq!(ToolIndex::new([]).search("issue", 5), []);
    assert_eq!(ToolIndex::default().search("issue", 5), []);
}

#[test]
fn equals_keep_their_order() {
    let names: Vec<String> = (0..40).map(|number| format!("read_{number}")).collect();
    let index = ToolIndex::new(names.iter().map(|name| tool(&(name, "Read.", "{}"))));
    let positions: Vec<usize> = index
        .search("read", 40)
        .iter()
        .map(|hit| hit.position)
        .collect();
    assert_eq!(positions, (0..40).collect::<Vec<_>>());
}

#[test]
fn the_beginning_of_an_endless_query_counts() {
    let mut query = String::from("merge pull request ");
    query.push_str(&"x".repeat(1 << 20));
    assert_eq!(found(&query)[0], "mergePullRequest");
    for filler in ["issue ", "é", "🙂", "_", "aB", "未知 "] {
        let query = filler.repeat((1 << 20) / filler.len());
        let started = std::time::Instant::now();
        index().search(&query, 5);
        assert!(started.elapsed().as_secs() < 5, "{filler}");
    }
}

#[test]
fn endless_texts_are_indexed_as_far_as_it_helps() {
    let words: Vec<String> = (0..200_000_u32)
        .map(|number| format!("w{number}"))
        .collect();
    let text = words.join(" ");
    let schema = format!(r#"{{"properties":{{"squash":{{"description":"{text}"}}}}}}"#);
    let started = std::time::Instant::now();
    let index = ToolIndex::new((0..8).map(|_| IndexedTool {
        name: &text,
        title: Some(&text),
        description: Some(&text),
        input_schema: &schema,
    }));
    assert_eq!(index.search("w17 squash", 10).len(), 8);
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn what_is_no_schema_gives_no_arguments() {
    let endless = r#"{"properties":{"a":"#.repeat(200);
    for schema in [
        "",
        "true",
        "[]",
        "{",
        r#"{"properties":7}"#,
        r#"{"properties":{"a":1,"b":null}}"#,
        &endless,
    ] {
        let index = ToolIndex::new([tool(&("get_issue", "", schema))]);
        assert_eq!(index.search("issue", 5).len(), 1, "{schema}");
    }
}

#[test]
fn arguments_are_read_wherever_schemas_stand() {
    let schema = r##"{
        "description": "Of the whole",
        "properties": {
            "description": {"type": "string", "title": "A title"},
            "list": {"items": {"anyOf": [{"properties": {"alternative": {}}}, {"$ref": "#/$defs/other"}]}},
            "escaped\u0020name": true,
            "deep": {"properties": {"deeper": {"additionalProperties": {"properties": {"map": {}}}}}}
        },
        "$defs": {"other": {"description": "Elsewhere", "properties": {"defined": {}}}}
    }"##;
    assert_eq!(
        arguments::read(schema).lines().collect::<Vec<_>>(),
        [
            "description",
            "A title",
            "list",
            "alternative",
            "escaped name",
            "deep",
            "deeper",
            "map",
            "Elsewhere",
            "defined"
        ]
    );
}

#[test]
fn words_are_what_stands_between_signs_and_humps() {
    for (text, words) in [
        ("get_issue", "get issue"),
        (
            "mcp__server-name/tool.call:now",
            "mcp server name tool call now",
        ),
        ("getHTTPServer2Go", "get HTTP Server2 Go getHTTPServer2Go"),
        ("a b", "a b"),
        ("It's «été»", "It s été"),
        ("ÉtéSoleil", "Été Soleil ÉtéSoleil"),
        ("東京 ok", "東 京 ok"),
        ("🙂 — …", ""),
    ] {
        let found: Vec<&str> = words::split(text).map(|piece| piece.text).collect();
        assert_eq!(found.join(" "), words, "{text}");
    }
}

#[test]
fn the_first_sentence_ends_at_a_stop_or_a_line() {
    for (text, first) in [
        ("One. Two.", "One."),
        ("One\n\nTwo. Three", "One"),
        ("  v1.2 of it", "v1.2 of it"),
        ("", ""),
    ] {
        assert_eq!(words::first_sentence(text).0, first);
    }
}

proptest! {
    #[test]
    fn any_query_of_any_tools_gives_at_most_so_many_in_order(
        tools in prop::collection::vec((".{0,40}", ".{0,80}", ".{0,80}"), 0..20),
        query in ".{0,80}|[a-z_ ]{0,40}",
        limit in 0_usize..30,
    ) {
        let index = ToolIndex::new(tools.iter().map(|(name, description, schema)| IndexedTool {
            name,
            title: Some(schema),
            description: Some(description),
            input_schema: schema,
        }));
        prop_assert_eq!(index.len(), tools.len());
        let hits = index.search(&query, limit);
        prop_assert!(hits.len() <= limit);
        for pair in hits.windows(2) {
            let by_score = pair[1].score.total_cmp(&pair[0].score);
            prop_assert!(by_score.then(pair[0].position.cmp(&pair[1].position)).is_lt());
        }
        for hit in &hits {
            prop_assert!(hit.score > 0.0 && hit.score.is_finite() && hit.position < tools.len());
        }
        prop_assert_eq!(hits, index.search(&query, limit));
    }

    #[test]
    fn a_tool_is_found_first_by_its_name(
        names in prop::collection::hash_set("[a-z]{1,8}([_./-][a-zA-Z0-9]{1,8}){0,3}", 1..30),
    ) {
        let names: Vec<String> = names.into_iter().collect();
        let index = ToolIndex::new(names.iter().map(|name| tool(&(name, "", "{}"))));
        for (position, name) in names.iter().enumerate() {
            prop_assert_eq!(index.search(name, 1)[0].position, position);
        }
    }

    #[test]
    fn any_word_has_a_stem(word in "[a-z]{1,30}|[a-z]{1,20}(ing|ed|s|ies|ational|ness|ly|y)") {
        let index = ToolIndex::new([tool(&(&word, "", "{}"))]);
        prop_assert_eq!(index.search(&word, 1).len(), 1);
    }
}
