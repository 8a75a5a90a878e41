use std::net::SocketAddr;

use bytes::Bytes;
use reqwest::{
    Method, Url,
    header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const PATIENCE: Duration = Duration::from_secs(5);

/// Answers each connection with the next of these texts, and gives what was asked.
async fn server(answers: Vec<String>) -> (SocketAddr, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 64 * 1024];
            let length = connection.read(&mut request).await.unwrap();
            request.truncate(length);
            asked.push(String::from_utf8(request).unwrap().to_ascii_lowercase());
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    (address, serving)
}

fn redirect(status: u16, location: &str) -> String {
    format!(
        "HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn client() -> HttpClient {
    HttpClient::new(&HttpSettings::default()).unwrap()
}

fn request(method: Method, address: SocketAddr, body: &'static str) -> OutgoingRequest {
    OutgoingRequest {
        method,
        url: format!("http://{address}/here").parse::<Url>().unwrap(),
        headers: HeaderMap::from_iter([
            (AUTHORIZATION, HeaderValue::from_static("bearer top-secret")),
            (ACCEPT, HeaderValue::from_static("text/x-test")),
        ]),
        body: Bytes::from_static(body.as_bytes()),
        first_byte_timeout: PATIENCE,
    }
}

#[tokio::test]
async fn within_the_origin_every_redirect_keeps_method_headers_and_body() {
    let answers = [301, 302, 307, 308]
        .map(|status| redirect(status, "/there?x=1"))
        .into_iter()
        .chain([ok("done")])
        .collect();
    let (address, serving) = server(answers).await;
    let response = client()
        .send(request(Method::POST, address, "the body"))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    for asked in serving.await.unwrap().iter().skip(1) {
        assert!(asked.starts_with("post /there?x=1 "), "{asked}");
        assert!(
            asked.contains("authorization: bearer top-secret"),
            "{asked}"
        );
        assert!(asked.contains("user-agent: viceversa/"), "{asked}");
        assert!(asked.ends_with("the body"), "{asked}");
    }
}

#[tokio::test]
async fn a_post_is_not_sent_on_to_another_origin() {
    let (address, _serving) = server(vec![redirect(307, "http://192.0.2.1/elsewhere")]).await;
    let error = client()
        .send(request(Method::POST, address, "the body"))
        .await
        .unwrap_err();
    assert!(!error.may_have_arrived());
    let message = error.to_string();
    assert!(message.contains("http://192.0.2.1"), "{message}");
    assert!(!message.contains("elsewhere"), "{message}");
}

#[tokio::test]
async fn a_get_follows_to_another_origin_without_credentials() {
    let (there, serving) = server(vec![ok("there")]).await;
    let (here, _) = server(vec![redirect(302, &format!("http://{there}/doc"))]).await;
    let response = client().send(request(Method::GET, here, "")).await.unwrap();
    let body = Body::new(response, PATIENCE)
        .read_to_end(100)
        .await
        .unwrap();
    assert_eq!(body, "there");
    let asked = serving.await.unwrap().remove(0);
    assert!(asked.contains("accept: text/x-test"), "{asked}");
    assert!(!asked.contains("top-secret"), "{asked}");
}

#[tokio::test]
async fn a_redirect_that_is_not_followed_is_told_with_its_reason() {
    for (method, status, location, is_signed, reason) in [
        (Method::GET, 307, "/there", true, Some(Obstacle::Signed)),
        (Method::POST, 302, "/there", false, Some(Obstacle::Method)),
        (
            Method::POST,
            307,
            "http://192.0.2.1/",
            false,
            Some(Obstacle::OtherOrigin),
        ),
        (
            Method::GET,
            302,
            "ftp://192.0.2.1/",
            false,
            Some(Obstacle::NoTarget),
        ),
        (Method::GET, 302, "/there", false, None),
    ] {
        let (address, _serving) = server(vec![redirect(status, location), ok("")]).await;
        let request = request(method, address, "");
        let client = client();
        let sent = client.send_following(&request, is_signed, Vec::new);
        let sent = sent.await.unwrap();
        let obstacle = sent.unfollowed.as_ref().map(|it| it.obstacle);
        assert_eq!(obstacle, reason, "{location}");
        let status = sent.response.status();
        assert_eq!(status.is_redirection(), reason.is_some(), "{location}");
    }
}

#[tokio::test]
async fn redirects_without_end_are_given_up() {
    let answers = vec![redirect(307, "/again"); 6];
    let (address, _serving) = server(answers).await;
    let sent = client().send(request(Method::POST, address, "x")).await;
    assert!(matches!(sent, Err(SendError::TooManyRedirects { .. })));
}

#[tokio::test]
async fn what_found_no_server_was_not_sent_and_what_found_a_silent_one_may_have_been() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut silent = request(Method::POST, address, "x");
    silent.first_byte_timeout = Duration::from_millis(50);
    let error = client().send(silent).await.unwrap_err();
    assert!(error.may_have_arrived(), "{error}");
    drop(listener);
    let error = client()
        .send(request(Method::POST, address, "x"))
        .await
        .unwrap_err();
    assert!(!error.may_have_arrived(), "{error}");
    assert!(error.to_string().contains("can't be reached"), "{error}");
}

#[tokio::test]
async fn a_body_has_a_cap_and_a_deadline_for_each_part() {
    let (address, _serving) = server(vec![ok(&"x".repeat(1000))]).await;
    let response = client()
        .send(request(Method::GET, address, ""))
        .await
        .unwrap();
    let read = Body::new(response, PATIENCE).read_to_end(999).await;
    assert!(matches!(read, Err(BodyError::TooLarge { max: 999, .. })));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let _stalling = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.read_u8().await.unwrap();
        let start = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
        connection.write_all(start).await.unwrap();
        std::future::pending::<()>().await;
    });
    let response = client()
        .send(request(Method::GET, address, ""))
        .await
        .unwrap();
    let read = Body::new(response, Duration::from_millis(50))
        .read_to_end(999)
        .await;
    assert!(matches!(read, Err(BodyError::Stalled { .. })));
}

#[test]
fn a_file_that_holds_no_certificate_is_named() {
    let settings = HttpSettings {
        ca_file: Some(SecretFile::new("/etc/ca.pem".into(), Vec::new())),
        ..HttpSettings::default()
    };
    let error = HttpClient::new(&settings).unwrap_err().to_string();
    assert!(error.contains("/etc/ca.pem"), "{error}");
}

#[tokio::test]
async fn an_unchecked_certificate_is_for_the_configured_server_alone() {
    let key = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let settings = HttpSettings {
        insecure_skip_verify: true,
        ..HttpSettings::default()
    };
    let careless = HttpClient::new(&settings).unwrap();
    let private = rustls::pki_types::PrivateKeyDer::Pkcs8(key.signing_key.serialize_der().into());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            if let Ok(mut connection) = acceptor.accept(connection).await {
                let mut asked = vec![0; 4096];
                assert!(connection.read(&mut asked).await.unwrap() > 0);
                connection.write_all(ok("done").as_bytes()).await.unwrap();
                connection.shutdown().await.unwrap();
            }
        }
    });
    let ask = |client: HttpClient| async move {
        let mut request = request(Method::GET, address, "");
        request.url.set_scheme("https").unwrap();
        client.send_once(request).await
    };
    assert!(ask(careless.clone()).await.is_ok());
    for reach in [Reach::Anywhere, Reach::Public] {
        let error = ask(careless.for_others(reach).unwrap()).await.unwrap_err();
        assert!(matches!(error, SendError::Connect { .. }), "{error}");
    }
    serving.abort();
}
