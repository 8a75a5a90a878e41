//! A config that stands elsewhere, and what its strings refer to: in moto's S3, Systems Manager and
//! Secrets Manager, and on a server with a certificate of its own.
//!
//! What AWS SDKs read from the environment is given to another process, which runs the same test
//! again.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use viceversa::cli::arguments::parse_from;
use viceversa::config::Config;
use viceversa::config::environment::Environment;
use viceversa::config::reader::ConfigReader;
use viceversa::config::server::UpstreamConfig;
use viceversa::config::watch::ConfigWatch;

use crate::rest_credentials::moto::{Facts, Moto, credential};
use crate::tls::self_signed;

fn reader(line: &str) -> ConfigReader {
    let words = line.split_whitespace().map(Into::into);
    let line = std::iter::once("viceversa".into()).chain(words);
    ConfigReader::new(parse_from(line).unwrap().serve, Environment::of_process())
}

fn yaml(name: &str) -> String {
    format!("mcpServers: {{{name}: {{command: x}}}}")
}

fn names(config: &Config) -> Vec<String> {
    config.servers.keys().map(ToString::to_string).collect()
}

async fn changed(watch: &mut ConfigWatch) {
    let changed = timeout(Duration::from_secs(10), watch.changed());
    changed.await.expect("the change is noticed");
}

async fn nothing_happens(watch: &mut ConfigWatch) {
    let changed = timeout(Duration::from_millis(2500), watch.changed());
    assert!(changed.await.is_err(), "nothing changed");
}

/// Runs a test in a process that finds moto, and knows a word that it must not log.
#[track_caller]
fn in_aws(test: &str, endpoints: &[&str], prepare: impl FnOnce(&Facts)) {
    let moto = Moto::start();
    let facts = &moto.facts;
    prepare(facts);
    let origin = facts.get("origin");
    let mut variables = vec![
        ("AWS_REGION", facts.get("region")),
        ("AWS_ACCESS_KEY_ID", facts.get("access_key")),
        ("AWS_SECRET_ACCESS_KEY", facts.get("secret_key")),
        ("TOKEN_OF_THE_TEST", "hush-hush"),
    ];
    variables.extend(endpoints.iter().map(|name| (*name, origin)));
    facts.run_again(test, &variables);
}

/// Writes an object, or deletes it where there is no content.
pub fn change_object(facts: &Facts, key: &str, content: Option<&str>) {
    let path = format!("/shop/{key}");
    let credential = credential("s3");
    let headers = [("Authorization", credential.as_str())];
    let (method, status) = match content {
        Some(_) => ("PUT", 200),
        None => ("DELETE", 204),
    };
    let content = content.unwrap_or_default().to_owned();
    facts.send(method, &path, &headers, content).expect(status);
}

pub fn put_parameter(facts: &Facts, name: &str, value: &str) {
    let parameters =
        json!({"Name": name, "Value": value, "Type": "SecureString", "Overwrite": true});
    facts.ask("ssm", "AmazonSSM", "PutParameter", &parameters);
}

fn ask_secrets(facts: &Facts, action: &str, name: &str, value: &str) {
    let id = if action == "CreateSecret" {
        "Name"
    } else {
        "SecretId"
    };
    let mut parameters =
        json!({"SecretString": value, "ClientRequestToken": format!("{:032}", value.len())});
    parameters[id] = name.into();
    facts.ask("secretsmanager", "secretsmanager", action, &parameters);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_of_s3_is_read_and_followed() {
    let Some(facts) = Facts::of_this_process() else {
        return in_aws(
            "config_sources::a_config_of_s3_is_read_and_followed",
            &["AWS_ENDPOINT_URL_S3"],
            |facts| change_object(facts, "etc/config.yaml", Some(&yaml("a"))),
        );
    };
    let mut reader = reader("--config s3://shop/etc/config.yaml --poll-interval 1s");
    assert_eq!(names(&reader.read().await.unwrap()), ["a"]);
    let mut watch = reader.watch();
    nothing_happens(&mut watch).await;

    change_object(&facts, "etc/config.yaml", Some(&yaml("b")));
    changed(&mut watch).await;
    assert_eq!(names(&reader.read().await.unwrap()), ["b"]);

    change_object(&facts, "etc/config.yaml", None);
    nothing_happens(&mut watch).await;
    let error = reader.read().await.unwrap_err();
    assert_eq!(error.exit_code(), 66);
    let told = error.to_string();
    assert!(told.contains("s3://shop/etc/config.yaml"), "{told}");
    assert!(told.contains("NoSuchKey"), "{told}");

    change_object(&facts, "etc/config.yaml", Some(&yaml("c")));
    changed(&mut watch).await;
    assert_eq!(names(&reader.read().await.unwrap()), ["c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_of_a_parameter_is_read_and_followed() {
    let Some(facts) = Facts::of_this_process() else {
        return in_aws(
            "config_sources::a_config_of_a_parameter_is_read_and_followed",
            &["AWS_ENDPOINT_URL"],
            |facts| put_parameter(facts, "/shop/config", &yaml("a")),
        );
    };
    let mut reader = reader("--config ssm:/shop/config --poll-interval 1s");
    assert_eq!(names(&reader.read().await.unwrap()), ["a"]);
    let mut watch = reader.watch();
    put_parameter(&facts, "/shop/config", &yaml("a"));
    nothing_happens(&mut watch).await;
    put_parameter(
        &facts,
        "/shop/config",
        r#"{"mcpServers": {"b": {"command": "x"}}}"#,
    );
    changed(&mut watch).await;
    assert_eq!(names(&reader.read().await.unwrap()), ["b"]);

    let error = self::reader("--config ssm:/shop/none").read().await;
    let told = error.unwrap_err().to_string();
    assert!(told.contains("ssm:/shop/none"), "{told}");
    assert!(told.contains("ParameterNotFound"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn references_to_aws_are_replaced_followed_and_not_logged() {
    let Some(facts) = Facts::of_this_process() else {
        return in_aws(
            "config_sources::references_to_aws_are_replaced_followed_and_not_logged",
            &["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_SECRETS_MANAGER"],
            |facts| {
                put_parameter(facts, "/shop/token", "hush-hush");
                let secret = r#"{"user": "jane", "token": "hush-hush", "port": 5}"#;
                ask_secrets(facts, "CreateSecret", "shop/api", secret);
                ask_secrets(facts, "CreateSecret", "shop/plain", "hush-hush");
            },
        );
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.yaml");
    let with = |references: &str| {
        let text = format!(
            "mcpServers:\n  a: {{command: x, env: {{{references}}}}}\n  off: {{disabled: true, command: '${{ssm:/none}}'}}"
        );
        std::fs::write(&file, text).unwrap();
    };
    with(
        "A: '${ssm:/shop/token}', B: '${aws-secret:shop/api#token}', C: '${aws-secret:shop/api#port}', D: '${aws-secret:shop/plain}', E: '${ssm:/none:-default}', F: '${aws-secret:none#x:-default}', G: '${aws-secret:shop/api#none:-default}'",
    );
    let mut reader = reader(&format!("--config {} --poll-interval 1s", file.display()));
    let values = |config: &Config| {
        let UpstreamConfig::Stdio(stdio) = &config.servers["a"].upstream else {
            panic!("a program")
        };
        let names = ["A", "B", "C", "D", "E", "F", "G"];
        names.map(|name| stdio.environment.get(name).unwrap().reveal().to_owned())
    };
    let read = reader.read().await.unwrap();
    let hush = "hush-hush";
    let default = "default";
    assert_eq!(
        values(&read),
        [hush, hush, "5", hush, default, default, default]
    );

    let mut watch = reader.watch();
    nothing_happens(&mut watch).await;
    ask_secrets(&facts, "PutSecretValue", "shop/plain", "other");
    changed(&mut watch).await;
    assert_eq!(values(&reader.read().await.unwrap())[3], "other");
    put_parameter(&facts, "/none", "now there is one");
    changed(&mut watch).await;
    assert_eq!(values(&reader.read().await.unwrap())[4], "now there is one");

    let mut messages = Vec::new();
    for references in [
        "A: '${ssm:/shop/nothing}'",
        "A: '${aws-secret:shop/nothing}'",
        "A: '${aws-secret:shop/api#nothing}'",
        "A: '${aws-secret:shop/plain#token}'",
        "A: '${aws-secret:#token}'",
    ] {
        with(references);
        let error = reader.read().await.unwrap_err().to_string();
        let error = error.replace(folder.path().to_str().unwrap(), "");
        messages.push(format!("{references}\n=> {error}"));
    }
    insta::assert_snapshot!(messages.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_the_system_trusts_gives_the_config() {
    let Some(_facts) = Facts::of_this_process() else {
        let server = self_signed();
        let certificate = CertificateDer::from_pem_file(&server.certificate_file).unwrap();
        let key = PrivateKeyDer::from_pem_file(&server.key_file).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever does not trust the certificate hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let body = yaml("a");
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/yaml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        let url = format!("https://localhost:{port}/config");
        let distrustful = reader(&format!("--config {url}")).read().await;
        let told = distrustful.unwrap_err().to_string();
        assert!(told.contains("can't be fetched"), "{told}");
        let file = server.certificate_file.to_str().unwrap().to_owned();
        let run = move || {
            Facts::none().run_again(
                "config_sources::a_server_whose_certificate_the_system_trusts_gives_the_config",
                &[("SSL_CERT_FILE", &file), ("CONFIG_OF_THE_TEST", &url)],
            );
        };
        return tokio::task::spawn_blocking(run).await.unwrap();
    };
    let url = std::env::var("CONFIG_OF_THE_TEST").unwrap();
    let config = reader(&format!("--config {url}")).read().await.unwrap();
    assert_eq!(names(&config), ["a"]);
}
