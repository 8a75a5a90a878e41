//! Dynamic client registration (RFC 7591), with the metadata that the user gave.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use rmcp::transport::auth::AuthorizationMetadata;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{OAuthError, binding::Identity, record::Client, refusal::Refusal, requests::Requests};
use crate::telemetry::untrusted::readable;

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
    requests: &Requests,
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
    let url = Url::parse(endpoint).map_err(|error| failed(error.to_string()))?;
    let json = HeaderValue::from_static("application/json");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
    let body = Value::Object(body).to_string().into();
    let sent = requests.send(Method::POST, url, headers, body);
    let (status, _, answer) = sent.await.map_err(|error| failed(error.to_string()))?;
    if let Some(refusal) = Refusal::read(status, &answer) {
        return Err(failed(refusal.to_string()));
    }
    // The answer holds a secret: it is not repeated.
    let registered: Registered = serde_json::from_slice(&answer)
        .map_err(|_| failed("its answer names no client".to_owned()))?;
    Ok(Client {
        id: registered.client_id,
        // Some say that there is none by an empty one.
        secret: registered.client_secret.filter(|secret| !secret.is_empty()),
        secret_expires_at: registered.client_secret_expires_at.filter(|at| *at != 0),
        auth_method: registered.token_endpoint_auth_method,
        redirect_uri: redirect_uri.to_string(),
        server: Identity::of(server),
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
    pub fn serves(&self, server: &Identity, redirect_uri: &Url, scopes: &[String]) -> bool {
        let expired = self
            .secret_expires_at
            .is_some_and(|at| SystemTime::now() >= UNIX_EPOCH + Duration::from_secs(at));
        !expired
            && self.server == *server
            && self.redirect_uri == redirect_uri.as_str()
            && scopes.iter().all(|scope| self.scopes.contains(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(metadata: &Value) -> AuthorizationMetadata {
        let mut all =
            json!({"authorization_endpoint": "https://a/1", "token_endpoint": "https://a/2"});
        all.as_object_mut()
            .unwrap()
            .extend(metadata.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn said(redirect_uri: &str, said: &Value, metadata: &Value) -> Value {
        let url = Url::parse(redirect_uri).unwrap();
        let said = said.as_object().unwrap();
        Value::Object(request(&server(metadata), said, &url, &["read".to_owned()]))
    }

    #[test]
    fn what_the_user_says_of_the_client_wins() {
        let own = json!({"client_name": "Mine", "logo_uri": "https://a/logo", "scope": "x"});
        let request = said("http://localhost:3030/callback", &own, &json!({}));
        assert_eq!(request["client_name"], "Mine");
        assert_eq!(request["logo_uri"], "https://a/logo");
        assert_eq!(request["scope"], "read", "what the login will ask for");
        assert_eq!(
            request["redirect_uris"],
            json!(["http://localhost:3030/callback"])
        );
        assert_eq!(request["application_type"], "native");
    }

    #[test]
    fn a_client_on_the_web_says_so() {
        let request = said(
            "https://gateway.example/oauth/callback",
            &json!({}),
            &json!({}),
        );
        assert_eq!(request["application_type"], "web");
    }

    #[test]
    fn a_secret_is_only_asked_for_where_none_will_not_do() {
        for (methods, expected) in [
            (json!({}), "none"),
            (json!(["client_secret_post", "none"]), "none"),
            (json!(["client_secret_post"]), "client_secret_post"),
            (
                json!(["private_key_jwt", "client_secret_basic"]),
                "client_secret_basic",
            ),
        ] {
            let metadata = match methods {
                Value::Array(_) => json!({"token_endpoint_auth_methods_supported": methods}),
                _ => json!({}),
            };
            assert_eq!(auth_method(&server(&metadata)), expected);
        }
    }

    #[test]
    fn a_client_is_used_again_only_where_it_fits() {
        let callback = Url::parse("http://localhost:3030/callback").unwrap();
        let client: Client = serde_json::from_value(json!({
            "client_id": "x",
            "redirect_uri": callback.as_str(),
            "server": {"issuer": "https://a"},
            "scopes": ["read"],
        }))
        .unwrap();
        let read = ["read".to_owned()];
        let (a, b) = (
            Identity::issuer("https://a/"),
            Identity::issuer("https://b"),
        );
        assert!(client.serves(&a, &callback, &read));
        assert!(!client.serves(&b, &callback, &read));
        assert!(!client.serves(&a, &callback, &["write".to_owned()]));
        let other = Url::parse("http://localhost:3031/callback").unwrap();
        assert!(!client.serves(&a, &other, &read));
        let expired = Client {
            secret_expires_at: Some(1),
            ..client
        };
        assert!(!expired.serves(&a, &callback, &read));
    }
}
