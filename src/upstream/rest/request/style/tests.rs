use super::*;

const EMPTY: &str = r#""""#;
const STRING: &str = r#""blue""#;
const ARRAY: &str = r#"["blue","black","brown"]"#;
const OBJECT: &str = r#"{"R":100,"G":200,"B":150}"#;

fn writing(style: Style, explode: bool) -> Writing {
    Writing {
        style,
        explode,
        encoding: Encoding::Strict,
    }
}

fn pairs(style: Style, explode: bool, value: &str) -> String {
    let tree = Tree::parse(value).unwrap();
    writing(style, explode).pairs("color", &tree).join("&")
}

#[test]
fn paths_are_written_as_the_specifications_table_has_them() {
    for (style, explode, empty, string, array, object) in [
        (
            Style::Matrix,
            false,
            ";color",
            ";color=blue",
            ";color=blue,black,brown",
            ";color=R,100,G,200,B,150",
        ),
        (
            Style::Matrix,
            true,
            ";color",
            ";color=blue",
            ";color=blue;color=black;color=brown",
            ";R=100;G=200;B=150",
        ),
        (
            Style::Label,
            false,
            ".",
            ".blue",
            ".blue,black,brown",
            ".R,100,G,200,B,150",
        ),
        (
            Style::Label,
            true,
            ".",
            ".blue",
            ".blue.black.brown",
            ".R=100.G=200.B=150",
        ),
        (
            Style::Simple,
            false,
            "",
            "blue",
            "blue,black,brown",
            "R,100,G,200,B,150",
        ),
        (
            Style::Simple,
            true,
            "",
            "blue",
            "blue,black,brown",
            "R=100,G=200,B=150",
        ),
    ] {
        for (value, written) in [
            (EMPTY, empty),
            (STRING, string),
            (ARRAY, array),
            (OBJECT, object),
        ] {
            let tree = Tree::parse(value).unwrap();
            let path = writing(style, explode).in_path("color", &tree);
            assert_eq!(path, written, "{style:?} {explode} {value}");
        }
    }
}

#[test]
fn queries_are_written_as_the_specifications_table_has_them() {
    for (style, explode, empty, string, array, object) in [
        (
            Style::Form,
            false,
            "color=",
            "color=blue",
            "color=blue,black,brown",
            "color=R,100,G,200,B,150",
        ),
        (
            Style::Form,
            true,
            "color=",
            "color=blue",
            "color=blue&color=black&color=brown",
            "R=100&G=200&B=150",
        ),
        // The cells that say n/a are written as forms are.
        (
            Style::SpaceDelimited,
            false,
            "color=",
            "color=blue",
            "color=blue%20black%20brown",
            "color=R%20100%20G%20200%20B%20150",
        ),
        (
            Style::SpaceDelimited,
            true,
            "color=",
            "color=blue",
            "color=blue&color=black&color=brown",
            "R=100&G=200&B=150",
        ),
        (
            Style::PipeDelimited,
            false,
            "color=",
            "color=blue",
            "color=blue%7Cblack%7Cbrown",
            "color=R%7C100%7CG%7C200%7CB%7C150",
        ),
        (
            Style::TabDelimited,
            false,
            "color=",
            "color=blue",
            "color=blue%09black%09brown",
            "color=R%09100%09G%09200%09B%09150",
        ),
        (
            Style::DeepObject,
            true,
            "color=",
            "color=blue",
            "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
            "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        ),
        (
            Style::Cookie,
            false,
            "color=",
            "color=blue",
            "color=blue,black,brown",
            "color=R,100,G,200,B,150",
        ),
    ] {
        for (value, written) in [
            (EMPTY, empty),
            (STRING, string),
            (ARRAY, array),
            (OBJECT, object),
        ] {
            let query = pairs(style, explode, value);
            assert_eq!(query, written, "{style:?} {explode} {value}");
        }
    }
}

#[test]
fn numbers_are_written_as_they_came_and_nested_values_as_json() {
    assert_eq!(
        pairs(Style::Form, true, "[1.10,1e400,true,123456789012345678901]"),
        "color=1.10&color=1e400&color=true&color=123456789012345678901"
    );
    assert_eq!(
        pairs(Style::Form, true, r#"[{"a":1.0}]"#),
        "color=%7B%22a%22%3A1.0%7D"
    );
}

#[test]
fn what_is_undefined_is_not_written() {
    for value in ["null", "[]", "{}", "[null]", r#"{"a":null}"#] {
        for explode in [true, false] {
            assert_eq!(pairs(Style::Form, explode, value), "", "{value}");
        }
        assert_eq!(pairs(Style::DeepObject, true, value), "", "{value}");
    }
}

#[test]
fn objects_in_objects_have_brackets_of_their_own() {
    assert_eq!(
        pairs(
            Style::DeepObject,
            true,
            r#"{"a":{"b":1},"c":[1,2],"d":[{"e":1},{"e":2}],"f&g":"x=y"}"#
        ),
        "color%5Ba%5D%5Bb%5D=1&color%5Bc%5D%5B%5D=1&color%5Bc%5D%5B%5D=2\
         &color%5Bd%5D%5B0%5D%5Be%5D=1&color%5Bd%5D%5B1%5D%5Be%5D=2&color%5Bf%26g%5D=x%3Dy"
    );
}

#[test]
fn headers_are_simple_and_not_percent_encoded() {
    let header = |explode, value: &str| {
        let writing = Writing {
            encoding: Encoding::Raw,
            ..writing(Style::Simple, explode)
        };
        writing.in_header(&Tree::parse(value).unwrap())
    };
    assert_eq!(header(false, r#""a b/c""#).as_deref(), Some("a b/c"));
    assert_eq!(header(false, ARRAY).as_deref(), Some("blue,black,brown"));
    assert_eq!(header(false, OBJECT).as_deref(), Some("R,100,G,200,B,150"));
    assert_eq!(header(true, OBJECT).as_deref(), Some("R=100,G=200,B=150"));
    assert_eq!(header(true, "null"), None);
}
