//! The text of documents: YAML, and numbers as they were written.

use super::*;

#[test]
fn yaml_says_the_same_as_json() {
    let text = json!({
        "type": "object",
        "properties": {
            "yes": {"default": "no", "enum": ["on", "1.10", "null", "~", "0x1f", "2020-01-01", ""]},
            "text": {"description": "a: b # c\n  indented\n\n- \"quoted\" 'x'\ttab \\ end \n"},
            "pattern": {"pattern": "^[^\\s]*\u{7}$", "maximum": 1.5e300, "minimum": u64::MAX},
        },
    })
    .to_string();
    let document = write(&view(vec![tool("t", &text)]));
    let yaml = to_yaml(&document);
    if let Some(folder) = std::env::var_os("OPENAPI_DOCUMENTS") {
        let folder = std::path::Path::new(&folder);
        std::fs::write(folder.join("yaml.yaml"), &yaml).unwrap();
        std::fs::write(folder.join("yaml.json"), document.to_string()).unwrap();
    }
    let read: Value = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(read, document);
}

proptest::proptest! {
    #[test]
    fn yaml_keeps_every_text(
        texts in proptest::collection::vec(
            "([a-z0-9#:'\"!&*?|>@`%{}\\[\\],. \\-~=\\\\\n\tü\u{2028}]{0,12}( [a-z:#]{1,9}){0,12}[ \n]{0,3}){1,3}",
            1..8,
        ),
    ) {
        let document = json!({"texts": &texts, "keys": {texts[0].clone(): [[{"a": texts[0]}]]}});
        let yaml = to_yaml(&document);
        if let Some(folder) = std::env::var_os("OPENAPI_DOCUMENTS") {
            use std::io::Write as _;
            let path = std::path::Path::new(&folder).join("texts.jsonl");
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
            writeln!(file, "{}", json!([document, yaml])).unwrap();
        }
        let read: Value = serde_saphyr::from_str(&yaml).unwrap();
        proptest::prop_assert_eq!(read, document);
    }
}

/// A tool whose numbers no double holds as they are written, in every place for a number.
const AWKWARD: &str = r##"{"type": "object", "properties": {
    "n": {"type": "number", "maximum": 123456789012345678901234567890, "default": 1.10,
          "enum": [0.10, -0, 1E+2, 9007199254740993.0], "x-unknown": [1e400, {"y": 2.50}]},
    "r": {"$ref": "#/$defs/D"},
    "texts": {"examples": ["1.10", "Z0Z", "Z1Z Z0Z", "Z", "\u005a2Z"], "const": 3.0},
    "Z3Z": {"minimum": 7.70}},
    "$defs": {"D": {"multipleOf": 0.010}}, "minProperties": 1.0}"##;

/// The numbers above, in the order in which the document has them.
const SPELLINGS: [&str; 13] = [
    "123456789012345678901234567890",
    "1.10",
    "0.10",
    "-0",
    "1E+2",
    "9007199254740993.0",
    "1e400",
    "2.50",
    "3.0",
    "7.70",
    "1.0",
    "5.50",
    "0.010",
];

#[test]
fn numbers_stay_as_they_were_written() {
    let mut awkward = tool("t", AWKWARD);
    awkward.annotations = Some(r#"{"x-weight":5.50}"#);
    let document = super::super::write(&view(vec![awkward]));
    for (written, tag) in [(document.to_json(), ""), (document.to_yaml(), "!!float ")] {
        let mut rest = written.as_str();
        for number in SPELLINGS {
            let tag = if number.contains(['e', 'E']) { tag } else { "" };
            let number = format!("{tag}{number}");
            let at = rest.find(&number);
            let at = at.unwrap_or_else(|| panic!("{number} in {rest} of {written}"));
            rest = &rest[at + number.len()..];
        }
    }
    let json = document.to_json();
    assert!(
        json.contains(r#"["1.10","Z0Z","Z1Z Z0Z","Z","Z2Z"],"const":3.0"#),
        "{json}"
    );
    // This reader takes no number beyond a double.
    let readable = document.to_yaml().replace("1e400", "1e40");
    let read: Value = serde_saphyr::from_str(&readable).unwrap();
    let schema = &read["paths"]["/t"]["post"]["requestBody"]["content"]["application/json"];
    let properties = &schema["schema"]["properties"];
    assert_eq!(properties["Z3Z"]["minimum"], json!(7.7));
    assert_eq!(properties["n"]["enum"][2], json!(100.0));
    assert_eq!(
        properties["texts"]["examples"],
        json!(["1.10", "Z0Z", "Z1Z Z0Z", "Z", "Z2Z"])
    );
}

#[test]
fn bounds_of_draft_4_and_merged_options_keep_their_numbers() {
    let text = r#"{"$schema": "http://json-schema.org/draft-04/schema#", "oneOf": [
        {"properties": {"n": {"enum": [1.10, 2], "minimum": 1.50, "exclusiveMinimum": true}}},
        {"properties": {"n": {"enum": [1.1, 2.0, 123456789012345678901234567890]}}}]}"#;
    let json = super::super::write(&view(vec![tool("t", text)])).to_json();
    assert!(json.contains(r#""exclusiveMinimum":1.50}"#), "{json}");
    let merged = r#""properties":{"n":{"anyOf":[{"enum":[1.10,2],"exclusiveMinimum":1.50},{"enum":[1.1,2.0,123456789012345678901234567890]}]}}"#;
    assert!(json.contains(merged), "{json}");
}
