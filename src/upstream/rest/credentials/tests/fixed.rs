//! Credentials that never change.

use reqwest::header::{COOKIE, HeaderValue};

use super::*;
use crate::openapi::api::Location;

fn api_key(location: Location, name: &str, key: &str) -> Credentials {
    Credentials::ApiKey {
        location,
        name: name.to_owned(),
        key: Secret::new(key),
    }
}

/// A request to the API with the credential, attached twice, as for a repetition.
async fn attached(settings: &Credentials, url: &str, cookie: Option<&str>) -> OutgoingRequest {
    let authenticator = authenticator(settings).unwrap();
    let mut request = request(url);
    if let Some(cookie) = cookie {
        let cookie = HeaderValue::try_from(cookie).unwrap();
        request.headers.append(COOKIE, cookie);
    }
    for _ in 0..2 {
        let attached = authenticator.apply(&mut request).await.unwrap();
        assert!(!authenticator.refused(&attached).await);
    }
    request
}

fn refused(settings: &Credentials) -> String {
    authenticator(settings).unwrap_err().to_string()
}

#[tokio::test]
async fn basic_and_bearer_are_authorization_headers() {
    let basic = Credentials::Basic {
        username: "Aladdin".to_owned(),
        password: Secret::new("open sesame"),
    };
    let request = attached(&basic, "https://api.test/", None).await;
    // The example of RFC 7617 section 2.
    assert_eq!(
        request.headers[AUTHORIZATION],
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    );
    assert!(request.headers[AUTHORIZATION].is_sensitive());

    let bearer = Credentials::Bearer {
        token: Secret::new("t0ken"),
    };
    let request = attached(&bearer, "https://api.test/", None).await;
    assert_eq!(request.headers[AUTHORIZATION], "Bearer t0ken");
    assert_eq!(request.headers.get_all(AUTHORIZATION).iter().count(), 1);
}

#[tokio::test]
async fn a_key_in_the_query_replaces_its_name_and_changes_nothing_else() {
    let key = api_key(Location::Query, "api key", "a b&c=d+é");
    for (url, expected) in [
        ("https://api.test/x", "api%20key=a%20b%26c%3Dd%2B%C3%A9"),
        (
            "https://api.test/x?a=%2f+1&api+key=stolen&b&a=[2]",
            "a=%2f+1&b&a=[2]&api%20key=a%20b%26c%3Dd%2B%C3%A9",
        ),
    ] {
        let request = attached(&key, url, None).await;
        assert_eq!(request.url.query(), Some(expected));
    }
}

#[tokio::test]
async fn a_key_as_a_cookie_joins_the_others() {
    let key = api_key(Location::Cookie, "key", "s3cret==");
    for (before, expected) in [
        (None, "key=s3cret=="),
        (Some("a=1; b=2"), "a=1; b=2; key=s3cret=="),
        (Some("key=mine;a=1;"), "a=1; key=s3cret=="),
        (Some("monkey=é; key"), "monkey=é; key=s3cret=="),
    ] {
        let request = attached(&key, "https://api.test/", before).await;
        assert_eq!(request.headers[COOKIE].as_bytes(), expected.as_bytes());
        assert_eq!(request.headers.get_all(COOKIE).iter().count(), 1);
    }
}

#[tokio::test]
async fn a_key_in_a_header_stands_there_once() {
    let key = api_key(Location::Header, "X-API-Key", "s3cret");
    let request = attached(&key, "https://api.test/", None).await;
    assert_eq!(request.headers["x-api-key"], "s3cret");
    assert_eq!(request.headers.len(), 1);
}

#[tokio::test]
async fn another_origin_is_shown_nothing() {
    let key = api_key(Location::Query, "key", "s3cret");
    for url in [
        "https://other.test/",
        "http://api.test/",
        "https://api.test:8443/",
    ] {
        let request = attached(&key, url, None).await;
        assert_eq!(request.url.as_str(), url);
        assert!(request.headers.is_empty());
    }
}

#[test]
fn what_can_not_be_sent_is_refused_without_being_shown() {
    for (settings, expected) in [
        (api_key(Location::Header, "a b", "s3cret"), "\"a b\""),
        (api_key(Location::Header, "a", "s3cret\n"), "line break"),
        (api_key(Location::Cookie, "a", "s3cret;"), "semicolon"),
        (api_key(Location::Cookie, "a=", "s3cret"), "\"a=\""),
        (api_key(Location::Path, "a", "s3cret"), "in the query"),
        (
            Credentials::Bearer {
                token: Secret::new("s3cret\r\nx: y"),
            },
            "line break",
        ),
        (
            Credentials::Basic {
                username: "a:b".to_owned(),
                password: Secret::new("s3cret"),
            },
            "colon",
        ),
    ] {
        let message = refused(&settings);
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    for settings in [
        api_key(Location::Query, "key", "s3cret"),
        api_key(Location::Header, "key", "s3cret"),
        api_key(Location::Cookie, "key", "s3cret"),
        Credentials::Bearer {
            token: Secret::new("s3cret"),
        },
        Credentials::ClientCredentials {
            token_url: Url::parse("https://login.test/token").unwrap(),
            client_id: "me".to_owned(),
            client_secret: Secret::new("s3cret"),
            scopes: Vec::new(),
            audience: None,
        },
    ] {
        let shown = format!("{:?}", authenticator(&settings).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
