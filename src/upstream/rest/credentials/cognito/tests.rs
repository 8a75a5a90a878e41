use reqwest::StatusCode;

use super::*;
use crate::http_client::HttpSettings;

fn pool() -> Cognito {
    Cognito {
        client_id: "1example23456789".to_owned(),
        client_secret: Some(Secret::new("s3cret")),
        user: Some(("jane".to_owned(), Secret::new("passw0rd"))),
        user_pool_id: Some("eu-west-1_AbCdEf".to_owned()),
        domain: None,
        scopes: Vec::new(),
        region: None,
    }
}

fn user(pool: &Cognito) -> UserPassword {
    let http = HttpClient::new(&HttpSettings::default()).unwrap();
    UserPassword::new(pool, &http, &Url::parse("https://api.test/").unwrap()).unwrap()
}

fn result() -> AuthenticationResult {
    AuthenticationResult {
        id_token: Some("the-id".to_owned()),
        // {"username":"7f3c"}
        access_token: Some("e30.eyJ1c2VybmFtZSI6IjdmM2MifQ.x".to_owned()),
        refresh_token: Some("the-refresh".to_owned()),
        expires_in: Some(3600),
    }
}

#[test]
fn the_secret_hash_is_that_of_the_guide() {
    // python3 -c 'import base64, hashlib, hmac; print(base64.b64encode(hmac.digest(b"s3cret",
    // b"jane" + b"1example23456789", "sha256")).decode())'
    let hash = user(&pool()).secret_hash("jane").unwrap();
    assert_eq!(hash, "4svD5c4758KhlbUIgan8gdh/a2LN47BWQC+tgle+cEo=");
    let without = Cognito {
        client_secret: None,
        ..pool()
    };
    assert_eq!(user(&without).secret_hash("jane"), None);
}

#[test]
fn the_id_token_is_sent_unless_scopes_are_wanted() {
    let now = SystemTime::now();
    let held = user(&pool()).token(result(), now, None).unwrap();
    assert_eq!(held.value().secret, Secret::new("the-id"));
    let renewal = held.value().renewal.clone().unwrap();
    assert_eq!(renewal.user, "7f3c", "as the pool knows the user");

    let scoped = Cognito {
        scopes: vec!["api/read".to_owned()],
        ..pool()
    };
    let refreshed = AuthenticationResult {
        refresh_token: None,
        ..result()
    };
    let held = user(&scoped).token(refreshed, now, Some(&renewal)).unwrap();
    assert!(held.value().secret.reveal().starts_with("e30."));
    assert_eq!(held.value().renewal.as_ref(), Some(&renewal), "it stays");
}

#[test]
fn a_pool_is_found_by_its_region_its_id_or_its_domain() {
    let token_url = |domain: &str, pool: &Cognito| {
        endpoint::token_url(domain, pool).map_or_else(|error| error.to_string(), String::from)
    };
    let of_region = Cognito {
        region: Some("us-east-2".to_owned()),
        ..pool()
    };
    let nowhere = Cognito {
        user_pool_id: None,
        ..pool()
    };
    for (domain, pool, expected) in [
        (
            "shop",
            &pool(),
            "https://shop.auth.eu-west-1.amazoncognito.com/oauth2/token",
        ),
        (
            "shop",
            &of_region,
            "https://shop.auth.us-east-2.amazoncognito.com/oauth2/token",
        ),
        (
            "login.shop.test",
            &nowhere,
            "https://login.shop.test/oauth2/token",
        ),
        (
            "https://login.shop.test/",
            &nowhere,
            "https://login.shop.test/oauth2/token",
        ),
    ] {
        assert_eq!(token_url(domain, pool), expected);
    }
    assert!(token_url("shop", &nowhere).contains("give the region"));
    assert!(token_url("ftp://shop", &nowhere).contains("no domain"));
}

#[test]
fn what_is_missing_for_client_credentials_is_said() {
    let http = HttpClient::new(&HttpSettings::default()).unwrap();
    let api = Url::parse("https://api.test/").unwrap();
    let refused = |pool: &Cognito| {
        client_credentials(pool, &http, &api)
            .err()
            .unwrap()
            .to_string()
    };
    let message = refused(&pool());
    assert!(message.contains("domain"), "{message}");
    let public = Cognito {
        client_secret: None,
        domain: Some("shop".to_owned()),
        ..pool()
    };
    let message = refused(&public);
    assert!(message.contains("without a secret"), "{message}");
}

#[test]
fn an_exception_is_read_wherever_it_stands() {
    let name = HeaderName::from_static("x-amzn-errortype");
    let value = HeaderValue::from_static("NotAuthorizedException:http://amazon.test/doc/");
    for (headers, body) in [
        (
            HeaderMap::from_iter([(name, value)]),
            r#"{"message":"Wrong\u001b[1m."}"#,
        ),
        (
            HeaderMap::new(),
            r#"{"__type":"com.amazonaws.cognito#NotAuthorizedException","Message":"Wrong\u001b[1m."}"#,
        ),
    ] {
        let exception = Exception::read(StatusCode::BAD_REQUEST, &headers, body.as_bytes());
        assert_eq!(
            exception.to_string(),
            "it answers 400 Bad Request: NotAuthorizedException, Wrong[1m"
        );
        assert!(exception.advice().contains("password"));
    }
    let broken = Exception::read(StatusCode::BAD_GATEWAY, &HeaderMap::new(), b"<html>");
    assert_eq!(broken.to_string(), "it answers 502 Bad Gateway");
}
