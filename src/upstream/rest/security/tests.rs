use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::*;
use crate::{
    http_client::{HttpClient, HttpSettings},
    openapi::{
        api::{Location, ReadOptions},
        read::{Documents, Limits, parse, read},
    },
    secrets::Secret,
    upstream::rest::{Wording, settings::Credentials},
};

const API: &str = "https://api.example/v1";

/// A document whose operations demand these, by their names.
fn document(operations: &Value) -> Value {
    let mut paths = json!({});
    for (name, security) in operations.as_object().unwrap() {
        paths[format!("/{name}")] =
            json!({"get": {"operationId": name, "security": security, "responses": {}}});
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "servers": [{"url": API}],
        "paths": paths,
        "components": {"securitySchemes": {
            "basic": {"type": "http", "scheme": "Basic"},
            "bearer": {"type": "http", "scheme": "bearer"},
            "digest": {"type": "http", "scheme": "digest"},
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "app": {"type": "apiKey", "in": "header", "name": "X-App"},
            "query": {"type": "apiKey", "in": "query", "name": "api_key"},
            "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
            "raw": {"type": "apiKey", "in": "header", "name": "authorization"},
            "login": {"type": "oauth2", "flows": {}},
            "connect": {"type": "openIdConnect", "openIdConnectUrl": "https://login.example"},
            "certificate": {"type": "mutualTLS"}
        }}
    })
}

fn told(document: &Value, supplied: &Supplied) -> Vec<String> {
    told_at(API, document, supplied)
}

/// The same of an API whose URL the config has like this.
fn told_at(api_url: &str, document: &Value, supplied: &Supplied) -> Vec<String> {
    let parsed = parse(document.to_string().as_bytes(), &Limits::default()).unwrap();
    let url = Url::parse("https://api.example/openapi.json").unwrap();
    let api = read(
        &Documents::new(url.clone(), parsed),
        &ReadOptions::default(),
    );
    let trust = Trust {
        configured: Some(Url::parse(api_url).unwrap()),
        written: None,
        also_written: Vec::new(),
        wording: Wording::default(),
        allow_private_networks: true,
        client: HttpClient::new(&HttpSettings::default()).unwrap(),
    };
    let known = known(api.unwrap(), &trust, &url, supplied).unwrap();
    let warnings = known.warnings.into_iter();
    warnings
        .map(|(about, message)| format!("{about}: {message}"))
        .collect()
}

fn unmet(security: &Value, supplied: &Supplied) -> bool {
    !told(&document(&json!({"one": security})), supplied).is_empty()
}

fn of(credentials: &Credentials) -> Supplied {
    Supplied::new(credentials, &HeaderMap::new(), None, false)
}

fn key(location: Location, name: &str, key: &str) -> Credentials {
    Credentials::ApiKey {
        location,
        name: name.to_owned(),
        key: Secret::new(key.to_owned()),
    }
}

fn headers(headers: &[(&'static str, &'static str)]) -> Supplied {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect();
    Supplied::new(&Credentials::None, &headers, None, false)
}

#[test]
fn what_stands_before_the_host_of_the_apis_url_counts_as_basic() {
    let with_user = "https://me:s3cret@api.example/v1";
    let none = Supplied::default();
    let demands = |name: &str| document(&json!({"one": [{name: []}]}));
    assert!(!told_at(API, &demands("basic"), &none).is_empty());
    assert!(told_at(with_user, &demands("basic"), &none).is_empty());
    let told = told_at(with_user, &demands("bearer"), &none).join("\n");
    assert!(told.contains("what is given is HTTP Basic"), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
    // What is given otherwise is sent in its place.
    let bearer = headers(&[("authorization", "Bearer s3cret")]);
    assert!(told_at(with_user, &demands("bearer"), &bearer).is_empty());
    assert!(!told_at(with_user, &demands("basic"), &bearer).is_empty());
}

#[test]
fn each_kind_of_credentials_meets_the_schemes_that_it_is() {
    let all = [
        "basic", "bearer", "digest", "key", "query", "session", "raw", "login", "connect",
    ];
    let basic = Credentials::Basic {
        username: "me".to_owned(),
        password: Secret::new("s3cret".to_owned()),
    };
    let bearer = Credentials::Bearer {
        token: Secret::new("s3cret".to_owned()),
    };
    let signature = Credentials::SigV4 {
        service: "execute-api".to_owned(),
        region: None,
    };
    let as_bearer = key(Location::Header, "Authorization", "Bearer s3cret");
    let as_query = key(Location::Query, "api_key", "s3cret");
    let as_cookie = key(Location::Cookie, "sid", "s3cret");
    let bears: &[&str] = &["bearer", "raw", "login", "connect"];
    for (supplied, met) in [
        (Supplied::default(), &[][..]),
        (of(&basic), &["basic", "raw"][..]),
        (of(&bearer), bears),
        (of(&as_bearer), bears),
        (of(&signature), &["raw"]),
        (of(&key(Location::Header, "x-key", "s3cret")), &["key"]),
        (of(&key(Location::Header, "x-other", "s3cret")), &[]),
        (of(&as_query), &["query"]),
        (of(&as_cookie), &["session"]),
        (headers(&[("x-key", "s3cret")]), &["key"]),
        (headers(&[("cookie", "a=b; sid=s3cret")]), &["session"]),
        (
            headers(&[("authorization", "Digest s3cret")]),
            &["basic", "bearer", "digest", "raw", "login", "connect"],
        ),
    ] {
        let found: Vec<&str> = all
            .into_iter()
            .filter(|scheme| !unmet(&json!([{*scheme: []}]), &supplied))
            .collect();
        assert_eq!(found, met, "{}", supplied.in_words());
    }
    let certificate = Supplied::new(&Credentials::None, &HeaderMap::new(), None, true);
    assert!(!unmet(&json!([{"certificate": []}]), &certificate));
    assert!(unmet(&json!([{"certificate": []}]), &of(&bearer)));
}

#[test]
fn one_of_several_sets_is_enough_and_an_empty_one_demands_nothing() {
    let has_key = of(&key(Location::Header, "X-Key", "s3cret"));
    for (security, is_unmet) in [
        (json!([]), false),
        (json!([{"basic": []}, {}]), false),
        (json!([{"basic": []}, {"key": []}]), false),
        (json!([{"basic": [], "key": []}]), true),
        (json!([{"basic": []}, {"bearer": []}]), true),
    ] {
        assert_eq!(unmet(&security, &has_key), is_unmet, "{security}");
    }
}

#[test]
fn it_is_said_how_many_operations_lack_what_and_what_to_do() {
    let document = document(&json!({
        "open": [],
        "free": [{"key": []}, {}],
        "a": [{"login": ["read"]}, {"query": []}],
        "b": [{"login": ["write"]}, {"query": []}],
        "c": [{"basic": []}],
        "d": [{"key": [], "app": []}],
        "e": [{"query": [], "session": []}],
        "f": [{"unheard": []}],
        "g": [{"digest": []}],
        "h": [{"certificate": []}],
    }));
    insta::assert_snapshot!(told(&document, &Supplied::default()).join("\n"));
    let some = of(&key(Location::Header, "X-Key", "s3cret"));
    let told = told(&document, &some);
    let both = told
        .iter()
        .find(|it| it.contains("X-App"))
        .expect("what is lacking of a set");
    assert!(
        both.contains("what is given is the header `x-key`"),
        "{both}"
    );
    assert!(both.ends_with("give \"X-App\" among `headers`"), "{both}");
    assert!(told.iter().all(|it| !it.contains("s3cret")), "{told:#?}");
}

#[test]
fn a_key_that_callers_give_as_an_argument_is_not_lacking() {
    let mut document = document(&json!({"one": [{"query": []}]}));
    let there = Supplied::default();
    assert_eq!(told(&document, &there).len(), 1);
    document["paths"]["/one"]["get"]["parameters"] =
        json!([{"name": "api_key", "in": "query", "schema": {"type": "string"}}]);
    assert_eq!(told(&document, &there), Vec::<String>::new());
}

#[test]
fn operations_elsewhere_that_get_no_credentials_are_told() {
    let mut document = document(&json!({"one": [{"key": []}], "two": [{"key": []}]}));
    document["paths"]["/two"]["get"]["servers"] = json!([{"url": "https://upload.example"}]);
    let supplied = of(&key(Location::Header, "X-Key", "s3cret"));
    assert_eq!(
        told(&document, &supplied),
        [
            "auth: credentials are demanded by 1 of 2 operations that are called at \
             https://upload.example, as the document says, where those that are given are not sent"
        ]
    );
}
