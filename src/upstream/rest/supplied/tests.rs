use super::*;
use crate::{gateway::forwarding::Pattern, secrets::Secret};

#[test]
fn what_callers_may_forward_meets_a_demand_and_is_no_parameter_of_the_configs() {
    let forwarding = Forwarding::new(vec![Pattern::new("x-user-*")], Vec::new());
    let none = HeaderMap::new();
    let supplied = Supplied::new(&Credentials::None, &none, Some(&forwarding), false);
    let key = |name: &str| SecurityScheme::ApiKey {
        location: Location::Header,
        name: name.to_owned(),
    };
    for (scheme, is_met) in [
        (key("X-User-Token"), true),
        (key("Authorization"), true),
        (key("X-Other"), false),
        (SecurityScheme::OAuth2, true),
    ] {
        assert_eq!(supplied.meets(&scheme), is_met, "{scheme:?}");
    }
    assert!(!supplied.has_parameter(Location::Header, "X-User-Token"));
    assert!(!supplied.is_secret());
}

#[test]
fn parameters_are_known_by_their_places_and_names() {
    let key = |location, name: &str| {
        let key = Credentials::ApiKey {
            location,
            name: name.to_owned(),
            key: Secret::new("s3cret".to_owned()),
        };
        Supplied::new(&key, &HeaderMap::new(), None, false)
    };
    let header = key(Location::Header, "X-Key");
    assert!(header.has_parameter(Location::Header, "x-key"));
    assert!(!header.has_parameter(Location::Query, "X-Key"));
    let query = key(Location::Query, "api_key");
    assert!(query.has_parameter(Location::Query, "api_key"));
    assert!(!query.has_parameter(Location::Query, "API_KEY"));
    assert!(key(Location::Cookie, "sid").has_parameter(Location::Cookie, "sid"));
    assert!(!format!("{query:?}").contains("s3cret"));
}

#[test]
fn what_a_signature_or_a_header_of_cookies_replaces_is_no_parameter() {
    let credentials = Credentials::SigV4 {
        service: "execute-api".to_owned(),
        region: None,
    };
    let signed = Supplied::new(&credentials, &HeaderMap::new(), None, false);
    for name in ["X-Amz-Date", "x-amz-security-token", "X-Amz-Content-Sha256"] {
        assert!(signed.has_parameter(Location::Header, name), "{name}");
        assert!(!Supplied::default().has_parameter(Location::Header, name));
    }
    assert!(!signed.has_parameter(Location::Header, "X-Amz-Target"));
    assert!(!signed.has_parameter(Location::Query, "X-Amz-Date"));

    let cookies: HeaderMap = [(COOKIE, "sid=s3cret".parse().unwrap())]
        .into_iter()
        .collect();
    let whole = Supplied::new(&Credentials::None, &cookies, None, false);
    assert!(whole.has_parameter(Location::Header, "cookie"));
    assert!(whole.has_parameter(Location::Cookie, "sid"));
    assert!(!whole.has_parameter(Location::Cookie, "theme"));
    let one = Credentials::ApiKey {
        location: Location::Cookie,
        name: "sid".to_owned(),
        key: Secret::new("s3cret".to_owned()),
    };
    let one = Supplied::new(&one, &HeaderMap::new(), None, false);
    assert!(!one.has_parameter(Location::Header, "Cookie"));
}
