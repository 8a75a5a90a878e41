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
fn a_group_brings_its_tools_along_and_a_server_alone_does_not_bring_the_group() {
    let now = tool(r#"{"name":"now","inputSchema":{},"annotations":{"readOnlyHint":true}}"#);
    let set = tool(r#"{"name":"set","inputSchema":{}}"#);
    let (time, clock) = (name("time"), name("clock"));
    let mut grants = Grants::all();
    assert!(grants.see_everything());
    grants.servers = NameRules::none();
    assert!(!grants.admit_tool(&time, None, &now));
    assert!(grants.admit_tool(&time, Some(&clock), &now));
    assert!(grants.admit_resources(&time, Some(&clock)) && !grants.admit_prompts(&time, None));

    grants.read_only = true;
    assert!(grants.admit_tool(&time, Some(&clock), &now));
    assert!(!grants.admit_tool(&time, Some(&clock), &set));

    grants.tools = Selection::new(["!time.n*".parse().unwrap()]);
    assert!(!grants.admit_tool(&time, Some(&clock), &now));
    assert!(!grants.see_everything());
}
