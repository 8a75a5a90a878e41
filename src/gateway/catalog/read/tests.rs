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

#[test]
fn a_wrong_optional_member_costs_the_tool_that_member_alone() {
    for (member, name) in [
        (r#""description":5"#, "description"),
        (r#""title":[]"#, "title"),
        (r#""execution":5"#, "execution"),
        (r#""execution":{"taskSupport":5}"#, "execution.taskSupport"),
        (r#""annotations":[]"#, "annotations"),
        (r#""annotations":{"title":5}"#, "annotations.title"),
        (
            r#""annotations":{"readOnlyHint":"yes"}"#,
            "annotations.readOnlyHint",
        ),
    ] {
        let definition = format!(r#"{{"name":"t",{member},"inputSchema":{{"type":"object"}}}}"#);
        let (_, warnings) = Tool::read(&Raw::parse(definition.into()).unwrap()).unwrap();
        let [warning] = warnings.as_slice() else {
            panic!("{member}: {warnings:?}");
        };
        assert_eq!(warning.about, "t");
        let begin = format!("its {name} is ignored: it is not ");
        assert!(warning.message.starts_with(&begin), "{warning:?}");
    }
    let (tool, _) = read(
        r#"{"name":"t","title":[],"annotations":{"title":"Tea","readOnlyHint":5,"idempotentHint":true}}"#,
    );
    assert_eq!(tool.title.as_deref(), Some("Tea"));
    assert!(tool.is_repeatable());
}

#[test]
fn null_stands_for_a_member_that_is_not_there() {
    let (tool, messages) = read(
        r#"{"name":"t","title":null,"description":null,"annotations":null,"execution":null,
            "inputSchema":{"type":"object"}}"#,
    );
    assert!(messages.is_empty(), "{messages:?}");
    assert_eq!(tool.title, None);
}

#[test]
fn a_definition_that_is_none_is_refused_in_plain_words() {
    for definition in ["[]", r#"["t"]"#, "5", "{}", r#"{"name":5}"#] {
        let warning = Tool::read(&Raw::from_static(definition)).unwrap_err();
        assert!(!warning.message.contains("struct"), "{warning:?}");
    }
    let twice = r#"{"name":"t","title":"a","title":"b"}"#;
    let warning = Tool::read(&Raw::from_static(twice)).unwrap_err();
    assert_eq!(warning.about, "t");
    assert!(warning.message.contains("title"), "{warning:?}");
}

#[test]
fn a_schema_that_no_object_fits_is_broken() {
    for schema in [
        r#"{"type":"array"}"#,
        r#"{"type":["string","null"]}"#,
        r#"{"enum":["a"]}"#,
        r##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}"##,
        "false",
    ] {
        let definition = format!(r#"{{"name":"t","inputSchema":{schema}}}"#);
        let (tool, warnings) = Tool::read(&Raw::parse(definition.into()).unwrap()).unwrap();
        assert!(tool.arguments.is_free_form(), "{schema}");
        assert_eq!(tool.input_schema.get(), r#"{"type":"object"}"#);
        assert!(warnings[0].message.contains("no object"), "{warnings:?}");
    }
    for schema in ["true", "{}", r#"{"type":["object","null"]}"#] {
        let definition = format!(r#"{{"name":"t","inputSchema":{schema}}}"#);
        let (tool, _) = Tool::read(&Raw::parse(definition.into()).unwrap()).unwrap();
        assert!(!tool.arguments.is_free_form(), "{schema}");
    }
}

#[test]
fn a_tool_of_our_own_making_is_checked_when_it_is_called() {
    let definition = Raw::from_static(
        r#"{"name":"t","inputSchema":{"type":"object","required":["a"]},
            "outputSchema":{"type":"object"}}"#,
    );
    let (tool, warnings) = Tool::read_made(&definition, &IndexMap::new()).unwrap();
    assert!(warnings.is_empty());
    assert!(tool.output_schema.is_some());
    assert_eq!(
        tool.input_schema.get(),
        r#"{"type":"object","required":["a"]}"#
    );
    let prepare = |arguments| {
        let (validation, defaults) = (schema::Validation::Strict, schema::Defaults::Leave);
        tool.arguments
            .prepare(&Raw::from_static(arguments), validation, defaults)
    };
    assert!(prepare(r#"{"a":1}"#).is_ok());
    assert!(prepare("{}").is_err());
    assert!(!tool.arguments.is_free_form());
    let broken = Raw::from_static(r#"{"name":"t","inputSchema":{"type":7}}"#);
    let (tool, _) = Tool::read_made(&broken, &IndexMap::new()).unwrap();
    // Nobody has looked at it yet.
    assert!(!tool.arguments.is_free_form());
    let (validation, defaults) = (schema::Validation::Strict, schema::Defaults::Leave);
    let any = Raw::from_static(r#"{"b":1}"#);
    let prepared = tool.arguments.prepare(&any, validation, defaults);
    assert!(prepared.is_ok());
    assert!(tool.arguments.is_free_form());
}
