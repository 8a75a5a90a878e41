//! How the gateway identifies itself to REST APIs, against servers that nobody here wrote:
//! oidc-provider gives tokens, moto is AWS, and botocore says what a signature should be.
//!
//! All but `gateway` use the library, not the binary. What AWS SDKs read from the environment is
//! given to another process, which runs the same test again.

mod aws;
mod cognito;
mod gateway;
pub mod moto;

use std::time::Duration;

use reqwest::{
    Method, Url,
    header::{AUTHORIZATION, HeaderMap},
};
use viceversa::{
    http_client::{HttpClient, HttpSettings, OutgoingRequest},
    secrets::Secret,
    upstream::rest::{
        credentials::{Authenticator, CredentialsError},
        settings::Credentials,
    },
};

use crate::oauth::peers::AuthorizationServer;

fn client() -> HttpClient {
    HttpClient::new(&HttpSettings::default()).unwrap()
}

fn authenticator(settings: &Credentials, api: &str) -> Authenticator {
    let api = Url::parse(api).unwrap();
    Authenticator::new(settings, &"shop".parse().unwrap(), &api, &client()).unwrap()
}

fn request(method: Method, url: &str) -> OutgoingRequest {
    OutgoingRequest {
        method,
        url: Url::parse(url).unwrap(),
        headers: HeaderMap::new(),
        body: bytes::Bytes::new(),
        first_byte_timeout: Duration::from_secs(30),
    }
}

fn authorization(request: &OutgoingRequest) -> String {
    request.headers[AUTHORIZATION].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_share_the_token_of_a_trusted_client() {
    let server = AuthorizationServer::start(&[]);
    let settings = |secret: &str| Credentials::ClientCredentials {
        token_url: Url::parse(&format!("{}/token", server.issuer())).unwrap(),
        client_id: "machine".to_owned(),
        client_secret: Secret::new(secret),
        scopes: Vec::new(),
        audience: None,
    };
    let api = "https://api.test/";
    let authenticator = std::sync::Arc::new(authenticator(&settings("machine-secret"), api));
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let authenticator = authenticator.clone();
            tokio::spawn(async move {
                let mut request = request(Method::GET, "https://api.test/x");
                let attached = authenticator.apply(&mut request).await.unwrap();
                (attached, authorization(&request))
            })
        })
        .collect();
    let mut headers = std::collections::HashSet::new();
    let mut given = Vec::new();
    for call in calls {
        let (attached, header) = call.await.unwrap();
        headers.insert(header);
        given.push(attached);
    }
    assert_eq!(headers.len(), 1, "{headers:?}");
    assert_eq!(server.grants("client_credentials"), 1);

    for attached in &given {
        assert!(authenticator.refused(attached).await);
    }
    assert_eq!(server.grants("client_credentials"), 2);
    let mut again = request(Method::GET, api);
    authenticator.apply(&mut again).await.unwrap();
    assert!(!headers.contains(&authorization(&again)));

    let stranger = self::authenticator(&settings("wr0ng"), api);
    let error = stranger.apply(&mut again).await.unwrap_err();
    assert!(matches!(error, CredentialsError::Refused { .. }), "{error}");
    let message = error.to_string();
    for part in [server.issuer(), "invalid_client", "check the client id"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains("wr0ng"), "{message}");
}
