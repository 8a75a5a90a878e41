//! An authorizer against an authorization server that answers from a script.

mod binding;
mod refusals;

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use url::{Url, form_urlencoded};

use super::*;
use crate::{
    config::oauth::{
        CallbackConfig, ClientConfig, GrantConfig, LoginConfig, OAuthConfig, TokenStorage,
    },
    http_client::{HttpClient, HttpSettings},
};

/// What the server does, and what was asked of it.
#[derive(Debug, Default)]
struct Script {
    /// Whether the token endpoint is out of order.
    is_down: AtomicBool,
    /// Whether metadata of the resource lead to the authorization server.
    is_hidden: AtomicBool,
    reads_client_documents: AtomicBool,
    without_pkce: AtomicBool,
    /// The authorization endpoint; none: one of its own.
    authorize_at: Mutex<Option<String>>,
    /// The authorization server that the resource names; none: itself.
    leads_to: Mutex<Option<String>>,
    /// What the token endpoint answers instead of a token.
    refusal: Mutex<Option<(u16, Value)>>,
    /// What a registration is answered with; none: it succeeds.
    registration: Mutex<Option<(u16, Value)>>,
    tokens_given: AtomicUsize,
    asked: Mutex<Vec<String>>,
}

impl Script {
    fn answer(&self, origin: &str, path: &str, body: &str) -> (u16, Value) {
        self.asked.lock().unwrap().push(format!("{path} {body}"));
        let own = format!("{origin}/authorize");
        let mut metadata = json!({
            "issuer": origin,
            "authorization_endpoint":
                self.authorize_at.lock().unwrap().as_deref().unwrap_or(&own),
            "token_endpoint": format!("{origin}/token"),
            "registration_endpoint": format!("{origin}/register"),
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["a", "offline_access"],
            "client_id_metadata_document_supported":
                self.reads_client_documents.load(Ordering::Relaxed),
        });
        if self.without_pkce.load(Ordering::Relaxed) {
            let metadata = metadata.as_object_mut().unwrap();
            metadata.remove("code_challenge_methods_supported");
        }
        let is_hidden = self.is_hidden.load(Ordering::Relaxed);
        match path {
            "/.well-known/oauth-protected-resource/mcp" if !is_hidden => (
                200,
                json!({
                    "resource": format!("{origin}/mcp"),
                    "authorization_servers":
                        [self.leads_to.lock().unwrap().as_deref().unwrap_or(origin)],
                    "scopes_supported": ["a"],
                }),
            ),
            "/.well-known/oauth-authorization-server" if !is_hidden => (200, metadata),
            "/register" => {
                let refused = self.registration.lock().unwrap().clone();
                refused.unwrap_or((201, json!({"client_id": "registered"})))
            }
            "/token" if self.is_down.load(Ordering::Relaxed) => (503, json!({})),
            "/token" if self.refusal.lock().unwrap().is_some() => {
                self.refusal.lock().unwrap().clone().unwrap()
            }
            "/token" => {
                let number = self.tokens_given.fetch_add(1, Ordering::Relaxed);
                let token = json!({
                    "access_token": format!("access-{number}"),
                    "refresh_token": format!("refresh-{number}"),
                    "token_type": "Bearer",
                    "scope": "a",
                    "expires_in": 4,
                });
                (200, token)
            }
            _ => (404, json!({})),
        }
    }

    /// How many requests for a token came.
    fn token_requests(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|asked| asked.starts_with("/token "))
            .count()
    }

    /// The parameters of the last request for a token.
    fn last_token_request(&self) -> Vec<(String, String)> {
        let asked = self.asked.lock().unwrap();
        let last = asked
            .iter()
            .rev()
            .find_map(|asked| asked.strip_prefix("/token "));
        form_urlencoded::parse(last.unwrap().as_bytes())
            .into_owned()
            .collect()
    }
}

async fn serve(script: Arc<Script>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let own = origin.clone();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let mut part = [0; 4096];
            let body = loop {
                let length = connection.read(&mut part).await.unwrap();
                text.push_str(std::str::from_utf8(&part[..length]).unwrap());
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let head = head.to_ascii_lowercase();
                let announced = head.split("content-length: ").nth(1);
                let announced = announced.and_then(|rest| rest.lines().next());
                if announced.map_or(0, |length| length.parse().unwrap()) == body.len() {
                    break body.to_owned();
                }
            };
            let path = text.split(' ').nth(1).unwrap();
            let (status, answer) = script.answer(&own, path, &body);
            if path == "/token" {
                // What was given counts from here on, whether or not it arrives.
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            let answer = answer.to_string();
            let answer = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{answer}",
                answer.len()
            );
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    origin
}

fn authorizer(
    resource: &str,
    server_url: Option<&str>,
    metadata_url: Option<&str>,
) -> Arc<Authorizer> {
    Authorizer::new(settings(resource, server_url, metadata_url))
}

fn settings(resource: &str, server_url: Option<&str>, metadata_url: Option<&str>) -> Settings {
    Settings {
        server: "x".parse().unwrap(),
        resource: Url::parse(resource).unwrap(),
        config: OAuthConfig {
            server_url: server_url.map(|url| Url::parse(url).unwrap()),
            issuer: None,
            grant: GrantConfig::Login(Box::new(LoginConfig {
                client: ClientConfig::Dynamic {
                    metadata_url: metadata_url.map(|url| Url::parse(url).unwrap()),
                    metadata: Map::new(),
                },
                callback: CallbackConfig::Gateway,
            })),
            scopes: Vec::new(),
            storage: TokenStorage::Memory,
        },
        redirect_uri: Url::parse("http://localhost:8000/oauth/callback").unwrap(),
        store: TokenStore::in_memory(resource),
        http: HttpClient::new(&HttpSettings::default()).unwrap(),
    }
}

async fn login_url(authorizer: &Arc<Authorizer>) -> Url {
    match authorizer.refused(None, 401, None).await.unwrap() {
        Refused::LoginRequired(url) => Url::parse(&url).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn parameter(url: &Url, name: &str) -> String {
    let (_, value) = url.query_pairs().find(|(key, _)| key == name).unwrap();
    value.into_owned()
}

async fn log_in(authorizer: &Arc<Authorizer>) {
    let state = parameter(&login_url(authorizer).await, "state");
    let callback = Callback::from_query(&format!("code=c&state={state}")).unwrap();
    authorizer.finish(callback).await.unwrap();
}

async fn token(authorizer: &Arc<Authorizer>) -> String {
    let header = authorizer.authorization().await.unwrap().unwrap();
    header.to_str().unwrap().to_owned()
}

/// Longer than half of a token's life, and shorter than the whole.
async fn grow_old() {
    tokio::time::sleep(Duration::from_millis(2500)).await;
}

#[tokio::test]
async fn a_caller_who_goes_away_loses_no_rotated_token() {
    let script = Arc::<Script>::default();
    let origin = serve(Arc::clone(&script)).await;
    let authorizer = authorizer(&format!("{origin}/mcp"), None, None);
    log_in(&authorizer).await;
    assert_eq!(token(&authorizer).await, "Bearer access-0");
    grow_old().await;
    let given = async {
        while script.tokens_given.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        answer = authorizer.authorization() => panic!("too early: {answer:?}"),
        () = given => {}
    }
    assert_eq!(token(&authorizer).await, "Bearer access-1");
    assert_eq!(
        script.tokens_given.load(Ordering::Relaxed),
        2,
        "one renewal"
    );
}

#[tokio::test]
async fn a_token_that_has_not_ended_serves_while_the_authorization_server_is_down() {
    let script = Arc::<Script>::default();
    let origin = serve(Arc::clone(&script)).await;
    let authorizer = authorizer(&format!("{origin}/mcp"), None, None);
    log_in(&authorizer).await;
    grow_old().await;
    script.is_down.store(true, Ordering::Relaxed);
    assert_eq!(token(&authorizer).await, "Bearer access-0");
    let asked = script.asked.lock().unwrap().len();
    assert_eq!(token(&authorizer).await, "Bearer access-0");
    assert_eq!(
        script.asked.lock().unwrap().len(),
        asked,
        "it is left alone for a while"
    );
    tokio::time::sleep(Duration::from_secs(2)).await;
    let error = authorizer.authorization().await.unwrap_err();
    assert!(matches!(error, OAuthError::Exchange(_)), "{error}");
}

#[tokio::test]
async fn a_refresh_asks_for_no_more_than_was_granted_and_names_the_resource() {
    let script = Arc::<Script>::default();
    let origin = serve(Arc::clone(&script)).await;
    let resource = format!("{origin}/mcp");
    let authorizer = authorizer(&resource, None, None);
    let url = login_url(&authorizer).await;
    assert_eq!(parameter(&url, "scope"), "a offline_access");
    assert_eq!(parameter(&url, "prompt"), "consent");
    log_in(&authorizer).await;
    grow_old().await;
    token(&authorizer).await;
    let request = script.last_token_request();
    for (name, value) in [
        ("scope", "a"),
        ("resource", &resource),
        ("refresh_token", "refresh-0"),
    ] {
        let expected = (name.to_owned(), value.to_owned());
        assert!(request.contains(&expected), "{name}: {request:?}");
    }
}

#[tokio::test]
async fn a_client_document_is_the_clients_name_where_such_are_read() {
    let document = "https://gateway.example/client.json";
    for (reads, expected) in [(true, document), (false, "registered")] {
        let script = Arc::<Script>::default();
        script
            .reads_client_documents
            .store(reads, Ordering::Relaxed);
        let origin = serve(script).await;
        let authorizer = authorizer(&format!("{origin}/mcp"), None, Some(document));
        let url = login_url(&authorizer).await;
        assert_eq!(parameter(&url, "client_id"), expected);
    }
}

#[tokio::test]
async fn mcpos_server_url_leads_to_the_authorization_server_of_a_server_that_is_silent() {
    let silent = Arc::<Script>::default();
    silent.is_hidden.store(true, Ordering::Relaxed);
    let resource = serve(silent).await;
    let server = serve(Arc::default()).await;
    let authorizer = authorizer(&format!("{resource}/mcp"), Some(&server), None);
    let url = login_url(&authorizer).await;
    assert!(
        url.as_str().starts_with(&format!("{server}/authorize")),
        "{url}"
    );
    assert_eq!(parameter(&url, "resource"), format!("{resource}/mcp"));
}
