use actix_web::http::header::HeaderValue;

use super::*;

fn headers(accept: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
    headers
}

#[test]
fn plain_callers_get_json() {
    for accept in [
        "*/*",
        "application/json",
        "text/html,image/webp;q=0.8,*/*;q=0.5",
        "",
    ] {
        let headers = headers(accept);
        let accept = Accept::of(&headers);
        assert!(!accept.wants_events() && !accept.wants_result());
        assert!(!accept.wants_bytes("image/png"));
    }
    assert!(!Accept::of(&HeaderMap::new()).wants_bytes("image/png"));
}

#[test]
fn events_are_for_those_who_prefer_them() {
    for (accept, wanted) in [
        ("text/event-stream", true),
        ("text/event-stream, */*", true),
        ("text/event-stream, application/json;q=0.9", true),
        ("application/json, text/event-stream", false),
        ("text/event-stream;q=0", false),
    ] {
        assert_eq!(
            Accept::of(&headers(accept)).wants_events(),
            wanted,
            "{accept}"
        );
    }
}

#[test]
fn bytes_are_for_those_who_name_their_type() {
    for (accept, media_type, wanted) in [
        ("image/*", "image/png", true),
        ("image/*, application/json", "image/png", true),
        ("application/json, image/*;q=0.5", "image/png", false),
        ("audio/*", "image/png", false),
        ("IMAGE/PNG", "image/png", true),
        ("application/pdf", "application/pdf; x=y", true),
        ("application/*", "application/pdf", false),
        ("image/*;q=0", "image/png", false),
    ] {
        assert_eq!(
            Accept::of(&headers(accept)).wants_bytes(media_type),
            wanted,
            "{accept}"
        );
    }
}

#[test]
fn a_whole_result_wins_a_tie() {
    let both = headers("application/json, application/vnd.mcp.result+json");
    assert!(Accept::of(&both).wants_result());
}
