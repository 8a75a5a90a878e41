use std::collections::HashSet;

use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use serde_json::{Value, json};

use super::*;
use crate::openapi::api::Operation;

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let headers = headers.iter();
    Answer {
        url: Url::parse("https://me:pw@api.example/v1/pets?x=1").unwrap(),
        status: StatusCode::from_u16(status).unwrap(),
        headers: headers
            .map(|(name, value)| {
                (
                    HeaderName::try_from(*name).unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect(),
        body: body.into(),
        hidden: Vec::new(),
        unfollowed: None,
    }
}

fn typed(media_type: &str, body: impl Into<Bytes>) -> Answer {
    answer(200, &[("content-type", media_type)], body)
}

fn draft() -> Draft {
    let url = Url::parse("https://api.example/v1/pets?x=1").unwrap();
    Draft {
        method: Method::GET,
        public_url: url.clone(),
        url,
        path: "/pets".to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    }
}

fn prepared(output: Output) -> Prepared {
    let schema = match output {
        Output::Undeclared => "null",
        Output::Plain => {
            r#"{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}"#
        }
        Output::Wrapped => {
            r#"{"type":"object","properties":{"result":{"type":"array"}},"required":["result"]}"#
        }
    };
    let definition = format!(r#"{{"name":"it","outputSchema":{schema}}}"#);
    let operation = Operation {
        name: "it".to_owned(),
        definition: Raw::parse(definition.into()).unwrap(),
        method: "GET".to_owned(),
        path: "/pets".to_owned(),
        server: None,
        document_server: None,
        parameters: Vec::new(),
        body: None,
        integers: HashSet::new(),
        accept: Vec::new(),
        output,
        responses: None,
        security: Vec::new(),
    };
    Prepared::new(operation, Err("nowhere".to_owned()))
}

async fn text(answer: Answer, output: Output) -> String {
    let prepared = prepared(output);
    let end = end(
        answer,
        draft(),
        &prepared,
        ValidateOutput::Warn,
        ApiAnswers::None,
    )
    .await;
    let Ok(End::Result(result)) = end else {
        panic!("{end:?}");
    };
    result.get().to_owned()
}

async fn result(answer: Answer, output: Output) -> Value {
    serde_json::from_str(&text(answer, output).await).unwrap()
}

#[tokio::test]
async fn json_is_structured_content_and_text_to_the_letter() {
    let body = r#"{"id": 1, "n":1.10,"big":12345678901234567890123}"#;
    assert_eq!(
        text(typed("application/json", body), Output::Plain).await,
        format!(
            r#"{{"content":[{{"type":"text","text":{}}}],"structuredContent":{body}}}"#,
            Value::from(body)
        )
    );
    let list = typed(
        "application/vnd.api+json; charset=utf-8",
        "\u{feff}[1.0, 2]\n",
    );
    assert_eq!(
        text(list, Output::Wrapped).await,
        r#"{"content":[{"type":"text","text":"[1.0, 2]"}],"structuredContent":{"result":[1.0, 2]}}"#
    );
}

#[tokio::test]
async fn without_a_schema_only_objects_are_structured() {
    let object = result(typed("application/json", r#"{"a":1}"#), Output::Undeclared).await;
    assert_eq!(object["structuredContent"], json!({"a": 1}));
    for other in ["[1]", "7", "null", "\"x\""] {
        let result = result(typed("application/json", other), Output::Undeclared).await;
        assert_eq!(
            result,
            json!({"content": [{"type": "text", "text": other}]})
        );
    }
    let broken = result(typed("application/json", "{oops"), Output::Undeclared).await;
    assert_eq!(broken["content"][0]["text"], "{oops");
}

#[tokio::test]
async fn the_base64_of_a_large_body_is_made_on_another_thread_of_a_small_one_here() {
    let here = std::thread::current().id();
    for (length, is_here) in [(WRITTEN_ASIDE, true), (WRITTEN_ASIDE + 1, false)] {
        let answer = typed("image/png", vec![0; length]);
        let there = |_: &Answer| std::thread::current().id();
        let (answer, thread) = aside(answer, there).await.unwrap();
        assert_eq!(thread == here, is_here, "{length}");
        let image = result(answer, Output::Undeclared).await;
        let data = image["content"][0]["data"].as_str().unwrap();
        assert_eq!(data.len(), length.div_ceil(3) * 4);
    }
}

#[tokio::test]
async fn an_svg_is_text_that_a_model_can_read() {
    let svg = result(typed("image/svg+xml", "<svg/>"), Output::Undeclared).await;
    assert_eq!(svg["content"], json!([{"type": "text", "text": "<svg/>"}]));
}

#[tokio::test]
async fn each_kind_of_body_is_its_kind_of_content() {
    let png = result(typed("image/png", &b"\x00\x01"[..]), Output::Undeclared).await;
    assert_eq!(
        png["content"],
        json!([{"type": "image", "data": "AAE=", "mimeType": "image/png"}])
    );
    let sound = result(typed("audio/ogg; x=y", &b"\x00"[..]), Output::Undeclared).await;
    assert_eq!(
        sound["content"],
        json!([{"type": "audio", "data": "AA==", "mimeType": "audio/ogg"}])
    );
    let pdf = result(typed("application/pdf", "%PDF"), Output::Undeclared).await;
    assert_eq!(
        pdf["content"],
        json!([{"type": "resource", "resource": {
            "uri": "https://api.example/v1/pets?x=1",
            "mimeType": "application/pdf",
            "blob": "JVBERg=="
        }}])
    );
    let unknown = result(answer(200, &[], &b"\xff\xfe"[..]), Output::Undeclared).await;
    assert_eq!(
        unknown["content"][0]["resource"]["mimeType"],
        "application/octet-stream"
    );
    let empty = result(answer(204, &[], ""), Output::Plain).await;
    assert_eq!(
        empty,
        json!({"content": [], "_meta": {"viceversa/http": {"status": 204}}})
    );
}

#[tokio::test]
async fn text_is_read_by_its_charset() {
    for (media_type, body) in [
        ("text/plain; charset=ISO-8859-1", &b"caf\xe9"[..]),
        ("text/plain; charset=\"utf-16le\"", b"c\0a\0f\0\xe9\0"),
        ("text/plain", "café".as_bytes()),
        ("text/html", b"caf\xe9"),
        ("application/xml", "café".as_bytes()),
    ] {
        let result = result(typed(media_type, body), Output::Undeclared).await;
        assert_eq!(
            result["content"],
            json!([{"type": "text", "text": "café"}]),
            "{media_type}"
        );
    }
}

#[tokio::test]
async fn a_result_of_a_tool_passes_as_it_is() {
    let whole = r#"{"content":[],"x": 1.10}"#;
    let answer = typed("application/vnd.mcp.result+json", whole);
    assert_eq!(text(answer.clone(), Output::Plain).await, whole);
    let prepared = prepared(Output::Plain);
    let end = end(
        answer,
        draft(),
        &prepared,
        ValidateOutput::Strict,
        ApiAnswers::All,
    );
    assert!(matches!(end.await, Ok(End::Result(result)) if result.get() == whole));
}

#[tokio::test]
async fn an_error_says_what_was_asked_and_answered() {
    let headers = [
        ("content-type", "application/problem+json"),
        ("retry-after", "3"),
        ("x-request-id", "r1"),
        ("x-ratelimit-remaining", "0"),
        ("set-cookie", "secret=1"),
        ("www-authenticate", "Bearer"),
    ];
    let error = result(
        answer(429, &headers, r#"{"title":"slow down"}"#),
        Output::Plain,
    )
    .await;
    assert_eq!(
        error,
        json!({
            "content": [{"type": "text", "text":
                "GET /pets was answered with 429 Too Many Requests:\n{\"title\":\"slow down\"}"}],
            "isError": true,
            "_meta": {"viceversa/http": {"status": 429, "headers": {
                "retry-after": "3", "x-request-id": "r1", "x-ratelimit-remaining": "0"
            }}}
        })
    );
    let words = |answer: Answer| words(&answer, &draft());
    assert_eq!(
        words(answer(500, &[], "")),
        "GET /pets was answered with 500 Internal Server Error, without a body"
    );
    assert_eq!(
        words(answer(502, &[("content-type", "image/png")], "xx")),
        "GET /pets was answered with 502 Bad Gateway and 2 bytes of image/png"
    );
    let mut moved = answer(302, &[], "");
    moved.unfollowed = Some("it leads elsewhere".to_owned());
    assert_eq!(
        words(moved),
        "GET /pets was answered with 302 Found, without a body; it leads elsewhere"
    );
    let long = words(answer(500, &[], "ä".repeat(5000)));
    assert!(long.ends_with("ä… (1808 bytes more)"), "{long}");
}

#[tokio::test]
async fn a_success_tells_its_status_and_headers_only_where_they_matter() {
    let headers = [
        ("content-type", "application/json"),
        ("location", "/pets/7"),
        ("etag", "\"v1\""),
        ("link", "<a>; rel=next"),
        ("link", "<b>; rel=last"),
        ("x-ratelimit-remaining", "9"),
    ];
    let created = result(answer(201, &headers, "{}"), Output::Undeclared).await;
    assert_eq!(
        created["_meta"],
        json!({"viceversa/http": {"status": 201, "headers": {
            "location": "/pets/7", "etag": "\"v1\"", "link": "<a>; rel=next, <b>; rel=last"
        }}})
    );
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_told_of_or_refused_as_the_config_says() {
    let wrong = || typed("application/json", r#"{"id":"x"}"#);
    let warned = result(wrong(), Output::Plain).await;
    assert_eq!(warned["structuredContent"], json!({"id": "x"}));
    let warning = warned["_meta"]["viceversa/warnings"][0].as_str().unwrap();
    assert!(
        warning.starts_with("the answer does not fit the tool's outputSchema: id: "),
        "{warning}"
    );
    let prepared = prepared(Output::Plain);
    for api in [ApiAnswers::None, ApiAnswers::Failures, ApiAnswers::All] {
        let refused = end(wrong(), draft(), &prepared, ValidateOutput::Strict, api).await;
        assert!(matches!(
            refused,
            Err(SessionError::Failed {
                may_have_run: true,
                ..
            })
        ));
    }
    let off = end(
        wrong(),
        draft(),
        &prepared,
        ValidateOutput::Off,
        ApiAnswers::None,
    )
    .await;
    let Ok(End::Result(result)) = off else {
        panic!("{off:?}");
    };
    assert!(!result.get().contains("_meta"), "{result:?}");
    let text = super::tests::result(typed("text/plain", "hi"), Output::Plain).await;
    let warning = text["_meta"]["viceversa/warnings"][0].as_str().unwrap();
    assert!(
        warning.contains("not the JSON that is declared"),
        "{warning}"
    );
    // One without a body has nothing that could be wrong.
    let empty = super::tests::result(answer(200, &[], ""), Output::Plain).await;
    assert_eq!(empty, json!({"content": []}));
}

#[tokio::test]
async fn http_callers_get_the_answer_itself_without_what_is_not_theirs() {
    let headers = [
        ("content-type", "text/html"),
        ("location", "../x"),
        ("etag", "\"v\""),
        ("cache-control", "no-store"),
        ("content-disposition", "attachment"),
        ("x-ratelimit-limit", "5"),
        ("www-authenticate", "Basic"),
        ("proxy-authenticate", "Basic"),
        ("set-cookie", "a=b"),
        ("connection", "close"),
        ("transfer-encoding", "chunked"),
        ("content-length", "3"),
        ("content-encoding", "gzip"),
        ("access-control-allow-origin", "*"),
        ("x-accel-redirect", "/etc/passwd"),
        ("strict-transport-security", "max-age=1"),
        ("server", "x"),
    ];
    let answer = answer(401, &headers, "<p>");
    let prepared = prepared(Output::Plain);
    let end = end(
        answer,
        draft(),
        &prepared,
        ValidateOutput::Warn,
        ApiAnswers::All,
    );
    let Ok(End::Api(given)) = end.await else {
        panic!("no answer of the API");
    };
    assert_eq!((given.status, &given.body[..]), (401, &b"<p>"[..]));
    let headers: Vec<(&str, &str)> = given
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), std::str::from_utf8(value).unwrap()))
        .collect();
    assert_eq!(
        headers,
        [
            ("content-type", "text/html"),
            ("location", "https://api.example/x"),
            ("etag", "\"v\""),
            ("cache-control", "no-store"),
            ("content-disposition", "attachment"),
            ("x-ratelimit-limit", "5"),
        ]
    );
}

#[tokio::test]
async fn a_credential_in_the_query_that_an_answer_repeats_is_left_out() {
    let headers = [
        ("location", "/v1/pets/?key=s3cret&x=1"),
        (
            "link",
            "<https://api.example/v1/pets?x=1&key=s3cret>; rel=next",
        ),
    ];
    let mut answer = answer(303, &headers, "see /v1/pets/?key=s3cret");
    answer.hidden = vec![Secret::new("key=s3cret")];
    let result = text(answer.clone(), Output::Undeclared).await;
    assert!(
        result.contains("/v1/pets/?x=1") && !result.contains("s3cret"),
        "{result}"
    );
    let given = format!("{:?}", headers::given_back(&answer));
    assert!(
        given.contains("https://api.example/v1/pets/?x=1"),
        "{given}"
    );
    assert!(!given.contains("s3cret"), "{given}");
}

#[tokio::test]
async fn a_credential_in_the_query_is_given_back_by_no_header_whatever_it_is_like() {
    for location in ["#done", "", "?key=s3cret", "/v1/p%C3%A9ts?key=s3cret"] {
        let mut answer = answer(201, &[("location", location)], "");
        answer.url = Url::parse("https://api.example/v1/pets?x=1&key=s3cret").unwrap();
        answer.hidden = vec![Secret::new("key=s3cret")];
        let given = format!("{:?}", headers::given_back(&answer));
        assert!(given.contains("https://api.example/v1/p"), "{given}");
        assert!(!given.contains("s3cret"), "{location}: {given}");
    }
    let latin = |text: &[u8]| {
        let mut answer = answer(200, &[], "");
        let value = HeaderValue::from_bytes(text).unwrap();
        answer.headers.insert("link", value);
        answer.hidden = vec![Secret::new("key=s3cret")];
        headers::given_back(&answer).remove(0).1
    };
    assert_eq!(&latin(b"</p\xe9ts?x=1>")[..], b"</p\xe9ts?x=1>");
    let given = latin(b"</p\xe9ts?key=s3cret>");
    assert!(!given.windows(6).any(|it| it == b"s3cret"), "{given:?}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_checked_is_refused_where_it_must_fit() {
    let filling = "x".repeat(20_000);
    for description in ["", &filling] {
        let mut operation = prepared(Output::Plain).operation;
        let definition = format!(
            r#"{{"name":"it","description":"{description}","outputSchema":{{"type":"nothing"}}}}"#
        );
        operation.definition = Raw::parse(definition.into()).unwrap();
        let prepared = Prepared::new(operation, Err("nowhere".to_owned()));
        let answer = typed("application/json", r#"{"id":1}"#);
        let refused = end(
            answer,
            draft(),
            &prepared,
            ValidateOutput::Strict,
            ApiAnswers::None,
        )
        .await;
        let Err(SessionError::Failed {
            reason: problem, ..
        }) = refused
        else {
            panic!("{refused:?}");
        };
        assert!(problem.contains("can't be checked"), "{problem}");
    }
}
