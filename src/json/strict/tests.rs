use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::json::edit::Scanner;

fn duplicate(text: &str) -> Vec<Segment> {
    match parse(text) {
        Err(StrictError::Duplicate { path }) => path,
        other => panic!("{other:?}"),
    }
}

#[test]
fn duplicates_are_found_wherever_they_are() {
    let name = |name: &str| Segment::Name(name.to_owned());
    assert_eq!(duplicate(r#"{"a":1,"a":1}"#), [name("a")]);
    assert_eq!(
        duplicate(r#"[{"b":[[],{"":0,"c":1,"":2}]}]"#),
        [Segment::Index(0), name("b"), Segment::Index(1), name("")]
    );
    assert!(parse(r#"{"a":{"b":1},"b":{"a":1},"A":[1,1]}"#).is_ok());
}

#[test]
fn members_named_like_parser_internals_are_members() {
    let text = r#"{"$serde_json::private::RawValue":"1","$serde_json::private::Number":"2"}"#;
    assert_eq!(parse(text).unwrap().as_object().unwrap().len(), 2);
}

#[test]
fn numbers_out_of_range_are_clamped_and_strings_are_not() {
    assert_eq!(
        parse(r#"{"1e999":[1e400,-1E+0999,"1e400\\",1e5,0.1e-999]}"#).unwrap(),
        json!({"1e999": [9e307, -9e307, "1e400\\", 1e5, 0.0]})
    );
    let digits = "9".repeat(400);
    assert_eq!(parse(&digits).unwrap(), json!(9e307));
}

#[test]
fn errors_name_the_place_even_behind_clamped_numbers() {
    let offset = |text: &str| match parse(text) {
        Err(StrictError::Syntax { offset, .. }) => offset,
        other => panic!("{other:?}"),
    };
    assert_eq!(offset("[1e400,x]"), 7);
    assert_eq!(offset("[1,\n\n  x]"), 7);
    assert_eq!(offset("[1] 2"), 4);
    assert_eq!(offset(""), 0);
    assert!(parse("[01]").is_err());
    assert!(parse("[1e]").is_err());
    assert!(parse("NaN").is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_as_serde_json_reads_it(text in "[\\[\\]{}\",:0-9a-e\\\\ .\\-]{0,24}") {
        match (parse(&text), serde_json::from_str::<Value>(&text)) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs),
            (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("out of range")),
            (Err(StrictError::Duplicate { .. }), _) | (Err(_), Err(_)) => {}
            (Err(error), Ok(_)) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn a_scanner_ends_on_any_text(text in "[\\[\\]{}\",:0-9a\\\\ é]{0,24}") {
        let mut scanner = Scanner::new(&text);
        scanner.skip_value();
        let mut scanner = Scanner::new(&text);
        scanner.open();
        while scanner.key().is_some() {
            scanner.skip_value();
        }
        let mut scanner = Scanner::new(&text);
        while scanner.next_number().is_some() {}
    }
}
