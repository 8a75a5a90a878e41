use super::*;

fn decorated(cors: &Cors, origin: Option<&'static str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let origin = origin.map(HeaderValue::from_static);
    cors.decorate(origin.as_ref(), &mut headers);
    headers
}

#[test]
fn credentials_are_for_origins_listed_by_name_alone() {
    let cors = Cors::new(["*", "https://app.example/"]);
    let headers = decorated(&cors, Some("https://app.example"));
    assert_eq!(
        headers.get("access-control-allow-origin").unwrap(),
        "https://app.example"
    );
    assert_eq!(
        headers.get("access-control-allow-credentials").unwrap(),
        "true"
    );
    let headers = decorated(&cors, Some("https://other.example"));
    assert_eq!(headers.get("access-control-allow-origin").unwrap(), "*");
    assert!(!headers.contains_key("access-control-allow-credentials"));
}

#[test]
fn answers_that_depend_on_the_origin_say_so() {
    assert_eq!(
        decorated(&Cors::new(["*"]), None).get("vary").unwrap(),
        "Origin"
    );
    assert!(decorated(&Cors::default(), Some("https://x")).is_empty());
}

#[test]
fn an_unlisted_origin_gets_nothing() {
    let headers = decorated(&Cors::new(["https://a"]), Some("https://b"));
    assert!(!headers.contains_key("access-control-allow-origin"));
}
