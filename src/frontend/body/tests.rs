use actix_web::{FromRequest as _, dev, test::TestRequest};

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

fn json(text: &'static str) -> TestRequest {
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
    assert_eq!(read(json(text)).await.unwrap().arguments.get(), text);
    let marked = json("\u{feff}{}");
    assert_eq!(read(marked).await.unwrap().arguments.get(), "{}");
    let typed = TestRequest::post()
        .insert_header(("content-type", "Application/Foo+JSON"))
        .set_payload("{}");
    assert!(read(typed).await.is_ok());
}

#[actix_web::test]
async fn what_is_no_json_object_is_refused() {
    for (request, status) in [
        (json("{"), 422),
        (json("[]"), 422),
        (json("{} x"), 422),
        (json("{\"a\":NaN}"), 422),
        (
            json("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""),
            413,
        ),
        (
            TestRequest::post()
                .insert_header(("content-type", "text/plain"))
                .set_payload("{}"),
            415,
        ),
        (TestRequest::post().set_payload("{}"), 415),
        (json("{}").insert_header(("content-encoding", "gzip")), 415),
        (json("").set_payload(&b"{\"a\":\"\xff\"}"[..]), 422),
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
        let error = read(json("").set_payload(body)).await.unwrap_err();
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
