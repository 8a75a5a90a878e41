use std::collections::HashSet;

use indexmap::IndexMap;

use super::*;
use crate::openapi::api::{BodyForm, Output, Part, RequestBody};

fn parameter(name: &str, location: Location, serialization: Serialization) -> Parameter {
    Parameter {
        argument: name.to_owned(),
        name: name.to_owned(),
        location,
        required: false,
        serialization,
    }
}

fn style(style: Style, explode: bool) -> Serialization {
    Serialization::Style {
        style,
        explode,
        allow_reserved: false,
    }
}

fn reserved(style: Style) -> Serialization {
    Serialization::Style {
        style,
        explode: false,
        allow_reserved: true,
    }
}

fn operation(method: &str, path: &str, parameters: Vec<Parameter>) -> Operation {
    Operation {
        name: "it".to_owned(),
        definition: Raw::from_static("{}"),
        method: method.to_owned(),
        path: path.to_owned(),
        server: None,
        document_server: None,
        parameters,
        body: None,
        integers: HashSet::new(),
        accept: Vec::new(),
        output: Output::Undeclared,
        responses: None,
        security: Vec::new(),
    }
}

fn with_body(form: BodyForm, media_type: &str, shape: BodyShape) -> Operation {
    Operation {
        body: Some(RequestBody {
            media_type: media_type.to_owned(),
            form,
            shape,
            required: true,
        }),
        ..operation("POST", "/x", Vec::new())
    }
}

fn members(pairs: &[(&str, &str)]) -> BodyShape {
    let pairs = pairs.iter();
    BodyShape::Members {
        members: pairs
            .map(|(argument, name)| ((*argument).to_owned(), (*name).to_owned()))
            .collect(),
        read_only: ["made".to_owned()].into(),
        takes_others: true,
    }
}

fn whole() -> BodyShape {
    BodyShape::Whole {
        argument: "body".to_owned(),
    }
}

#[track_caller]
fn made(operation: &Operation, arguments: &str) -> Result<Draft, RequestError> {
    let base = Url::parse("https://me:pw@api.example/v1/?key=s3cret").unwrap();
    let arguments = Raw::parse(arguments.to_owned().into()).unwrap();
    draft(operation, &[], &base, &arguments)
}

#[track_caller]
fn url(operation: &Operation, arguments: &str) -> String {
    made(operation, arguments).unwrap().public_url.into()
}

fn path_of(serialization: Serialization) -> Operation {
    let id = parameter("id", Location::Path, serialization);
    operation("GET", "/pets/{id}/toys", vec![id])
}

#[test]
fn a_path_stands_below_the_base_whose_path_and_query_are_kept() {
    let draft = made(
        &path_of(style(Style::Simple, false)),
        r#"{"id":12345678901234567890}"#,
    )
    .unwrap();
    assert_eq!(
        draft.url.as_str(),
        "https://me:pw@api.example/v1/pets/12345678901234567890/toys?key=s3cret"
    );
    assert_eq!(
        draft.public_url.as_str(),
        "https://api.example/v1/pets/12345678901234567890/toys"
    );
    assert_eq!(draft.path, "/pets/12345678901234567890/toys");
    for (base, path, joined) in [
        ("https://x.example", "/a", "https://x.example/a"),
        ("https://x.example/", "/a/", "https://x.example/a/"),
        ("https://x.example/v1", "/", "https://x.example/v1/"),
        ("https://x.example/v1/", "a", "https://x.example/v1/a"),
        ("https://x.example/v1", "", "https://x.example/v1"),
        (
            "https://x.example/",
            "/a?action=b#c",
            "https://x.example/a?action=b",
        ),
    ] {
        let base = Url::parse(base).unwrap();
        let operation = operation("GET", path, Vec::new());
        let draft = draft_of(&operation, &base);
        assert_eq!(draft.url.as_str(), joined);
    }
}

fn draft_of(operation: &Operation, base: &Url) -> Draft {
    draft(operation, &[], base, &Raw::from_static("{}")).unwrap()
}

#[test]
fn a_path_parameter_stays_within_its_segment() {
    let simple = path_of(style(Style::Simple, false));
    let reserved = path_of(reserved(Style::Simple));
    assert_eq!(
        url(&simple, r#"{"id":"a/b?c#d\\e"}"#),
        "https://api.example/v1/pets/a%2Fb%3Fc%23d%5Ce/toys"
    );
    assert_eq!(
        url(&reserved, r#"{"id":"a/b?c#d\\e:f"}"#),
        "https://api.example/v1/pets/a%2Fb%3Fc%23d%5Ce:f/toys"
    );
    for (operation, value) in [
        (&simple, ".."),
        (&simple, "."),
        (&reserved, ".."),
        (&reserved, "%2e%2E"),
        (&reserved, ".%2e"),
        (&simple, "../admin"),
        (&simple, "a/../../admin"),
        (&simple, r"..\\admin"),
        (&simple, "a/."),
        (&simple, "..;x=1"),
        (&simple, "..;/admin"),
        (&reserved, "..;x"),
        (&reserved, "a%2F..%2fadmin"),
        (&reserved, "a%5c%2e%2E%3Bx"),
        (&path_of(style(Style::Label, false)), "."),
    ] {
        let error = made(operation, &format!(r#"{{"id":"{value}"}}"#)).unwrap_err();
        assert!(
            error.to_string().contains("would lead to another path"),
            "{value}: {error}"
        );
    }
    for value in [r#""""#, "[]", "{}"] {
        let error = made(&simple, &format!(r#"{{"id":{value}}}"#)).unwrap_err();
        assert!(error.to_string().contains("may be empty"), "{error}");
    }
}

#[test]
fn what_is_required_is_named_before_anything_is_sent() {
    let mut operation = with_body(BodyForm::Json, "application/json", whole());
    operation.path = "/pets/{id}".to_owned();
    operation.parameters = vec![
        parameter("id", Location::Path, style(Style::Simple, false)),
        Parameter {
            required: true,
            ..parameter("q", Location::Query, style(Style::Form, true))
        },
        parameter("other", Location::Query, style(Style::Form, true)),
    ];
    let base = Url::parse("https://api.example").unwrap();
    let required = ["id".to_owned(), "body".to_owned(), "deep".to_owned()];
    let arguments = Raw::from_static(r#"{"id":null,"other":null}"#);
    let error = draft(&operation, &required, &base, &arguments).unwrap_err();
    assert_eq!(
        error.to_string(),
        "required arguments are missing: id, q, body, deep"
    );
}

#[test]
fn queries_hold_what_was_given_and_leave_out_null() {
    let query = |name: &str, serialization| parameter(name, Location::Query, serialization);
    let operation = operation(
        "GET",
        "/x",
        vec![
            query("a", style(Style::Form, true)),
            query("b", reserved(Style::Form)),
            query("c", Serialization::Content("application/json".to_owned())),
            query("d", style(Style::DeepObject, true)),
            query("none", style(Style::Form, true)),
        ],
    );
    let arguments = r#"{"a":["x y",1.50],"b":"a/b?c&d=e+f","c":{"n": 1.0,
        "m":[1]},"d":{"k":"v"},"none":null}"#;
    assert_eq!(
        url(&operation, arguments),
        "https://api.example/v1/x?a=x%20y&a=1.50&b=a/b?c%26d=e%2Bf\
         &c=%7B%22n%22%3A1.0%2C%22m%22%3A%5B1%5D%7D&d%5Bk%5D=v"
    );
    let draft = made(&operation, r#"{"a":[1]}"#).unwrap();
    assert_eq!(draft.url.query(), Some("key=s3cret&a=1"));
}

#[test]
fn one_parameter_may_be_the_whole_query() {
    let of = |serialization| {
        let query = parameter("q", Location::QueryString, serialization);
        operation("GET", "/x", vec![query])
    };
    let form = of(Serialization::Content(
        "application/x-www-form-urlencoded".to_owned(),
    ));
    let json = of(Serialization::Content("application/json".to_owned()));
    for (operation, value, query) in [
        (&form, r#"{"a":1,"b":["x","&"]}"#, "a=1&b=x&b=%26"),
        (&form, r#""?a=1&b=2#c""#, "a=1&b=2%23c"),
        (&json, r#"{"a": 1}"#, "%7B%22a%22%3A1%7D"),
    ] {
        let url = url(operation, &format!(r#"{{"q":{value}}}"#));
        assert_eq!(url, format!("https://api.example/v1/x?{query}"));
    }
}

#[test]
fn headers_hold_no_line_breaks_and_do_not_frame_the_message() {
    let header = |name: &str| {
        let header = parameter(name, Location::Header, style(Style::Simple, false));
        operation("GET", "/x", vec![header])
    };
    let draft = made(&header("X-Ids"), r#"{"X-Ids":[1,"ü b"]}"#).unwrap();
    assert_eq!(draft.headers["x-ids"].as_bytes(), "1,ü b".as_bytes());
    for value in [
        r#""a\r\nX-Evil: 1""#,
        r#""a\nb""#,
        r#"["a","\r"]"#,
        r#""\u0000""#,
    ] {
        let error = made(&header("X-Ids"), &format!(r#"{{"X-Ids":{value}}}"#)).unwrap_err();
        assert!(error.to_string().contains("line breaks"), "{error}");
    }
    for name in ["Host", "Content-Length", "transfer-encoding", "Connection"] {
        let error = made(&header(name), &format!(r#"{{"{name}":"1"}}"#)).unwrap_err();
        assert!(error.to_string().contains("connection"), "{error}");
    }
    made(&header("not a name"), r#"{"not a name":"1"}"#).unwrap_err();
}

#[test]
fn cookies_share_one_header_and_hold_no_further_cookie() {
    let cookie = |name: &str, style| parameter(name, Location::Cookie, style);
    let operation = operation(
        "GET",
        "/x",
        vec![
            cookie("a", style(Style::Form, true)),
            cookie("b", style(Style::Cookie, true)),
            cookie("c", style(Style::Cookie, false)),
        ],
    );
    let draft = made(
        &operation,
        r#"{"a":"x y;z","b":{"k":"v w","l":1.0},"c":["1","2"]}"#,
    )
    .unwrap();
    assert_eq!(draft.headers[COOKIE], "a=x%20y%3Bz; k=v w; l=1.0; c=1,2");
    let error = made(&operation, r#"{"b":"x; admin=1"}"#).unwrap_err();
    assert!(error.to_string().contains("semicolon"), "{error}");
    made(&operation, r#"{"b":"x\r\ny"}"#).unwrap_err();
}

#[test]
fn json_bodies_keep_every_member_as_it_came() {
    let shape = members(&[("id__body", "id")]);
    let mut operation = with_body(BodyForm::Json, "application/merge-patch+json", shape);
    operation.parameters = vec![parameter("id", Location::Query, style(Style::Form, true))];
    let draft = made(
        &operation,
        r#"{"id":1,"id__body":1.10,"z":{"b": 1e400, "a":null},"other":null}"#,
    )
    .unwrap();
    assert_eq!(
        draft.body,
        r#"{"id":1.10,"z":{"b": 1e400, "a":null},"other":null}"#
    );
    assert_eq!(draft.headers[CONTENT_TYPE], "application/merge-patch+json");
    assert_eq!(draft.public_url.query(), Some("id=1"));
    assert_eq!(made(&operation, "{}").unwrap().body, "{}");
    let list = with_body(BodyForm::Json, "application/json", whole());
    assert_eq!(
        made(&list, r#"{"body":[1.0, 2]}"#).unwrap().body,
        "[1.0, 2]"
    );
}

#[test]
fn an_optional_body_without_members_is_left_out_and_its_length_told() {
    let mut operation = with_body(BodyForm::Json, "application/json", members(&[("a", "a")]));
    operation.body.as_mut().unwrap().required = false;
    let draft = made(&operation, "{}").unwrap();
    assert!(draft.body.is_empty() && !draft.headers.contains_key(CONTENT_TYPE));
    assert_eq!(draft.headers[CONTENT_LENGTH], "0");
}

#[test]
fn an_empty_object_is_sent_where_a_body_is_required_or_given_as_one() {
    let mut operation = with_body(BodyForm::Json, "application/json", members(&[("a", "a")]));
    let body = |operation: &Operation, arguments: &str| made(operation, arguments).unwrap().body;
    assert_eq!(body(&operation, "{}"), "{}");
    operation.body.as_mut().unwrap().required = false;
    assert_eq!(body(&operation, "{}"), "");
    let whole = r#"{"body":{ }}"#;
    let draft = made(&operation, whole).unwrap();
    assert_eq!(draft.body, "{}");
    assert_eq!(draft.headers[CONTENT_TYPE], "application/json");
    assert_eq!(
        body(&operation, r#"{"body":{},"a":1}"#),
        r#"{"body":{},"a":1}"#
    );
    assert_eq!(
        body(&operation, r#"{"body":{"b":1}}"#),
        r#"{"body":{"b":1}}"#
    );
    // Where it is the name of something, it is that.
    operation.body.as_mut().unwrap().shape = members(&[("body", "body")]);
    assert_eq!(body(&operation, whole), r#"{"body":{ }}"#);
}

#[test]
fn forms_are_written_by_the_styles_of_their_members() {
    let styles = IndexMap::from([
        ("deep".to_owned(), style(Style::DeepObject, true)),
        ("list".to_owned(), style(Style::Form, false)),
    ]);
    let media_type = "application/x-www-form-urlencoded";
    let operation = with_body(BodyForm::UrlEncoded(styles), media_type, members(&[]));
    let draft = made(
        &operation,
        r#"{"deep":{"a":[1]},"list":["x","y&z"],"plain":"a b+c","many":[1,2.0],
            "object":{"k": 1.0},"none":null}"#,
    )
    .unwrap();
    assert_eq!(
        draft.body,
        "deep%5Ba%5D%5B%5D=1&list=x,y%26z&plain=a%20b%2Bc&many=1&many=2.0\
         &object=%7B%22k%22%3A1.0%7D"
    );
}

#[test]
fn parts_carry_files_with_their_names_and_types() {
    let parts = IndexMap::from([
        (
            "file".to_owned(),
            Part {
                media_type: Some("image/*".to_owned()),
                is_binary: true,
            },
        ),
        (
            "meta".to_owned(),
            Part {
                media_type: Some("application/json".to_owned()),
                is_binary: false,
            },
        ),
    ]);
    let operation = with_body(
        BodyForm::Multipart(parts),
        "multipart/form-data",
        members(&[]),
    );
    let draft = made(
        &operation,
        r#"{"file":["data:image/png;name=a%22b.png;base64,AAEC","SGk="],"meta":{"n":1.0},
            "te\"xt":"hi","number":1.50,"none":null}"#,
    )
    .unwrap();
    let media_type = draft.headers[CONTENT_TYPE].to_str().unwrap();
    let boundary = media_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let mut expected = Vec::new();
    for (head, body) in [
        (
            "name=\"file\"; filename=\"a%22b.png\"\r\nContent-Type: image/png",
            &b"\x00\x01\x02"[..],
        ),
        (
            "name=\"file\"; filename=\"file\"\r\nContent-Type: application/octet-stream",
            b"Hi",
        ),
        (
            "name=\"meta\"\r\nContent-Type: application/json",
            br#"{"n":1.0}"#,
        ),
        ("name=\"te%22xt\"", b"hi"),
        ("name=\"number\"", b"1.50"),
    ] {
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        expected.extend_from_slice(head.as_bytes());
        expected.extend_from_slice(body);
        expected.extend_from_slice(b"\r\n");
    }
    expected.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    assert_eq!(
        String::from_utf8_lossy(&draft.body),
        String::from_utf8_lossy(&expected)
    );
    let error = made(&operation, r#"{"file":"no, not this"}"#).unwrap_err();
    assert!(error.to_string().contains("data URI"), "{error}");
    let evil = r#"{"file":"data:text/plain;x=\r\nX: 1;base64,AAEC"}"#;
    made(&operation, evil).unwrap_err();
}

#[test]
fn text_and_bytes_are_sent_as_they_are() {
    let text = with_body(BodyForm::Text, "text/plain", whole());
    assert_eq!(made(&text, r#"{"body":"a\nb"}"#).unwrap().body, "a\nb");
    let bytes = with_body(BodyForm::Binary, "application/octet-stream", whole());
    let draft = made(&bytes, r#"{"body":"data:image/png;base64,AAEC"}"#).unwrap();
    assert_eq!(draft.body, &b"\x00\x01\x02"[..]);
    assert_eq!(draft.headers[CONTENT_TYPE], "application/octet-stream");
    let any = with_body(BodyForm::Binary, "*/*", whole());
    let draft = made(&any, r#"{"body":"data:image/png;base64,AAEC"}"#).unwrap();
    assert_eq!(draft.headers[CONTENT_TYPE], "image/png");
    made(&bytes, r#"{"body":7}"#).unwrap_err();
}

#[test]
fn what_is_declared_is_asked_for_before_anything_else() {
    let accept = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|it| (*it).to_owned()).collect();
        super::accept(&wanted).to_str().unwrap().to_owned()
    };
    assert_eq!(accept(&[]), "*/*");
    assert_eq!(accept(&["*/*"]), "*/*");
    assert_eq!(
        accept(&["application/json", "text/csv"]),
        "application/json, text/csv;q=0.9, */*;q=0.1"
    );
}

#[test]
fn what_is_read_only_is_refused_and_neither_sent_nor_dropped() {
    let mut operation = with_body(BodyForm::Json, "application/json", members(&[("a", "a")]));
    let error = made(&operation, r#"{"a":1,"made":"2026-12-01"}"#).unwrap_err();
    let RequestError::Unsendable { argument, problem } = error else {
        panic!("{error}")
    };
    assert_eq!(argument, "made");
    assert!(problem.contains("`readOnly`"), "{problem}");
    let body = |operation: &Operation, arguments: &str| made(operation, arguments).unwrap().body;
    assert_eq!(body(&operation, r#"{"a":1,"b":2}"#), r#"{"a":1,"b":2}"#);
    // A parameter of that name is another thing.
    let path = style(Style::Form, true);
    operation.parameters = vec![parameter("made", Location::Query, path)];
    assert_eq!(body(&operation, r#"{"a":1,"made":2}"#), r#"{"a":1}"#);
}

#[test]
fn whole_numbers_are_sent_as_such_wherever_text_is_read_as_a_number() {
    let plain = || style(Style::Simple, false);
    let form = || style(Style::Form, true);
    let parameters = vec![
        parameter("id", Location::Path, plain()),
        parameter("q", Location::Query, form()),
        parameter("price", Location::Query, form()),
        parameter("X-Count", Location::Header, plain()),
        parameter("c", Location::Cookie, form()),
    ];
    let mut operation = operation("POST", "/pets/{id}", parameters);
    operation.integers = ["id", "q", "X-Count", "c", "n"].map(str::to_owned).into();
    operation.body = with_body(
        BodyForm::UrlEncoded(IndexMap::new()),
        "application/x-www-form-urlencoded",
        members(&[("n", "n")]),
    )
    .body;
    let arguments = r#"{"id":1e1,"q":[1.0,2],"price":1.0,"X-Count":3.0,"c":4.0,"n":5.0,"m":6.0}"#;
    let draft = made(&operation, arguments).unwrap();
    assert_eq!(
        draft.public_url.as_str(),
        "https://api.example/v1/pets/10?q=1&q=2&price=1.0"
    );
    assert_eq!(draft.headers["x-count"], "3");
    assert_eq!(draft.headers["cookie"], "c=4");
    assert_eq!(draft.body, "n=5&m=6.0");
    let multipart = BodyForm::Multipart(IndexMap::new());
    operation.body = with_body(multipart, "multipart/form-data", members(&[("n", "n")])).body;
    let draft = made(&operation, r#"{"id":1,"n":[5.0,6]}"#).unwrap();
    let body = String::from_utf8(draft.body.to_vec()).unwrap();
    assert!(
        body.contains("\r\n\r\n5\r\n") && !body.contains("5.0"),
        "{body}"
    );
    // JSON says the same either way, and stays as it was written.
    operation.body = with_body(BodyForm::Json, "application/json", members(&[("n", "n")])).body;
    let draft = made(&operation, r#"{"id":1,"n":5.0}"#).unwrap();
    assert_eq!(draft.body, r#"{"n":5.0}"#);
}
