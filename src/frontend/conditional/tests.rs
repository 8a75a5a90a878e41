use actix_web::test::TestRequest;

use super::*;

#[test]
fn a_version_is_known_by_its_tag_weak_or_strong_alone_or_in_a_list() {
    for (tags, known) in [
        ("W/\"a\"", true),
        ("\"a\"", true),
        ("\"b\", W/\"a\"", true),
        ("*", true),
        ("\"b\"", false),
        ("", false),
    ] {
        let request = TestRequest::get().insert_header((header::IF_NONE_MATCH, tags));
        let response = answer(
            &request.to_http_request(),
            Representation {
                media_type: HeaderValue::from_static("text/plain"),
                bytes: Bytes::from_static(b"text"),
                etag: HeaderValue::from_static("W/\"a\""),
                cache_control: HeaderValue::from_static("no-cache"),
            },
        );
        let status = if known { 304 } else { 200 };
        assert_eq!(response.status().as_u16(), status, "{tags}");
        assert_eq!(response.headers().get("etag").unwrap(), "W/\"a\"");
    }
}
