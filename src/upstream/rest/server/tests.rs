use super::*;
use crate::http_client::HttpSettings;
use crate::upstream::rest::Wording;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn trust(configured: Option<&str>, written: Option<&str>) -> Trust {
    Trust {
        configured: configured.map(url),
        written: written.map(url),
        also_written: Vec::new(),
        wording: Wording::default(),
        allow_private_networks: false,
        client: HttpClient::new(&HttpSettings::default()).unwrap(),
    }
}

#[test]
fn the_config_says_where_the_api_is_before_the_document_does() {
    let document = url("https://docs.example/v1/openapi.json");
    let written = Some("https://docs.example/v1/openapi.json");
    let base = trust(Some("http://10.0.0.1/api"), written)
        .base(Some("https://x.example"), &document)
        .unwrap();
    assert_eq!(base.url.as_str(), "http://10.0.0.1/api");
    assert!(base.is_home);
    let base = trust(None, written).base(Some("/v2"), &document).unwrap();
    assert_eq!(base.url.as_str(), "https://docs.example/v2");
    assert!(base.is_home);
    let base = trust(None, written).base(None, &document).unwrap();
    assert_eq!(base.url.as_str(), "https://docs.example/");
    let base = trust(None, written)
        .base(Some("https://api.example"), &document)
        .unwrap();
    assert!(!base.is_home, "its origin is the document's word alone");
}

#[test]
fn a_document_leads_into_the_gateways_network_only_if_it_came_from_there() {
    let elsewhere = trust(None, Some("https://docs.example/openapi.json"));
    let document = url("https://docs.example/openapi.json");
    for server in [
        "http://127.0.0.1:8000",
        "http://localhost",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://10.1.2.3",
    ] {
        let error = elsewhere.base(Some(server), &document).unwrap_err();
        assert!(error.contains("allowPrivateNetworks"), "{error}");
        let allowed = Trust {
            allow_private_networks: true,
            ..elsewhere.clone()
        };
        assert!(allowed.base(Some(server), &document).is_ok());
    }
    let document = url("http://127.0.0.1:8000/openapi.json");
    let here = trust(None, Some("http://127.0.0.1:8000/openapi.json"));
    let base = here.base(Some("http://127.0.0.1:9000"), &document).unwrap();
    assert!(!base.is_home, "another port is another origin");
    here.base(Some("http://127.0.0.2:9000"), &document)
        .unwrap_err();
}

#[test]
fn a_document_from_a_file_must_say_where_the_api_is() {
    let document = url("file:///specs/openapi.yaml");
    let trust = trust(None, None);
    for server in [None, Some("/v1"), Some("ftp://x.example"), Some("data:,x")] {
        trust.base(server, &document).unwrap_err();
    }
    let base = trust
        .base(Some("https://api.example/v1"), &document)
        .unwrap();
    assert!(!base.is_home);
}

#[test]
fn a_server_of_an_operation_gets_credentials_only_at_the_apis_origin() {
    let document = url("https://docs.example/openapi.json");
    let trust = trust(Some("https://api.example/v1"), None);
    let base = trust.base(None, &document).unwrap();
    let of = |named| trust.of_operation(named, &base, &document);
    let own = of("/v2").unwrap();
    assert_eq!(own.url.as_str(), "https://api.example/v2");
    assert!(own.is_home);
    assert!(of("https://api.example/v3").unwrap().is_home);
    assert!(!of("https://uploads.example").unwrap().is_home);
    assert!(of("http://192.168.0.1").is_err());
}
