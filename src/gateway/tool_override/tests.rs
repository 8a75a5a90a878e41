use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn hiding(names: &[&str]) -> ToolOverride {
    let hidden = |name: &&str| ((*name).to_owned(), ArgumentOverride::Hidden);
    ToolOverride {
        arguments: names.iter().map(hidden).collect(),
        ..ToolOverride::default()
    }
}

fn fixing(values: &[(&str, &'static str)]) -> ToolOverride {
    let fixed = |(name, value): &(&str, &'static str)| {
        let value = ArgumentOverride::Fixed(Raw::from_static(value));
        ((*name).to_owned(), value)
    };
    ToolOverride {
        arguments: values.iter().map(fixed).collect(),
        ..ToolOverride::default()
    }
}

fn saying(name: Option<&str>, description: Option<&str>) -> ToolOverride {
    ToolOverride {
        name: name.map(str::to_owned),
        description: description.map(str::to_owned),
        ..ToolOverride::default()
    }
}

fn raw(text: &str) -> Raw {
    Raw::parse(text.to_owned().into()).unwrap()
}

/// A definition as callers see it, without any warning.
fn applied(tool: &ToolOverride, definition: &str) -> String {
    let overridden = tool.apply(&raw(definition)).unwrap();
    assert_eq!(overridden.warnings, [""; 0], "{definition}");
    overridden.definition.get().to_owned()
}

#[test]
fn a_tool_without_changes_stays_as_it_came() {
    let definition = Raw::from_static(r#" {"name" : "t", "x": 1.50 } "#);
    let overridden = ToolOverride::default().apply(&definition).unwrap();
    assert_eq!(overridden.definition, definition);
    assert!(overridden.warnings.is_empty());
}

#[test]
fn name_and_description_are_replaced_where_they_stand_or_added() {
    let both = saying(Some("new"), Some("says \"so\"\n"));
    for (definition, expected) in [
        (
            r#"{"name":"t","description":"d"}"#,
            r#"{"name":"new","description":"says \"so\"\n"}"#,
        ),
        (
            r#"{ "x" : 1.50 , "description" : null,"name":"t"  }"#,
            r#"{ "x" : 1.50 , "description" : "says \"so\"\n","name":"new"  }"#,
        ),
        (
            r#"{"\u006eame":"\"","a":[{"name":"t"}]}"#,
            r#"{"\u006eame":"new","a":[{"name":"t"}],"description":"says \"so\"\n"}"#,
        ),
        (
            r#"{"x":{"name":"}{","description":"\\"}, "name":"t" }"#,
            r#"{"x":{"name":"}{","description":"\\"}, "name":"new","description":"says \"so\"\n" }"#,
        ),
        ("{}", r#"{"name":"new","description":"says \"so\"\n"}"#),
    ] {
        assert_eq!(applied(&both, definition), expected);
    }
    let definition = r#"{"name":"t","description":"d","inputSchema":{"properties":{"a":1}}}"#;
    let renamed = definition.replace(r#""t""#, r#""new""#);
    assert_eq!(applied(&saying(Some("new"), None), definition), renamed);
    let described = definition.replace(r#""d""#, r#""""#);
    assert_eq!(applied(&saying(None, Some("")), definition), described);
}

#[test]
fn arguments_that_callers_can_not_give_are_taken_out_of_the_schema() {
    for (schema, expected) in [
        // One of several, at each place, with its comma.
        (
            r#"{"properties":{"a":1,"b":2,"c":3}}"#,
            r#"{"properties":{"b":2,"c":3}}"#,
        ),
        (
            r#"{"properties":{"b":2, "a":1, "c":3}}"#,
            r#"{"properties":{"b":2, "c":3}}"#,
        ),
        (
            r#"{"properties":{"b":2 , "c":3 , "a":1 }}"#,
            r#"{"properties":{"b":2 , "c":3 }}"#,
        ),
        // Several, beside each other and apart.
        (
            r#"{"properties":{"a":1,"hidden":2,"b":3}}"#,
            r#"{"properties":{"b":3}}"#,
        ),
        (
            r#"{"properties":{"a":1,"b":3,"hidden":2}}"#,
            r#"{"properties":{"b":3}}"#,
        ),
        (
            r#"{"properties":{"b":3,"a":1,"hidden":2}}"#,
            r#"{"properties":{"b":3}}"#,
        ),
        (
            r#"{"properties":{"a":1,"b":3,"hidden":2,"c":4}}"#,
            r#"{"properties":{"b":3,"c":4}}"#,
        ),
        // All.
        (
            r#"{"properties":{"a":1,"hidden":2}}"#,
            r#"{"properties":{}}"#,
        ),
        (
            r#"{"properties":{ "a" : {"x":["}"]} }, "x":1}"#,
            r#"{"properties":{  }, "x":1}"#,
        ),
        // Not those deeper down, nor values that look so.
        (
            r#"{"properties":{"b":{"properties":{"a":1},"required":["a"]},"a":"\"}"},"a":1}"#,
            r#"{"properties":{"b":{"properties":{"a":1},"required":["a"]}},"a":1}"#,
        ),
        // Escapes.
        (
            r#"{"pr\u006fperties":{"\u0061":1,"b\"a":{"{":"}"}},"r\u0065quired":["\u0061","b\"a"]}"#,
            r#"{"pr\u006fperties":{"b\"a":{"{":"}"}},"r\u0065quired":["b\"a"]}"#,
        ),
        // `required`, of which nothing is left when nobody is.
        (
            r#"{"properties":{"a":1,"b":2},"required":["a","b"]}"#,
            r#"{"properties":{"b":2},"required":["b"]}"#,
        ),
        (
            r#"{"required" : [ "b", "a" ], "properties":{"a":1,"b":2}}"#,
            r#"{"required" : [ "b" ], "properties":{"b":2}}"#,
        ),
        (
            r#"{"properties":{"a":1},"required":["a"]}"#,
            r#"{"properties":{}}"#,
        ),
        (
            r#"{ "required":["a"], "properties":{"a":1,"b":2}}"#,
            r#"{ "properties":{"b":2}}"#,
        ),
        (
            r#"{"x":1,"required":["a"],"properties":{"a":1,"b":2}}"#,
            r#"{"x":1,"properties":{"b":2}}"#,
        ),
        (
            r#"{"properties":{"a":1,"b":2},"required":["a"],"required2":["a"]}"#,
            r#"{"properties":{"b":2},"required2":["a"]}"#,
        ),
        (
            r#"{"properties":{"a":1},"required":["a","a",5,"b"]}"#,
            r#"{"properties":{},"required":[5,"b"]}"#,
        ),
        (
            r#"{"properties":{"a":1},"required":[]}"#,
            r#"{"properties":{},"required":[]}"#,
        ),
    ] {
        let mut tool = fixing(&[("a", "1")]);
        if schema.contains("hidden") {
            tool.arguments.extend(hiding(&["hidden"]).arguments);
        }
        let definition =
            |schema: &str| format!(r#"{{"name":"t", "inputSchema" : {schema} ,"n":1.0}}"#);
        let expected = definition(expected);
        assert_eq!(applied(&tool, &definition(schema)), expected);
    }
}

#[test]
fn all_changes_are_made_at_once() {
    let mut tool = hiding(&["b"]);
    tool.arguments.extend(fixing(&[("a", "1")]).arguments);
    tool.name = Some("new".into());
    tool.description = Some("New".into());
    let definition =
        r#"{"inputSchema":{"required":["c","a"],"properties":{"a":{},"b":{},"c":{}}},"name":"t"}"#;
    let expected = r#"{"inputSchema":{"required":["c"],"properties":{"c":{}}},"name":"new","description":"New"}"#;
    assert_eq!(applied(&tool, definition), expected);
}

#[test]
fn what_can_not_be_hidden_is_told() {
    for schema in [
        "",
        r#""properties":{"b":1}"#,
        r#""properties":[]"#,
        r##""$ref":"#/$defs/a","$defs":{"a":{"properties":{"a":1}}}"##,
    ] {
        let definition = format!(r#"{{"name":"t","inputSchema":{{{schema}}}}}"#);
        let overridden = fixing(&[("a", "1")]).apply(&raw(&definition)).unwrap();
        assert_eq!(overridden.definition.get(), definition);
        insta::allow_duplicates! {
            insta::assert_snapshot!(overridden.warnings.join("\n"), @r#"the config changes its argument "a", which is not among the `properties` of its inputSchema"#);
        }
    }
    for definition in [
        r#"{"name":"t"}"#,
        r#"{"name":"t","inputSchema":true}"#,
        r#"{"name":"t","inputSchema":[{"properties":{"a":1}}]}"#,
    ] {
        let overridden = hiding(&["a"]).apply(&raw(definition)).unwrap();
        assert_eq!(overridden.definition.get(), definition);
        assert_eq!(overridden.warnings.len(), 1);
    }
    let definition = r#"{"name":"t","inputSchema":{"properties":{"a":1},"required":["a"]}}"#;
    let overridden = hiding(&["a"]).apply(&raw(definition)).unwrap();
    insta::assert_snapshot!(overridden.warnings.join("\n"), @r#"the config hides its argument "a", which the server demands; give it a value with `fixed`"#);
}

#[test]
fn a_definition_that_names_a_member_twice_is_refused() {
    let tool = fixing(&[("a", "1")]);
    let mut messages = String::new();
    for definition in [
        r#"{"name":"t","n\u0061me":"u"}"#,
        r#"{"name":"t","inputSchema":{},"inputSchema":{"properties":{"a":1}}}"#,
        r#"{"name":"t","inputSchema":{"properties":{},"properties":{"a":1}}}"#,
        r#"{"name":"t","inputSchema":{"properties":{"a":1,"a":2}}}"#,
        r#"{"name":"t","inputSchema":{"properties":{"\ud800":1,"a":2}}}"#,
        r#"["name"]"#,
    ] {
        messages += &tool.apply(&raw(definition)).unwrap_err();
        messages.push('\n');
    }
    insta::assert_snapshot!(messages, @r#"
    its definition can't be changed: the member "name" stands there twice at line 1 column 28
    its definition can't be changed: the member "inputSchema" stands there twice at line 1 column 66
    its inputSchema can't be changed: the member "properties" stands there twice at line 1 column 38
    `properties` of its inputSchema can't be changed: the member "a" stands there twice at line 1 column 13
    `properties` of its inputSchema can't be changed: unexpected end of hex escape at line 1 column 9
    its definition can't be changed: invalid type: sequence, expected an object at line 1 column 0
    "#);
    // What is not looked at is left to those who do.
    let twice =
        r#"{"name":"t","x":{"a":1,"a":2},"inputSchema":{"properties":{"b":{"a":1,"a":2},"a":1}}}"#;
    assert!(applied(&tool, twice).contains(r#""b":{"a":1,"a":2}"#));
}

#[test]
fn fixed_arguments_are_added_to_those_of_the_caller() {
    let one = fixing(&[("zone", r#""UTC""#)]);
    let several = fixing(&[("a\"b", "{ \"x\": 1.50 }"), ("n", "null")]);
    for (tool, arguments, expected) in [
        (&one, "{}", r#"{"zone":"UTC"}"#),
        (&one, " { } ", r#" {"zone":"UTC" } "#),
        (&one, r#"{"a": 1.0 }"#, r#"{"a": 1.0,"zone":"UTC" }"#),
        (
            &one,
            "{\"a\":{\"zone\":\"}\"}\n}\n",
            "{\"a\":{\"zone\":\"}\"},\"zone\":\"UTC\"\n}\n",
        ),
        (
            &several,
            r#"{"a":123456789012345678901234567890}"#,
            r#"{"a":123456789012345678901234567890,"a\"b":{ "x": 1.50 },"n":null}"#,
        ),
        (&several, "{}", r#"{"a\"b":{ "x": 1.50 },"n":null}"#),
    ] {
        assert_eq!(tool.fix_arguments(&raw(arguments)).unwrap().get(), expected);
    }
    for tool in [ToolOverride::default(), hiding(&["h"])] {
        let arguments = raw(r#"{ "a":1.50}"#);
        assert_eq!(tool.fix_arguments(&arguments), Ok(arguments));
    }
}

#[test]
fn arguments_that_do_not_exist_for_callers_are_refused_by_name() {
    let mut tool = fixing(&[("zone", r#""UTC""#)]);
    tool.arguments.extend(hiding(&["debug"]).arguments);
    for (arguments, names) in [
        (r#"{"zone":"UTC"}"#, &["zone"][..]),
        (
            r#"{"\u007aone":null,"a":1,"debug":true}"#,
            &["zone", "debug"],
        ),
    ] {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(
            tool.fix_arguments(&raw(arguments)),
            Err(ArgumentsRefused::Unknown(names))
        );
    }
    let message = |arguments| {
        let refused = tool.fix_arguments(&raw(arguments)).unwrap_err();
        refused.to_string()
    };
    let messages = [
        r#"{"zone":1,"debug":1}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"\ud800":1}"#,
        "[]",
    ]
    .map(message);
    insta::assert_snapshot!(messages.join("\n"), @r#"
    the tool has no argument "zone" or "debug"
    the arguments can't be read: the member "a" stands there twice at line 1 column 13
    the arguments can't be read: unexpected end of hex escape at line 1 column 9
    the arguments can't be read: invalid type: sequence, expected an object at line 1 column 0
    "#);
}

#[test]
fn a_fixed_value_does_not_show_itself() {
    let shown = format!("{:?}", fixing(&[("token", r#""hush""#)]));
    assert!(!shown.contains("hush"), "{shown}");
}

/// What the definition must be, by the book.
fn by_the_book(tool: &ToolOverride, mut definition: Value) -> Value {
    let object = definition.as_object_mut().unwrap();
    if let Some(name) = &tool.name {
        object.insert("name".into(), name.as_str().into());
    }
    if let Some(description) = &tool.description {
        object.insert("description".into(), description.as_str().into());
    }
    if let Some(schema) = object.get_mut("inputSchema").and_then(Value::as_object_mut) {
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|name, _| !tool.arguments.contains_key(name));
        }
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut)
            && !required.is_empty()
        {
            required.retain(|name| !tool.arguments.contains_key(name.as_str().unwrap()));
            if required.is_empty() {
                schema.shift_remove("required");
            }
        }
    }
    definition
}

proptest! {
    #[test]
    fn a_definition_is_changed_as_it_would_be_by_a_model_of_it(
        name in prop::option::of("[a-z\"\\\\]{0,3}"),
        description in prop::option::of(".{0,5}"),
        hidden in prop::collection::vec("[a-d\"]", 0..4),
        properties in prop::collection::btree_map("[a-e\"]", "[{}\"\\[,]{0,3}", 0..6),
        required in prop::collection::vec("[a-e\"]", 0..5),
        order in prop::sample::select(vec![
            ["name", "inputSchema", "x"], ["inputSchema", "description", "name"],
            ["x", "inputSchema", "description"],
        ]),
        required_first: bool,
        pretty: bool,
    ) {
        let mut tool = hiding(&hidden.iter().map(String::as_str).collect::<Vec<_>>());
        tool.name = name;
        tool.description = description;
        let properties = ("properties", serde_json::json!(properties));
        let required = ("required", serde_json::json!(required));
        let members = if required_first { [required, properties] } else { [properties, required] };
        let mut schema = serde_json::Map::new();
        schema.extend(members.map(|(name, value)| (name.to_owned(), value)));
        let mut definition = serde_json::Map::new();
        for key in order {
            let value = if key == "inputSchema" { schema.clone().into() } else { key.into() };
            definition.insert(key.to_owned(), value);
        }
        let definition = Value::Object(definition);
        let text = if pretty {
            serde_json::to_string_pretty(&definition).unwrap()
        } else {
            definition.to_string()
        };
        let overridden = tool.apply(&raw(&text)).unwrap().definition;
        let overridden: Value = serde_json::from_str(overridden.get()).unwrap();
        let expected = by_the_book(&tool, definition);
        prop_assert_eq!(overridden.to_string(), expected.to_string());
    }

    #[test]
    fn whatever_arguments_hold_they_are_completed_or_refused(
        arguments in prop::collection::btree_map("[a-c\"\\\\]", "[{}\"\\[, ]{0,3}", 0..4),
        pretty: bool,
    ) {
        let tool = fixing(&[("a", "[1]"), ("z", r#"{"}":"{"}"#)]);
        let text = if pretty {
            serde_json::to_string_pretty(&arguments).unwrap()
        } else {
            serde_json::to_string(&arguments).unwrap()
        };
        match tool.fix_arguments(&raw(&text)) {
            Ok(completed) => {
                prop_assert!(!arguments.contains_key("a"));
                let mut expected = serde_json::json!(arguments);
                expected["a"] = serde_json::json!([1]);
                expected["z"] = serde_json::json!({"}": "{"});
                let completed: Value = serde_json::from_str(completed.get()).unwrap();
                prop_assert_eq!(completed.to_string(), expected.to_string());
            }
            Err(refused) => {
                prop_assert_eq!(refused, ArgumentsRefused::Unknown(vec!["a".into()]));
                prop_assert!(arguments.contains_key("a"));
            }
        }
    }
}
