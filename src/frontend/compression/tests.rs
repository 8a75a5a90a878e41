use actix_web::http::StatusCode;

use super::*;
use crate::frontend::answer;

fn is_marked(mut response: HttpResponse) -> bool {
    mark(&mut response);
    response.headers().contains_key(header::CONTENT_ENCODING)
}

#[test]
fn small_answers_and_images_are_left_alone() {
    let long = "x".repeat(2000);
    assert!(is_marked(answer::json(StatusCode::OK, "{}")));
    assert!(!is_marked(answer::json(StatusCode::OK, long.clone())));
    let png = HeaderValue::from_static("image/png");
    assert!(is_marked(answer::typed(StatusCode::OK, png, long)));
}

#[test]
fn only_a_refusal_of_plain_answers_is_ignored() {
    for (value, refuses) in [
        ("gzip;q=0, identity;q=0", true),
        ("*;q=0.0", true),
        ("gzip, *;q=0.1", false),
        ("gzip, br", false),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        assert_eq!(refuses_identity(&headers), refuses, "{value}");
    }
}
