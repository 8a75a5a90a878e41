use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn number(text: &str) -> Tree {
    Tree::parse(text).unwrap()
}

#[test]
fn numbers_stay_as_they_were_written_and_the_rest_is_the_same() {
    let text = r#"{"a\"\n":[1.10,-0,1E+2,1e400,{}],"":123456789012345678901234567890,"z":[[],[true,null,"1.10"]],"n":{"m":0.1000}}"#;
    let spaced = text.replace(',', " ,\n").replace('[', "[ \t");
    for text in [text, &spaced] {
        let tree = Tree::parse(text).unwrap();
        let written = tree.to_string();
        assert_eq!(written, text.replace([' ', '\n', '\t'], ""));
        assert_eq!(tree.to_value(), strict::parse(text).unwrap());
    }
}

#[test]
fn what_is_ambiguous_is_refused() {
    assert!(Tree::parse(r#"{"a":1,"a":1}"#).is_err());
    assert!(Tree::parse("[1] 2").is_err());
    assert!(Tree::parse(&"[".repeat(200)).is_err());
}

#[test]
fn numbers_are_equal_if_they_mean_the_same() {
    for (one, other) in [
        ("1.10", "1.1"),
        ("1", "1.0"),
        ("100", "1E+2"),
        ("10e-1", "1"),
        ("0.001", "1e-3"),
        ("-0.0", "0e5"),
        ("1e99999999999999999999", "1e99999999999999999999"),
    ] {
        assert_eq!(number(one), number(other));
    }
    for (one, other) in [
        ("1", "-1"),
        ("9007199254740993", "9007199254740992"),
        ("1e400", "1e401"),
        ("0.1", "0.01"),
        ("10", "1"),
        ("1e99999999999999999999", "1e99999999999999999998"),
    ] {
        assert_ne!(number(one), number(other));
    }
}

#[test]
fn positive_is_above_zero() {
    for text in ["1", "0.5", "1e400", "0.0001e-9"] {
        assert!(number(text).is_positive(), "{text}");
    }
    for text in ["0", "-1", "0.0e5", "-0.5", "\"1\"", "null"] {
        assert!(!number(text).is_positive(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_as_the_strict_parser_reads_it(text in "[\\[\\]{}\",:0-9a-e\\\\ .\\-]{0,24}") {
        match (Tree::parse(&text), strict::parse(&text)) {
            (Ok(tree), Ok(value)) => {
                prop_assert_eq!(tree.to_value(), value);
                prop_assert_eq!(Tree::parse(&tree.to_string()).unwrap(), tree);
            }
            (tree, value) => prop_assert_eq!(tree.err(), value.err()),
        }
    }

    #[test]
    fn numbers_are_equal_as_their_values_are(one in 1_i64..9999, scale in 0_u32..6) {
        let value = Value::from(one);
        let scaled = format!("{}{}e-{scale}", one, "0".repeat(scale as usize));
        prop_assert_eq!(number(&scaled.replace("00e", "00.0e")), Tree::from(value));
        prop_assert_ne!(number(&scaled), Tree::from(json!(one + 1)));
    }
}
