use super::*;

fn decorated(cors: &Cors, origin: Option<&'static str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let origin = origin.map(HeaderValue::from_static);
    cors.decorate(origin.as_ref(), &mut headers);
    headers
}

fn listing(origin: &str) -> Cors {
    Cors(CorsConfig::Listed(vec![origin.parse().unwrap()]))
}

#[test]
fn credentials_are_for_origins_listed_by_name_alone() {
    let headers = decorated(&listing("https://app.example"), Some("https://app.example"));
    assert_eq!(
        headers.get("access-control-allow-origin").unwrap(),
        "https://app.example"
    );
    assert_eq!(
        headers.get("access-control-allow-credentials").unwrap(),
        "true"
    );
    let headers = decorated(&Cors(CorsConfig::Any), Some("https://other.example"));
    assert_eq!(headers.get("access-control-allow-origin").unwrap(), "*");
    assert!(!headers.contains_key("access-control-allow-credentials"));
}

#[test]
fn answers_that_depend_on_the_origin_say_so() {
    assert_eq!(
        decorated(&Cors(CorsConfig::Any), None).get("vary").unwrap(),
        "Origin"
    );
    assert!(decorated(&Cors(CorsConfig::SameOrigin), Some("https://x")).is_empty());
}

#[test]
fn an_unlisted_origin_gets_nothing() {
    let headers = decorated(&listing("https://a"), Some("https://b"));
    assert!(!headers.contains_key("access-control-allow-origin"));
}
