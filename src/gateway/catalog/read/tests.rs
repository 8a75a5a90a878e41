use super::*;

fn read(definition: &'static str) -> (Tool, Vec<String>) {
    let (tool, warnings) = Tool::read(&Raw::from_static(definition)).unwrap();
    let messages = warnings.into_iter().map(|warning| {
        assert_eq!(warning.about, tool.name);
        warning.message
    });
    let messages = messages.collect();
    (tool, messages)
}

#[test]
fn a_good_tool_gives_no_warning() {
    let (tool, messages) =
        read(r#"{"name":"t","inputSchema":{"type":"object"},"outputSchema":{"type":"object"}}"#);
    assert!(messages.is_empty(), "{messages:?}");
    assert!(tool.output_schema.is_some());
}

#[test]
fn everything_odd_about_a_tool_is_told() {
    let (tool, messages) = read(
        r#"{"name":"t","annotations":7,
            "inputSchema":{"$schema":"https://example.com/mine","type":"object"},
            "outputSchema":{"type":"objekt"}}"#,
    );
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(messages[0].contains("annotations"));
    assert!(messages[1].contains("https://example.com/mine"));
    assert!(messages[2].contains("outputSchema is broken"));
    assert!(tool.output_schema.is_none());
    assert!(tool.is_structured);
    let (tool, messages) = read(r#"{"name":"t","inputSchema":{"type":"objekt"}}"#);
    assert!(tool.arguments.is_free_form());
    assert!(messages[0].contains("inputSchema is broken"));
}

#[test]
fn names_that_no_path_can_hold_are_left_out() {
    for name in ["", ".", ".."] {
        let definition = format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}}}}"#);
        let warning = Tool::read(&Raw::parse(definition.into()).unwrap()).unwrap_err();
        assert!(warning.message.contains("left out"), "{warning:?}");
    }
    assert_eq!(read(r#"{"name":"..."}"#).0.name, "...");
}
