use super::*;

fn read(text: &str) -> String {
    parse(text.as_bytes(), &Limits::default())
        .unwrap()
        .root
        .to_string()
}

fn refused(text: &str) -> String {
    parse(text.as_bytes(), &Limits::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn json_keeps_its_numbers_and_order() {
    let text =
        r#"{"b":1.10,"a":[12345678901234567890123,1e400,-0],"A\u00e9\"":"\n","t":[true,null]}"#;
    let kept = r#"{"b":1.10,"a":[12345678901234567890123,1e400,-0],"Aé\"":"\n","t":[true,null]}"#;
    assert_eq!(read(text), kept);
    assert_eq!(read(&format!("\u{feff} {text}\n")), kept);
}

#[test]
fn yaml_is_read_by_its_core_schema_and_keeps_its_numbers() {
    let yaml = r#"
openapi: 3.0.3
a: [1.10, 12345678901234567890123, 0x1F, 0o17, 007, .5, 2., +3, 1e5, .inf, 1_000]
b: {yes: yes, no: no, t: true, n: null, e: , "q": "1", s: !!str 2, f: !!float "3"}
200: |
  two
  lines
when: 2020-01-01
"#;
    insta::assert_snapshot!(read(yaml), @r#"{"openapi":"3.0.3","a":[1.10,12345678901234567890123,31,15,7,0.5,2,3,1e5,".inf","1_000"],"b":{"yes":"yes","no":"no","t":true,"n":null,"e":null,"q":"1","s":"2","f":3},"200":"two\nlines\n","when":"2020-01-01"}"#);
}

#[test]
fn aliases_and_merges_repeat_what_they_refer_to() {
    let yaml = "a: &a {x: 1, y: [2]}\nb: *a\nc:\n  y: 3\n  <<: *a\n  z: 4\n";
    assert_eq!(
        read(yaml),
        r#"{"a":{"x":1,"y":[2]},"b":{"x":1,"y":[2]},"c":{"y":3,"z":4,"x":1}}"#
    );
}

#[test]
fn aliases_that_multiply_are_refused() {
    let lines = (1..20).map(|level| {
        let before = level - 1;
        let ten = vec![format!("*a{before}"); 10].join(", ");
        format!("a{level}: &a{level} [{ten}]\n")
    });
    let first = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let yaml: String = std::iter::once(first).chain(lines).collect();
    assert_eq!(refused(&yaml), "it has more than 8000000 values");
}

#[test]
fn aliases_that_repeat_long_texts_are_refused() {
    let long = "x".repeat(1000);
    let limits = Limits {
        most_bytes: 10_000,
        ..Limits::default()
    };
    let value = format!("a: &a {long}\nb: [{}]\n", ["*a"; 40].join(", "));
    let names = format!("a: &a {{{long}: 1}}\nb: [{}]\n", ["*a"; 40].join(", "));
    for yaml in [value, names] {
        let error = parse(yaml.as_bytes(), &limits).unwrap_err();
        assert_eq!(error, ReadError::TooMuchText { most: 20_000 });
    }
}

#[test]
fn a_member_that_stands_twice_is_told_of_and_the_last_counts() {
    for text in [r#"{"a":1,"a":2}"#, "a: 1\na: 2\n"] {
        let parsed = parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(parsed.root.to_string(), r#"{"a":2}"#);
        assert_eq!(
            parsed.notes,
            [r#"the member "a" stands twice in one object; the last counts"#]
        );
    }
}

#[test]
fn errors_say_where_and_what() {
    assert_eq!(
        refused("{\"a\": 1,\n \"b\" 2}"),
        "it is no JSON: expected `:` at line 2, column 6"
    );
    insta::assert_snapshot!(refused("a: 1\nb: [1, 2\nc: 3\n"), @"it is no YAML: illegal placement of ':' indicator at line 3, column 2");
    assert!(refused("a: *b\n").contains("at line 1, column 4"));
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(
        refused(&deep),
        "it is no JSON: it is nested more than 127 levels deep at line 1, column 127"
    );
    assert_eq!(
        refused("{\"a\": \"\\ud800\"}"),
        "it is no JSON: a string has an escape that is no character at line 1, column 14"
    );
    let small = Limits {
        most_bytes: 3,
        most_values: 3,
    };
    let refused = |bytes: &[u8]| parse(bytes, &small).unwrap_err().to_string();
    assert_eq!(refused(b"{}  "), "it is larger than 3 bytes");
    assert_eq!(refused(b"\xff"), "it is no UTF-8 from byte 0 on");
}
