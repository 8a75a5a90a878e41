use super::*;
use crate::json::Raw;

fn rules(texts: &[&str]) -> NameRules {
    NameRules::new(texts.iter().map(|text| text.parse().unwrap()))
}

fn tool(definition: &'static str) -> Tool {
    let (tool, _) = Tool::read(&Raw::from_static(definition)).unwrap();
    tool
}

fn name(text: &str) -> ServerName {
    text.parse().unwrap()
}

#[test]
fn the_last_rule_that_matches_decides() {
    for (texts, text, is_admitted) in [
        (&[] as &[&str], "time", false),
        (&["*"], "time", true),
        (&["time", "git*"], "github", true),
        (&["time", "git*"], "memory", false),
        (&["*", "!git*"], "github", false),
        (&["!git*"], "github", false),
        (&["!git*"], "time", true),
        (&["*", "!git*", "gitea"], "gitea", true),
    ] {
        assert_eq!(rules(texts).admit(text), is_admitted, "{texts:?} {text}");
    }
    assert_eq!("!".parse::<NameRule>(), Err(EmptyRule));
    assert!(rules(&["!a", "*"]).admit_all() && !rules(&["*", "!a"]).admit_all());
}

#[test]
fn a_group_brings_its_servers_along_and_more_than_its_tools_is_not_seen() {
    let now = tool(r#"{"name":"now","inputSchema":{},"annotations":{"readOnlyHint":true}}"#);
    let set = tool(r#"{"name":"set","inputSchema":{}}"#);
    let time = name("time");
    let mut grants = Grants::all();
    assert!(grants.see_everything());
    grants.servers = NameRules::none();
    assert!(!grants.admit_tool(&time, &now));
    let mut within = Grants::clone(&Arc::new(grants).in_group());
    assert!(within.admit_tool(&time, &now) && within.admit_tool(&time, &set));

    within.read_only = true;
    assert!(within.admit_tool(&time, &now) && !within.admit_tool(&time, &set));
    within.tools = Selection::new(["!time.n*".parse().unwrap()]);
    assert!(!within.admit_tool(&time, &now) && !within.see_everything());
}

#[test]
fn what_is_not_known_to_be_harmless_is_for_those_alone_who_see_all_of_a_server() {
    let time = name("time");
    let request = |method: &'static str| Operation::Request {
        method: method.into(),
        params: Raw::from_static("{}"),
        repeatable: true,
    };
    let mut grants = Grants::all();
    assert!(grants.admit(&time, &request("x/unknown")));
    grants.read_only = true;
    assert!(!grants.admit(&time, &request("x/unknown")));
    assert!(grants.admit(&time, &request("resources/read")));
    grants.resources = false;
    assert!(!grants.admit(&time, &request("resources/read")));
    let list = Operation::List {
        method: "resources/list",
        member: "resources",
    };
    assert!(!grants.admit(&time, &list) && grants.admit(&time, &request("tasks/get")));
}
