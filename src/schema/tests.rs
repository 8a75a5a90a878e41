mod costs;

use insta::assert_json_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::json::Raw;
use crate::json::strict::Segment;

fn compile(schema: &Value) -> ArgumentSchema {
    ArgumentSchema::compile(&schema.to_string()).unwrap()
}

fn prepare(schema: &Value, arguments: &str) -> Result<String, Vec<Violation>> {
    prepare_as(schema, arguments, Validation::Coerce, Defaults::Fill)
}

fn prepare_as(
    schema: &Value,
    arguments: &str,
    validation: Validation,
    defaults: Defaults,
) -> Result<String, Vec<Violation>> {
    let prepared =
        compile(schema).prepare(&Raw::assume_valid(arguments.into()), validation, defaults);
    prepared.map(|raw| raw.get().to_owned())
}

fn properties(properties: &Value) -> Value {
    json!({"type": "object", "properties": properties})
}

fn kinds(result: Result<String, Vec<Violation>>) -> Vec<&'static str> {
    let violations = result.unwrap_err();
    violations.iter().map(|violation| violation.kind).collect()
}

fn everything() -> Value {
    json!({
        "type": "object",
        "properties": {
            "int": {"type": "integer"},
            "num": {"type": "number"},
            "bool": {"type": "boolean"},
            "str": {"type": "string"},
            "list": {"type": "array", "items": {"type": "integer"}},
            "obj": {"type": "object", "properties": {"n": {"type": "integer"}}},
            "any": {},
            "two": {"type": ["integer", "string"]},
            "opt": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": null},
        }
    })
}

#[test]
fn arguments_that_fit_are_the_same_bytes() {
    let schema = compile(&everything());
    let text = "{ \"int\" : 123456789012345678901234567890,\n\"num\":1.10, \"any\":1e400,\
                \"x\":[1E2 ,-0.0], \"int2\": 7.0 }";
    let raw = Raw::parse(text.into()).unwrap();
    let prepared = schema
        .prepare(&raw, Validation::Coerce, Defaults::Fill)
        .unwrap();
    assert_eq!(prepared.get().as_ptr(), raw.get().as_ptr());
}

#[test]
fn numbers_beyond_a_double_are_valid_numbers() {
    let schema = properties(&json!({"n": {"type": "number"}}));
    let text = r#"{"n": 1e400, "m": [-1E+999, "1e400", 1e-999]}"#;
    assert_eq!(prepare(&schema, text).unwrap(), text);
}

#[test]
fn values_are_converted_in_place_and_all_else_stays() {
    let cases = [
        (
            r#"{"int": "7" , "any": 1.10}"#,
            r#"{"int": 7 , "any": 1.10}"#,
        ),
        (r#"{"int":"7.0"}"#, r#"{"int":7}"#),
        (
            r#"{"int":"123456789012345678901234567890"}"#,
            r#"{"int":123456789012345678901234567890}"#,
        ),
        (
            r#"{"num":"1.50","bool":"true"}"#,
            r#"{"num":1.50,"bool":true}"#,
        ),
        (r#"{"num":"1e400"}"#, r#"{"num":1e400}"#),
        (r#"{"num":" 1.10\n"}"#, r#"{"num":1.10}"#),
        (
            r#"{"num":"123456789012345678901234567890"}"#,
            r#"{"num":123456789012345678901234567890}"#,
        ),
        (r#"{"str":1E+2}"#, r#"{"str":"1E+2"}"#),
        (r#"{"str":-0.0}"#, r#"{"str":"-0.0"}"#),
        (r#"{"str":1.10}"#, r#"{"str":"1.10"}"#),
        (r#"{"str":false}"#, r#"{"str":"false"}"#),
        (
            r#"{"str":123456789012345678901234567890}"#,
            r#"{"str":"123456789012345678901234567890"}"#,
        ),
        (r#"{"list":"[1, \"2\"]"}"#, r#"{"list":[1, 2]}"#),
        (r#"{"list":[1,"2",3]}"#, r#"{"list":[1,2,3]}"#),
        (
            r#"{"list":" [1 ,\t123456789012345678901234567890,1E2]","any":[1.10]}"#,
            "{\"list\":[1 ,\t123456789012345678901234567890,1E2],\"any\":[1.10]}",
        ),
        (
            r#"{"obj":"{\"x\":[1.10, 1e400],\"n\":\"5\",\"y\":1.0}"}"#,
            r#"{"obj":{"x":[1.10, 1e400],"n":5,"y":1.0}}"#,
        ),
        (
            r#"{"obj":"{\"n\": \"3\", \"m\":1.0}"}"#,
            r#"{"obj":{"n": 3, "m":1.0}}"#,
        ),
        (r#"{"obj":{"n":"3"}}"#, r#"{"obj":{"n":3}}"#),
        (r#"{"opt":"3"}"#, r#"{"opt":3}"#),
        (r#"{"\u0069nt":"7"}"#, r#"{"\u0069nt":7}"#),
    ];
    for (arguments, expected) in cases {
        assert_eq!(prepare(&everything(), arguments).unwrap(), expected);
    }
}

#[test]
fn nothing_is_converted_that_would_be_lost_or_guessed() {
    let cases = [
        (r#"{"int":"7.5"}"#, "int_parsing"),
        (r#"{"int":"007"}"#, "int_parsing"),
        (r#"{"int":" 7"}"#, "int_parsing"),
        (r#"{"int":""}"#, "int_parsing"),
        (r#"{"int":7.5}"#, "int_from_float"),
        (r#"{"int":true}"#, "int_type"),
        (r#"{"num":"NaN"}"#, "float_parsing"),
        (r#"{"num":"0x10"}"#, "float_parsing"),
        (r#"{"bool":"yes"}"#, "bool_parsing"),
        (r#"{"bool":1}"#, "bool_type"),
        (r#"{"str":{"a":1}}"#, "string_type"),
        (r#"{"list":"1,2"}"#, "list_type"),
        (r#"{"list":"[1,"}"#, "list_type"),
        (r#"{"list":1}"#, "list_type"),
        (r#"{"obj":"{\"n\":1,\"n\":2}"}"#, "dict_type"),
        (r#"{"obj":[]}"#, "dict_type"),
        (r#"{"two":true}"#, "value_error"),
        (r#"{"opt":"x"}"#, "int_parsing"),
    ];
    for (arguments, kind) in cases {
        assert_eq!(
            kinds(prepare(&everything(), arguments)),
            [kind],
            "{arguments}"
        );
    }
}

#[test]
fn conversion_goes_into_the_only_alternative_beside_null() {
    let schema = json!({
        "type": "object",
        "properties": {
            "tags": {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]},
            "where": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/Place"}], "default": null},
        },
        "$defs": {"Place": {
            "type": "object",
            "properties": {
                "lat": {"type": "number"},
                "zoom": {"type": "integer", "default": 3},
                "label": {"type": "string"},
            },
            "required": ["lat"],
        }},
    });
    assert_eq!(
        prepare(
            &schema,
            r#"{"tags":"[\"1\",2]","where":{"lat":"1.50","label":null}}"#
        )
        .unwrap(),
        r#"{"tags":[1,2],"where":{"lat":1.50,"zoom":3}}"#
    );
    let text = r#"{"tags":null,"where":null}"#;
    assert_eq!(prepare(&schema, text).unwrap(), text);
}

#[test]
fn json_within_text_within_text_is_taken_for_what_it_says_but_not_forever() {
    let schema = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/A"}}},
    });
    let mut nested = "[]".to_owned();
    for _ in 0..2 {
        nested = format!("[{}]", Value::from(nested));
    }
    let arguments = format!("{{\"a\":{nested}}}");
    assert_eq!(prepare(&schema, &arguments).unwrap(), r#"{"a":[[[]]]}"#);
    let deeper = format!("{{\"a\":[{}]}}", Value::from(nested));
    assert_eq!(kinds(prepare(&schema, &deeper)), ["list_type"]);
}

#[test]
fn the_deepest_arguments_that_parse_are_no_danger() {
    let schema = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": {
            "anyOf": [{"type": "array", "items": {"$ref": "#/$defs/A"}}, {"type": "null"}],
        }},
    });
    let nest = |inner: &str| format!("{}{inner}{}", "[".repeat(125), "]".repeat(125));
    let mut nested = nest("");
    for _ in 0..2 {
        nested = nest(&Value::from(nested).to_string());
    }
    let prepared = prepare(&schema, &format!("{{\"a\":{nested}}}")).unwrap();
    assert!(prepared.contains(&"[".repeat(375)));
    let wrong = nested.replace("[]", "[true]");
    assert_eq!(
        prepare(&schema, &format!("{{\"a\":{wrong}}}"))
            .unwrap_err()
            .len(),
        1
    );
}

#[test]
fn a_huge_schema_is_compiled_in_time() {
    let property = json!({"anyOf": [{"type": "integer", "default": 1}, {"$ref": "#/$defs/x"}]});
    let many = (0..10_000)
        .map(|number| (format!("p{number}"), property.clone()))
        .collect();
    let mut schema = properties(&Value::Object(many));
    schema["$defs"] = json!({"x": {"type": "null"}});
    let start = std::time::Instant::now();
    assert_eq!(prepare(&schema, r#"{"p7":"1"}"#).unwrap(), r#"{"p7":1}"#);
    assert!(start.elapsed().as_secs() < 30);
}

#[test]
fn null_for_an_optional_argument_is_dropped_wherever_it_stands() {
    let schema = properties(&json!({
        "a": {"type": "string"},
        "b": {"type": "string"},
        "c": {"type": "string"},
        "o": {"type": "object", "properties": {"x": {"enum": ["p"]}}},
        "n": {"type": ["string", "null"]},
    }));
    let cases = [
        (r#"{"a":null}"#, "{}"),
        (r#"{ "a" : null }"#, "{  }"),
        (r#"{"a":null, "b":"x"}"#, r#"{"b":"x"}"#),
        (r#"{"a":"x", "b": null}"#, r#"{"a":"x"}"#),
        (r#"{"a":"x", "b": null , "c":null}"#, r#"{"a":"x"}"#),
        (r#"{"a":null,"b":"x","c":null}"#, r#"{"b":"x"}"#),
        (r#"{"a":null,"b":null,"c":"x"}"#, r#"{"c":"x"}"#),
        (r#"{"o":{"x":null},"a":null}"#, r#"{"o":{}}"#),
        (r#"{"n":null,"a":null}"#, r#"{"n":null}"#),
        (r#"{"unknown":null,"a":null}"#, r#"{"unknown":null}"#),
    ];
    for (arguments, expected) in cases {
        assert_eq!(prepare(&schema, arguments).unwrap(), expected);
    }
}

#[test]
fn null_for_a_required_argument_is_a_violation() {
    let schema = json!({
        "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
    });
    assert_eq!(kinds(prepare(&schema, r#"{"a":null}"#)), ["string_type"]);
}

#[test]
fn defaults_are_filled_in_where_they_are_wanted() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a": {"type": "integer", "default": 1},
            "b": {"$ref": "#/$defs/B"},
            "c": {"type": "string", "default": null},
            "d": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": "x\"y"},
            "wrong": {"type": "integer", "default": "no"},
        },
        "required": ["a"],
        "$defs": {"B": {"type": "object", "properties": {"n": {"default": [1.5]}}}},
    });
    let filled = prepare(&schema, r#"{"b": { } , "e":1.10}"#).unwrap();
    assert_eq!(filled, r#"{"b": {"n":[1.5] } , "e":1.10,"a":1,"d":"x\"y"}"#);
    assert_eq!(prepare(&schema, "{}").unwrap(), r#"{"a":1,"d":"x\"y"}"#);
    assert_eq!(prepare(&schema, &filled).unwrap(), filled);
    let left = prepare_as(&schema, "{}", Validation::Coerce, Defaults::Leave);
    assert_eq!(kinds(left), ["missing"]);
    let strict = prepare_as(&schema, "{}", Validation::Strict, Defaults::Fill);
    assert_eq!(strict.unwrap(), r#"{"a":1,"d":"x\"y"}"#);
}

#[test]
fn defaults_keep_their_numbers_as_the_schema_has_them() {
    let schema = ArgumentSchema::compile(
        r##"{"type": "object", "properties": {
            "decimal": {"type": "number", "default": 1.10},
            "big": {"type": "integer", "default": 123456789012345678901234567890},
            "huge": {"type": "number", "maximum": 1e400, "default": 1e400},
            "inside": {"default": {"b": [1E+2, -0], "a": "1.10"}},
            "referred": {"$ref": "#/$defs/D"},
            "only": {"enum": [2.50, 3], "default": 2.50}
        }, "$defs": {"D": {"type": "number", "default": 0.10}}}"##,
    )
    .unwrap();
    let prepared = schema.prepare(
        &Raw::assume_valid("{}".into()),
        Validation::Coerce,
        Defaults::Fill,
    );
    assert_eq!(
        prepared.unwrap().get(),
        r#"{"decimal":1.10,"big":123456789012345678901234567890,"huge":1e400,"inside":{"b":[1E+2,-0],"a":"1.10"},"referred":0.10,"only":2.50}"#
    );
}

#[test]
fn options_too_big_for_a_double_are_taken_in_either_spelling() {
    let schema = ArgumentSchema::compile(
        r#"{"properties": {"n": {"enum": [123456789012345678901234567890]}}}"#,
    )
    .unwrap();
    for arguments in [
        r#"{"n":123456789012345678901234567890}"#,
        r#"{"n":"123456789012345678901234567890"}"#,
    ] {
        let prepared = schema.prepare(
            &Raw::assume_valid(arguments.into()),
            Validation::Coerce,
            Defaults::Fill,
        );
        assert_eq!(
            prepared.unwrap().get(),
            r#"{"n":123456789012345678901234567890}"#
        );
    }
}

#[test]
fn a_default_takes_the_place_of_a_dropped_null() {
    let schema = properties(&json!({"a": {"type": "integer", "default": 1}, "b": {}}));
    assert_eq!(
        prepare(&schema, r#"{"b":2,"a":null}"#).unwrap(),
        r#"{"b":2,"a":1}"#
    );
    assert_eq!(
        prepare(&schema, r#"{"a":null,"b":2}"#).unwrap(),
        r#"{"b":2,"a":1}"#
    );
    assert_eq!(prepare(&schema, r#"{"a":null}"#).unwrap(), r#"{"a":1}"#);
}

#[test]
fn defaults_that_the_schema_itself_refuses_are_left_out() {
    let schema = properties(&json!({"a": {"type": "integer", "minimum": 5, "default": 1}}));
    assert_eq!(prepare(&schema, "{}").unwrap(), "{}");
    assert_eq!(prepare(&schema, r#"{"a":"7"}"#).unwrap(), r#"{"a":7}"#);
}

#[test]
fn strict_converts_nothing_and_off_checks_nothing() {
    let strict = |text| prepare_as(&everything(), text, Validation::Strict, Defaults::Fill);
    assert_eq!(kinds(strict(r#"{"int":"7"}"#)), ["int_parsing"]);
    assert_eq!(kinds(strict(r#"{"str":null}"#)), ["string_type"]);
    let off = |text| prepare_as(&everything(), text, Validation::Off, Defaults::Fill);
    assert_eq!(off(r#"{"int":"x"}"#).unwrap(), r#"{"int":"x"}"#);
    assert_eq!(kinds(off(r#"{"a":{"b":1,"b":1}}"#)), ["duplicate_member"]);
    assert_eq!(kinds(off("[1]")), ["dict_type"]);
    assert_eq!(kinds(off("{")), ["json_invalid"]);
}

#[test]
fn conversion_goes_through_references_and_all_of() {
    let schema = json!({
        "allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"b": {"type": "boolean"}}}],
        "$defs": {
            "Base": {"properties": {"a": {"$ref": "#/$defs/Int"}, "t": {"$ref": "#/$defs/Tree"}}},
            "Int": {"type": "integer"},
            "Tree": {
                "type": "object",
                "properties": {
                    "v": {"type": "integer"},
                    "kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
                },
            },
        },
    });
    assert_eq!(
        prepare(
            &schema,
            r#"{"a":"1","b":"true","t":{"kids":[{"kids":"[{\"v\":\"2\"}]"}]}}"#
        )
        .unwrap(),
        r#"{"a":1,"b":true,"t":{"kids":[{"kids":[{"v":2}]}]}}"#
    );
}

#[test]
fn duplicate_members_are_refused_with_their_place() {
    let schema = properties(&json!({}));
    let violations = prepare(&schema, r#"{"a":[0,{"b":1,"\u0062":2}]}"#).unwrap_err();
    assert_json_snapshot!(violations, @r#"
    [
      {
        "type": "duplicate_member",
        "loc": [
          "body",
          "a",
          1,
          "b"
        ],
        "msg": "The member 'b' occurs twice in the same object",
        "input": {}
      }
    ]
    "#);
}

#[test]
fn what_is_not_json_is_said_as_fastapi_says_it() {
    let violations = prepare(&properties(&json!({})), "{\n\"a\": x}").unwrap_err();
    assert_json_snapshot!(violations, @r#"
    [
      {
        "type": "json_invalid",
        "loc": [
          "body",
          7
        ],
        "msg": "JSON decode error",
        "input": {},
        "ctx": {
          "error": "expected value at line 2 column 6"
        }
      }
    ]
    "#);
    // In characters, as Python counts.
    let violations = prepare(&properties(&json!({})), "{\"é\":\n\"ü\" x}").unwrap_err();
    let expected = [Segment::Name("body".into()), Segment::Index(10)];
    assert_eq!(violations[0].loc, expected);
    let ctx = violations[0].ctx.as_ref().unwrap();
    assert!(
        ctx["error"]
            .as_str()
            .unwrap()
            .ends_with("at line 2 column 5"),
        "{ctx:?}"
    );
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let violations = prepare(&properties(&json!({})), &deep).unwrap_err();
    assert_eq!(
        violations[0].ctx.as_ref().unwrap()["error"],
        "nested more than 127 levels deep at line 1 column 132"
    );
}

#[test]
fn all_violations_are_listed_in_pydantics_words() {
    let schema = json!({
        "type": "object",
        "properties": {
            "enum": {"enum": ["a", "b", "c"]},
            "const": {"const": 1},
            "short": {"type": "string", "minLength": 3},
            "long": {"type": "string", "maxLength": 1},
            "pattern": {"type": "string", "pattern": "^a+$"},
            "ge": {"minimum": 5}, "le": {"maximum": 5},
            "gt": {"exclusiveMinimum": 5}, "lt": {"exclusiveMaximum": 5},
            "mult": {"multipleOf": 2},
            "few": {"type": "array", "minItems": 1}, "many": {"type": "array", "maxItems": 1},
            "not": {"not": {"type": "string"}},
            "2": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["needed"],
        "additionalProperties": false,
    });
    let arguments = r#"{"enum":"x","const":2,"short":"a","long":"ab","pattern":"b","ge":1,"le":9,
        "gt":5,"lt":5,"mult":3,"few":[],"many":[1,2],"not":"x","2":[1,[]],"extra":1}"#;
    let mut violations = prepare(&schema, arguments).unwrap_err();
    violations
        .iter_mut()
        .filter(|v| v.kind == "missing")
        .for_each(|v| v.input = json!("…"));
    assert_json_snapshot!(violations);
}

#[test]
fn a_choice_that_fails_tells_of_its_alternatives() {
    let schema = json!({
        "type": "object",
        "properties": {
            "opt": {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
            "either": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "string"}}]},
            "shape": {"oneOf": [
                {"type": "object", "required": ["radius"]},
                {"type": "object", "required": ["width", "height"]},
            ]},
        },
        "anyOf": [{"required": ["city"]}, {"required": ["lat", "lon"]}],
    });
    let arguments = r#"{"opt": 1, "either": [[]], "shape": {}}"#;
    assert_json_snapshot!(prepare(&schema, arguments).unwrap_err());
}

#[test]
fn of_a_tagged_choice_only_the_tagged_alternative_is_explained() {
    let schema = properties(&json!({"shape": {"oneOf": [
        {"type": "object", "properties": {"kind": {"const": "circle"}}, "required": ["radius"]},
        {"type": "object", "properties": {"kind": {"enum": ["square"]}}, "required": ["width"]},
    ]}}));
    let violations = prepare(&schema, r#"{"shape":{"kind":"square"}}"#).unwrap_err();
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].kind, "missing");
    let loc = serde_json::to_value(&violations[0].loc).unwrap();
    assert_eq!(loc, json!(["body", "shape", "width"]));
}

#[test]
fn errors_stay_small() {
    let schema = properties(&json!({"a": {"type": "array", "items": {"type": "integer"}}}));
    let many = format!("{{\"a\":[{}\"x\"]}}", "\"x\",".repeat(1000));
    let violations = prepare(&schema, &many).unwrap_err();
    assert_eq!(violations.len(), 100);
    let long = format!("{{\"a\":[\"{}\"]}}", "ä".repeat(100_000));
    let violations = prepare(&schema, &long).unwrap_err();
    assert!(serde_json::to_string(&violations).unwrap().len() < 2048);
}

#[test]
fn huge_arguments_are_explained_by_an_excerpt() {
    let huge = "\"x\",".repeat(100_000);
    let choice = json!({
        "type": "object",
        "properties": {
            "a": {"anyOf": [
                {"type": "array", "items": {"type": "integer"}},
                {"type": "array", "items": {"type": "boolean"}},
            ]},
            "m": {"type": "array", "minItems": 50_000, "items": {"type": "string"}},
        },
        "required": ["z"],
    });
    let violations = prepare(&choice, &format!("{{\"a\":[{huge}1],\"z\":1}}")).unwrap_err();
    assert!(
        violations[0]
            .msg
            .contains("fits none of the 2 alternatives")
    );
    assert_eq!(violations.len(), 1);
    let violations = prepare(&choice, &format!("{{\"m\":[{huge}[]],\"z\":1}}")).unwrap_err();
    assert_eq!(
        violations[0].msg,
        "Value error, the arguments do not fit the tool's schema"
    );
    // What is said of its size is said of the whole.
    let few = properties(&json!({"m": {"type": "array", "maxItems": 5}}));
    let violations = prepare(&few, &format!("{{\"m\":[{huge}1]}}")).unwrap_err();
    assert_eq!(
        violations[0].msg,
        "List should have at most 5 items after validation, not 100001"
    );
    assert_eq!(violations[0].input, "… (a list of 100001 items)");
    assert!(
        prepare(&choice, &format!("{{\"m\":[{huge}1],\"z\":1}}"))
            .unwrap()
            .ends_with("\"1\"],\"z\":1}")
    );
}

#[test]
fn schemas_that_can_not_be_used_say_why() {
    let error = |schema: &str| ArgumentSchema::compile(schema).unwrap_err().to_string();
    let errors = [
        error("{"),
        error("[]"),
        error(r#"{"a":1,"a":2}"#),
        error(r#"{"$ref":"https://example.com/schema.json"}"#),
        error(r##"{"properties":{"a":{"$ref":"#/$defs/gone"}}}"##),
        error(r#"{"properties":{"a":{"$ref":"file:///etc/passwd"}}}"#),
        error(r#"{"properties":{"a":{"pattern":"("}}}"#),
        error(r#"{"type":"objekt"}"#),
        error(r##"{"$ref":"#"}"##),
        error(
            r##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##,
        ),
        error(&format!("{}{}", r#"{"not":"#.repeat(200), "}".repeat(200))),
        error(&json!({"anyOf": vec![json!({}); 60_000]}).to_string()),
    ];
    assert_json_snapshot!(errors);
}

#[test]
fn older_dialects_mean_what_they_meant() {
    let draft4 = json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1, "exclusiveMinimum": true}},
    });
    assert_eq!(kinds(prepare(&draft4, r#"{"n":1}"#)), ["greater_than"]);
    assert_eq!(prepare(&draft4, r#"{"n":7.0}"#).unwrap(), r#"{"n":7}"#);
    let draft7 = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"t": {"type": "array", "items": [{"type": "integer"}, {"type": "string"}]}},
    });
    assert_eq!(
        prepare(&draft7, r#"{"t":["1",2]}"#).unwrap(),
        r#"{"t":[1,"2"]}"#
    );
}

#[test]
fn a_schema_without_a_dialect_is_read_in_the_one_that_admits_it() {
    let tuple = json!({"type": "array", "items": [{"type": "integer"}, {"type": "string"}]});
    let draft7 = properties(&json!({"t": tuple, "n": {"type": "number", "exclusiveMinimum": 1}}));
    assert_eq!(
        prepare(&draft7, r#"{"t":["1",2]}"#).unwrap(),
        r#"{"t":[1,"2"]}"#
    );
    assert_eq!(kinds(prepare(&draft7, r#"{"n":1}"#)), ["greater_than"]);
    assert!(compile(&draft7).note().unwrap().contains("draft-07"));
    let bound = json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true});
    let draft4 = properties(&json!({"t": tuple, "n": bound}));
    assert_eq!(kinds(prepare(&draft4, r#"{"n":1}"#)), ["greater_than"]);
    assert!(compile(&draft4).note().unwrap().contains("draft-04"));
    assert_eq!(compile(&everything()).note(), None);
    // What no dialect admits is judged by the newest.
    let broken = json!({"type": "objekt"}).to_string();
    assert!(ArgumentSchema::compile(&broken).is_err());
}

#[test]
fn an_unknown_dialect_is_noted() {
    let unknown = json!({"$schema": "https://example.com/mine", "type": "object"});
    assert!(
        compile(&unknown)
            .note()
            .unwrap()
            .contains("https://example.com/mine")
    );
}

#[test]
fn anchors_and_identified_schemas_are_found() {
    let schema = json!({
        "$id": "https://example.com/root.json",
        "type": "object",
        "properties": {
            "a": {"$ref": "#num"},
            "b": {"$ref": "item.json"},
            "c": {"$ref": "#/$defs/with%20space~1slash"},
        },
        "$defs": {
            "n": {"$anchor": "num", "type": "integer"},
            "i": {"$id": "item.json", "type": "integer"},
            "with space/slash": {"type": "integer"},
        },
    });
    let converted = prepare(&schema, r#"{"a":"1","b":"2","c":"3"}"#).unwrap();
    assert_eq!(converted, r#"{"a":1,"b":2,"c":3}"#);
}

#[test]
fn formats_and_openapi_habits() {
    let schema = properties(&json!({
        "u": {"type": "string", "format": "uri"},
        "n": {"type": "string", "nullable": true, "examples": {"one": {"value": "x"}}},
        "nullable": {"type": "string"},
    }));
    let text = r#"{"u":"not a uri","n":null}"#;
    assert_eq!(prepare(&schema, text).unwrap(), text);
}

#[test]
fn members_named_like_keywords_are_members() {
    let schema = properties(&json!({
        "$ref": {"type": "string"},
        "properties": {"type": "integer"},
        "x": {"enum": [{"$ref": "#/nowhere"}], "default": {"$ref": "#/nowhere"}},
    }));
    assert_eq!(
        prepare(&schema, r#"{"$ref":1,"properties":"2"}"#).unwrap(),
        r##"{"$ref":"1","properties":2,"x":{"$ref":"#/nowhere"}}"##
    );
}

#[test]
fn a_pattern_can_not_hang_a_call() {
    let schema = properties(&json!({
        "linear": {"pattern": "^(a+)+$"},
        "backtracking": {"pattern": "^(?=(a+)+b)(a+)+\\1$"},
    }));
    let text = "a".repeat(5000);
    let arguments = json!({"linear": format!("{text}!"), "backtracking": text}).to_string();
    let start = std::time::Instant::now();
    assert_eq!(kinds(prepare(&schema, &arguments)).len(), 2);
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn a_free_form_schema_takes_any_object() {
    let schema = ArgumentSchema::free_form();
    let take = |text: &'static str| {
        schema.prepare(
            &Raw::assume_valid(text.into()),
            Validation::Coerce,
            Defaults::Fill,
        )
    };
    assert_eq!(take(r#"{"a": 1.10}"#).unwrap().get(), r#"{"a": 1.10}"#);
    assert!(take("[]").is_err());
    assert!(take(r#"{"a":1,"a":1}"#).is_err());
}

fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f32>().prop_map(|double| Value::from(f64::from(double))),
        "[0-9tf\\[\\]{}\" .:,-]{0,6}".prop_map(Value::from),
        Just(json!("[1,\"2\"]")),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-e\"\\\\]", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_comes_out_is_json_that_fits_and_stays_as_it_is(
        value in json_values(),
        pretty in any::<bool>(),
    ) {
        let schema = compile(&json!({
            "type": "object",
            "properties": {
                "a": {"type": "integer", "default": 3},
                "b": {"type": "string"},
                "c": {"type": "array", "items": {"$ref": "#"}},
                "d": {"$ref": "#"},
                "e": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            },
        }));
        let value = json!({"d": value, "b": null, "a": "1"});
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let go = |text: &str| {
            schema.prepare(&Raw::assume_valid(text.into()), Validation::Coerce, Defaults::Fill)
        };
        if let Ok(prepared) = go(&text) {
            let again = go(prepared.get()).unwrap();
            prop_assert_eq!(again.get(), prepared.get());
            let strict = schema.prepare(&Raw::assume_valid(prepared.get().into()), Validation::Strict, Defaults::Leave,
            );
            prop_assert!(strict.is_ok());
        }
    }
}

#[test]
fn numbers_are_shown_as_the_schema_has_them() {
    let schema = r##"{"$defs": {"big": {"enum": [123456789012345678901234567890, 1.10]}},
        "properties": {
            "a/b": {"enum": [1.10, "x"]},
            "big": {"$ref": "#/$defs/big"},
            "const": {"const": 2.50},
            "max": {"maximum": 1e2},
            "choice": {"anyOf": [{"enum": [1.00]}, {"enum": [2.00]}]}
        }}"##;
    let schema = ArgumentSchema::compile(schema).unwrap();
    for (arguments, says) in [
        (r#"{"a/b": 1}"#, "Input should be 1.10 or 'x'"),
        (
            r#"{"big": 1}"#,
            "Input should be 123456789012345678901234567890 or 1.10",
        ),
        (r#"{"const": 1}"#, "Input should be 2.50"),
        (
            r#"{"max": 101}"#,
            "Input should be less than or equal to 1e2",
        ),
        (
            r#"{"choice": 3}"#,
            "(1) choice: Input should be 1.00; (2) choice: Input should be 2.00",
        ),
    ] {
        let arguments = Raw::from_static(arguments);
        let violations = schema
            .prepare(&arguments, Validation::Strict, Defaults::Leave)
            .unwrap_err();
        assert!(violations[0].msg.contains(says), "{violations:#?}");
    }
}
