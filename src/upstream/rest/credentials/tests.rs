//! Credentials against token endpoints that answer from a script.

mod fixed;
mod tokens;

use std::time::Duration;

use reqwest::{Method, header::HeaderMap};

use super::*;
use crate::http_client::HttpSettings;

fn client() -> HttpClient {
    HttpClient::new(&HttpSettings::default()).unwrap()
}

fn authenticator(settings: &Credentials) -> Result<Authenticator, CredentialsError> {
    let api = Url::parse("https://api.test/v1").unwrap();
    Authenticator::new(settings, &"shop".parse().unwrap(), &api, &client())
}

fn request(url: &str) -> OutgoingRequest {
    OutgoingRequest {
        method: Method::GET,
        url: Url::parse(url).unwrap(),
        headers: HeaderMap::new(),
        body: bytes::Bytes::new(),
        first_byte_timeout: Duration::from_secs(1),
    }
}
