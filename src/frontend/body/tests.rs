use actix_web::{FromRequest as _, dev, test::TestRequest};
use serde_json::{Value, json};

use super::*;

async fn read(request: TestRequest) -> Result<CallBody, BodyError> {
    let (request, mut payload) = request.to_http_parts();
    let payload = Payload::from_request(&request, &mut payload).await.unwrap();
    let limits = BodyLimits {
        size: 64,
        time: Duration::from_secs(5),
    };
    call(&request, payload, limits).await
}

fn typed_json(text: &'static str) -> TestRequest {
    TestRequest::post()
        .insert_header(("content-type", "application/json; charset=utf-8"))
        .set_payload(text)
}

#[actix_web::test]
async fn no_body_is_an_empty_object() {
    assert_eq!(
        read(TestRequest::post()).await.unwrap().arguments.get(),
        "{}"
    );
    let form = TestRequest::post().insert_header(("content-type", "text/plain"));
    assert_eq!(read(form).await.unwrap().arguments.get(), "{}");
}

#[actix_web::test]
async fn an_object_passes_as_the_text_that_came() {
    let text = "{ \"n\": 123456789012345678901234567890, \"x\": 1e400 }";
    assert_eq!(read(typed_json(text)).await.unwrap().arguments.get(), text);
    let marked = typed_json("\u{feff}{}");
    assert_eq!(read(marked).await.unwrap().arguments.get(), "{}");
    let typed = TestRequest::post()
        .insert_header(("content-type", "Application/Foo+JSON"))
        .set_payload("{}");
    assert!(read(typed).await.is_ok());
}

#[actix_web::test]
async fn what_is_no_json_object_is_refused() {
    for (request, status) in [
        (typed_json("{"), 422),
        (typed_json("[]"), 422),
        (typed_json("{} x"), 422),
        (typed_json("{\"a\":NaN}"), 422),
        (
            typed_json("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""),
            413,
        ),
        (
            TestRequest::post()
                .insert_header(("content-type", "text/plain"))
                .set_payload("{}"),
            415,
        ),
        (TestRequest::post().set_payload("{}"), 415),
        (
            typed_json("{}").insert_header(("content-encoding", "gzip")),
            415,
        ),
        (typed_json("").set_payload(&b"{\"a\":\"\xff\"}"[..]), 422),
    ] {
        let error = read(request).await.unwrap_err();
        assert_eq!(error.response().status().as_u16(), status, "{error}");
    }
}

#[actix_web::test]
async fn a_call_carries_what_goes_on_with_it() {
    let body = TestRequest::post()
        .insert_header(("content-type", CALL))
        .set_payload(r#"{"arguments":{"a":1.10},"requestState":"s"}"#);
    let body = read(body).await.unwrap();
    assert_eq!(body.arguments.get(), r#"{"a":1.10}"#);
    assert!(body.answers_input);
    let continuation = body.continuation.unwrap();
    assert_eq!(continuation.request_state.unwrap().get(), "\"s\"");
    assert!(continuation.input_responses.is_none());
}

#[actix_web::test]
async fn a_syntax_error_is_said_with_its_place_in_the_whole_body() {
    for (body, at, place) in [
        (&b"{\n\"a\": 1,\n\"b\": x}"[..], 15, "line 3 column 6"),
        ("{\"é\": x}".as_bytes(), 6, "line 1 column 7"),
        (b"{\n\"\xff\"}", 3, "line 2 column 2"),
    ] {
        let error = read(typed_json("").set_payload(body)).await.unwrap_err();
        let answer = actix_web::body::to_bytes(error.response().into_body());
        let answer: serde_json::Value = serde_json::from_slice(&answer.await.unwrap()).unwrap();
        let detail = &answer["detail"][0];
        assert_eq!(detail["loc"], serde_json::json!(["body", at]), "{answer}");
        let said = detail["ctx"]["error"].as_str().unwrap();
        assert!(said.ends_with(place), "{said}");
    }
}

#[actix_web::test]
async fn a_body_may_come_in_large_pieces() {
    let pieces = ["{\"a\":\"", &"x".repeat(2 << 20), "\"}"].map(|piece| {
        Ok::<_, actix_web::error::PayloadError>(Bytes::copy_from_slice(piece.as_bytes()))
    });
    let stream: std::pin::Pin<Box<dyn futures_util::Stream<Item = _>>> =
        Box::pin(futures_util::stream::iter(pieces));
    let request = TestRequest::post()
        .insert_header(("content-type", "application/json"))
        .to_http_request();
    let payload = Payload::from_request(&request, &mut dev::Payload::from(stream))
        .await
        .unwrap();
    let limits = BodyLimits {
        size: 4 << 20,
        time: Duration::from_secs(5),
    };
    let body = call(&request, payload, limits).await.unwrap();
    assert_eq!(body.arguments.get().len(), (2 << 20) + 8);
}

#[actix_web::test]
async fn what_came_instead_of_an_object_is_shown() {
    let call = |text| {
        TestRequest::post()
            .insert_header(("content-type", CALL))
            .set_payload(text)
    };
    let dictionary = "Input should be a valid dictionary";
    for (request, kind, loc, input) in [
        (typed_json("[1]"), "dict_type", json!(["body"]), json!([1])),
        (
            typed_json(" \"x\""),
            "dict_type",
            json!(["body"]),
            json!("x"),
        ),
        (
            typed_json("null"),
            "dict_type",
            json!(["body"]),
            json!(null),
        ),
        (call("7"), "dict_type", json!(["body"]), json!(7)),
        (
            call(r#"{"arguments":5}"#),
            "dict_type",
            json!(["body", "arguments"]),
            json!(5),
        ),
        (
            call(r#"{"arguments":{},"argument":{"a":1}}"#),
            "extra_forbidden",
            json!(["body", "argument"]),
            json!({"a": 1}),
        ),
    ] {
        let refused = read(request).await.unwrap_err().response();
        assert_eq!(refused.status(), 422);
        let body = actix_web::body::to_bytes(refused.into_body()).await;
        let body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
        let message = match kind {
            "dict_type" => dictionary,
            _ => "Extra inputs are not permitted",
        };
        let violation = json!({"type": kind, "loc": loc, "msg": message, "input": input});
        assert_eq!(body["detail"], json!([violation]));
    }
    let several = read(call(r#"{"arguments":[],"a":1,"b":2}"#)).await;
    let Err(BodyError::Invalid(violations)) = several else {
        panic!("{several:?}");
    };
    assert_eq!(violations.len(), 3, "{violations:?}");
    let twice = read(call(r#"{"arguments":{},"arguments":{}}"#)).await;
    let Err(BodyError::Invalid(violations)) = twice else {
        panic!("{twice:?}");
    };
    assert_eq!(violations[0].kind, "duplicate_member");
}
