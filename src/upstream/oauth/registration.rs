//! Dynamic client registration (RFC 7591), with the metadata that the user gave.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use rmcp::transport::auth::AuthorizationMetadata;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{OAuthError, record::Client};
use crate::{
    http_client::{Body, HttpClient, OutgoingRequest},
    telemetry::untrusted::readable,
};

/// How long the authorization server may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The largest answer taken, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// What a registration answers, as far as we need it (RFC 7591 section 3.2.1).
#[derive(Deserialize)]
struct Registered {
    client_id: String,
    client_secret: Option<String>,
    client_secret_expires_at: Option<u64>,
    token_endpoint_auth_method: Option<String>,
}

/// Registers a client whose browsers come back to `redirect_uri`. What the user says of the
/// client wins over what we would say.
pub(super) async fn register(
    http: &HttpClient,
    server: &AuthorizationMetadata,
    said: &Map<String, Value>,
    redirect_uri: &Url,
    scopes: &[String],
) -> Result<Client, OAuthError> {
    let failed = |problem: String| OAuthError::Registration(readable(&problem));
    let Some(endpoint) = &server.registration_endpoint else {
        return Err(failed(
            "it registers nobody; register the gateway there by hand, and give its `client_id` \
             under `oauth`"
                .to_owned(),
        ));
    };
    let body = request(server, said, redirect_uri, scopes);
    let response = http
        .send_once(OutgoingRequest {
            method: Method::POST,
            url: Url::parse(endpoint).map_err(|error| failed(error.to_string()))?,
            headers: HeaderMap::from_iter([(
                CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            )]),
            body: Value::Object(body).to_string().into(),
            first_byte_timeout: PATIENCE,
        })
        .await
        .map_err(|error| failed(error.to_string()))?;
    let status = response.status();
    let answer = Body::new(response, PATIENCE)
        .read_to_end(MAX_ANSWER)
        .await
        .map_err(|error| failed(error.to_string()))?;
    if !status.is_success() {
        let text = String::from_utf8_lossy(&answer);
        return Err(failed(format!("it answers {status}: {text}")));
    }
    // The answer holds a secret: it is not repeated.
    let registered: Registered = serde_json::from_slice(&answer)
        .map_err(|_| failed("its answer names no client".to_owned()))?;
    Ok(Client {
        client_id: registered.client_id,
        // Some say that there is none by an empty one.
        client_secret: registered.client_secret.filter(|secret| !secret.is_empty()),
        secret_expires_at: registered.client_secret_expires_at.filter(|at| *at != 0),
        auth_method: registered.token_endpoint_auth_method,
        redirect_uri: redirect_uri.to_string(),
        issuer: server.issuer.clone(),
        scopes: scopes.to_vec(),
    })
}

fn request(
    server: &AuthorizationMetadata,
    said: &Map<String, Value>,
    redirect_uri: &Url,
    scopes: &[String],
) -> Map<String, Value> {
    let kind = match (redirect_uri.scheme(), redirect_uri.host_str()) {
        ("https", Some(host)) if host != "localhost" => "web",
        _ => "native",
    };
    let defaults = json!({
        "client_name": "viceversa",
        "redirect_uris": [redirect_uri.as_str()],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": auth_method(server),
        // OpenID Connect Registration section 2: what the redirect URI may look like.
        "application_type": kind,
    });
    let Value::Object(mut request) = defaults else {
        return said.clone();
    };
    request.extend(said.clone());
    if !scopes.is_empty() {
        request.insert("scope".to_owned(), scopes.join(" ").into());
    }
    request
}

/// A client without a secret where the server takes one (PKCE protects it), else one with.
fn auth_method(server: &AuthorizationMetadata) -> &'static str {
    const BY_PREFERENCE: [&str; 3] = ["none", "client_secret_basic", "client_secret_post"];
    let supported = server
        .additional_fields
        .get("token_endpoint_auth_methods_supported")
        .and_then(Value::as_array);
    supported
        .and_then(|supported| {
            BY_PREFERENCE
                .into_iter()
                .find(|method| supported.iter().any(|known| known == method))
        })
        .unwrap_or("none")
}

impl Client {
    /// Whether this client can ask for these scopes, at that server, by that way back.
    pub fn serves(&self, issuer: Option<&str>, redirect_uri: &Url, scopes: &[String]) -> bool {
        let expired = self
            .secret_expires_at
            .is_some_and(|at| SystemTime::now() >= UNIX_EPOCH + Duration::from_secs(at));
        !expired
            && self.issuer.as_deref() == issuer
            && self.redirect_uri == redirect_uri.as_str()
            && scopes.iter().all(|scope| self.scopes.contains(scope))
    }
}
