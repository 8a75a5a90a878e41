//! Tokens of a token endpoint.

use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;

/// A token endpoint, with all requests that it got: head and body.
struct Endpoint {
    origin: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    /// Answers each request with what `script` makes of its number and text.
    async fn start(script: impl Fn(usize, &str) -> (u16, Value) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let keeping = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let mut connection = BufReader::new(connection);
                let request = receive(&mut connection).await;
                let number = {
                    let mut asked = keeping.lock().unwrap();
                    asked.push(request.clone());
                    asked.len()
                };
                let (status, body) = script(number, &request);
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: \
                     close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                connection.write_all(head.as_bytes()).await.unwrap();
                connection.write_all(body.as_bytes()).await.unwrap();
            }
        });
        Self { origin, asked }
    }

    fn authenticator(&self) -> Authenticator {
        let settings = Credentials::ClientCredentials {
            token_url: Url::parse(&format!("{}/token", self.origin)).unwrap(),
            client_id: "the client".to_owned(),
            client_secret: Secret::new("s3cret:%"),
            scopes: vec!["read".to_owned(), "write".to_owned()],
            audience: Some("https://api.test".to_owned()),
        };
        authenticator(&settings).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn receive(connection: &mut BufReader<TcpStream>) -> String {
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.unwrap();
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        text.push_str(&line);
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.unwrap();
    text + &String::from_utf8(body).unwrap()
}

fn token(number: usize) -> (u16, Value) {
    let answer = json!({
        "access_token": format!("token-{number}"),
        "token_type": "Bearer",
        "expires_in": 3600,
    });
    (200, answer)
}

async fn authorization(authenticator: &Authenticator) -> (Attached, String) {
    let mut request = request("https://api.test/v1/x");
    let attached = authenticator.apply(&mut request).await.unwrap();
    let header = request.headers[AUTHORIZATION].to_str().unwrap().to_owned();
    (attached, header)
}

async fn failure(authenticator: &Authenticator) -> CredentialsError {
    let mut request = request("https://api.test/v1/x");
    authenticator.apply(&mut request).await.unwrap_err()
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_replaced_when_it_is_refused() {
    let endpoint = Endpoint::start(|number, _| token(number)).await;
    let authenticator = endpoint.authenticator();
    let (first, header) = authorization(&authenticator).await;
    assert_eq!(header, "Bearer token-1");
    let (second, header) = authorization(&authenticator).await;
    assert_eq!(header, "Bearer token-1");
    assert!(authenticator.refused(&first).await);
    assert!(
        authenticator.refused(&second).await,
        "another had it replaced"
    );
    let (third, header) = authorization(&authenticator).await;
    assert_eq!(header, "Bearer token-2");
    assert!(
        !authenticator.refused(&third).await,
        "not twice in a moment"
    );

    let asked = endpoint.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    let asked = &asked[0];
    assert!(asked.starts_with("POST /token HTTP/1.1\r\n"), "{asked}");
    // RFC 6749 section 2.3.1: both are form-encoded first.
    let basic = "dGhlK2NsaWVudDpzM2NyZXQlM0ElMjU=";
    assert!(
        asked.contains(&format!("authorization: Basic {basic}\r\n")),
        "{asked}"
    );
    for part in [
        "grant_type=client_credentials",
        "scope=read+write",
        "audience=https%3A%2F%2Fapi.test",
    ] {
        assert!(asked.contains(part), "{asked}");
    }
    assert!(!asked.contains("client_secret"), "{asked}");
}

#[tokio::test]
async fn a_server_that_knows_only_the_body_is_shown_the_secret_there() {
    let endpoint = Endpoint::start(|number, request| {
        if request.contains("client_secret=s3cret%3A%25") {
            token(number)
        } else {
            (401, json!({"error": "invalid_client"}))
        }
    })
    .await;
    let authenticator = endpoint.authenticator();
    let (attached, header) = authorization(&authenticator).await;
    assert_eq!(header, "Bearer token-2");
    assert!(authenticator.refused(&attached).await);
    assert_eq!(authorization(&authenticator).await.1, "Bearer token-3");
    assert_eq!(endpoint.asked().len(), 3, "it remembers the way");
}

#[tokio::test]
async fn a_refusal_says_who_what_and_what_to_do() {
    let endpoint = Endpoint::start(|_, _| {
        let description = "no such scope\u{1b}[31m";
        (
            400,
            json!({"error": "invalid_scope", "error_description": description}),
        )
    })
    .await;
    let authenticator = endpoint.authenticator();
    let error = failure(&authenticator).await.to_string();
    assert_eq!(
        error,
        format!(
            "{} gives no token: it answers 400 Bad Request: invalid_scope, no such scope[31m; \
             check the scopes",
            endpoint.origin
        )
    );
    assert_eq!(failure(&authenticator).await.to_string(), error);
    assert_eq!(endpoint.asked().len(), 1, "a failure is remembered");
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_not_repeated() {
    for (status, answer) in [
        (200, json!({"access_token": "t0ken"})),
        (200, json!({"token": "t0ken"})),
        (500, json!("t0ken")),
        (
            302,
            json!({"access_token": "t0ken", "token_type": "bearer"}),
        ),
    ] {
        let endpoint = Endpoint::start(move |_, _| (status, answer.clone())).await;
        let error = failure(&endpoint.authenticator()).await;
        let (shown, debug) = (error.to_string(), format!("{error:?}"));
        assert!(shown.contains(&endpoint.origin), "{shown}");
        for text in [shown, debug] {
            assert!(
                !text.contains("t0ken") && !text.contains("s3cret"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn a_token_that_is_no_header_is_not_sent() {
    let endpoint = Endpoint::start(|_, _| {
        let answer = json!({"access_token": "t0ken\r\nx: y", "token_type": "bearer"});
        (200, answer)
    })
    .await;
    let error = failure(&endpoint.authenticator()).await.to_string();
    assert!(
        error.contains("line break") && !error.contains("t0ken"),
        "{error}"
    );
}

#[tokio::test]
async fn a_token_endpoint_that_is_away_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let endpoint = Endpoint {
        origin: origin.clone(),
        asked: Arc::default(),
    };
    let error = failure(&endpoint.authenticator()).await;
    assert!(matches!(error, CredentialsError::Unreachable(_)), "{error}");
    assert!(error.to_string().contains(&origin), "{error}");
}

#[tokio::test]
async fn a_client_of_a_user_pool_asks_at_the_domain_of_the_pool() {
    let endpoint = Endpoint::start(|number, _| token(number)).await;
    let settings = Credentials::Cognito(Box::new(Cognito {
        client_id: "me".to_owned(),
        client_secret: Some(Secret::new("s3cret")),
        user: None,
        user_pool_id: None,
        domain: Some(endpoint.origin.clone()),
        scopes: vec!["shop/read".to_owned()],
        region: None,
    }));
    let authenticator = authenticator(&settings).unwrap();
    assert_eq!(authorization(&authenticator).await.1, "Bearer token-1");
    let asked = endpoint.asked();
    assert!(
        asked[0].starts_with("POST /oauth2/token HTTP/1.1\r\n"),
        "{asked:?}"
    );
    assert!(asked[0].contains("scope=shop%2Fread"), "{asked:?}");
}
