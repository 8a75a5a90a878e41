//! TLS by a certificate and a key file.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, fixture, wait_until};

pub struct SelfSigned {
    pub certificate: String,
    _folder: tempfile::TempDir,
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
}

pub fn self_signed() -> SelfSigned {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    SelfSigned {
        certificate_file: write("certificate.pem", &certificate),
        key_file: write("key.pem", &made.signing_key.serialize_pem()),
        certificate,
        _folder: folder,
    }
}

fn start(certificate: &Path, key: &Path) -> Launch {
    Launch::new()
        .flags(["--ssl-certfile", certificate.to_str().unwrap()])
        .flags(["--ssl-keyfile", key.to_str().unwrap()])
        .key("top-secret")
        .server(fixture(&[]))
}

/// One request over TLS: the status, the HTTP version and the body.
fn ask(
    gateway: &Gateway,
    client: &reqwest::Client,
    key: Option<&str>,
) -> Result<(u16, reqwest::Version, String), reqwest::Error> {
    let url = format!("https://localhost:{}/echo_raw", gateway.address.port());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut request = client.post(url).json(&json!({"a": 1}));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        let answer = request.send().await?;
        let (status, version) = (answer.status().as_u16(), answer.version());
        Ok((status, version, answer.text().await?))
    })
}

pub fn client(trusted: Option<&str>) -> reqwest::Client {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificates = trusted.map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
    reqwest::Client::builder()
        .tls_certs_only(certificates)
        .timeout(crate::gateway::SOON)
        .build()
        .unwrap()
}

#[test]
fn calls_over_tls_are_answered() {
    let made = self_signed();
    let gateway = start(&made.certificate_file, &made.key_file).start();
    assert!(gateway.log().contains("https://"), "{}", gateway.log());
    let trusting = client(Some(&made.certificate));
    let (status, version, body) = ask(&gateway, &trusting, Some("top-secret")).unwrap();
    assert_eq!(status, 200, "{body}");
    assert_eq!(version, reqwest::Version::HTTP_2);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body, json!({"a": 1}));
    let (status, _, _) = ask(&gateway, &trusting, None).unwrap();
    assert_eq!(status, 401);
}

#[test]
fn a_client_that_does_not_know_the_certificate_is_not_fooled() {
    let made = self_signed();
    let gateway = start(&made.certificate_file, &made.key_file).start();
    let stranger = client(Some(&self_signed().certificate));
    ask(&gateway, &stranger, Some("top-secret")).expect_err("the certificate is not known");
}

#[test]
fn plain_http_to_a_tls_port_is_no_success_and_harms_nobody() {
    let made = self_signed();
    let gateway = start(&made.certificate_file, &made.key_file).start();
    let mut stream = gateway.anonymous("GET", "/health").open();
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
    let trusting = client(Some(&made.certificate));
    assert_eq!(ask(&gateway, &trusting, Some("top-secret")).unwrap().0, 200);
}

#[test]
fn a_certificate_or_key_that_can_not_be_used_is_told_before_anything_binds() {
    let made = self_signed();
    let other = self_signed();
    let folder = tempfile::tempdir().unwrap();
    let nonsense = folder.path().join("nonsense.pem");
    std::fs::write(&nonsense, "not a certificate").unwrap();
    for (certificate, key, names) in [
        (&nonsense, &made.key_file, "nonsense.pem"),
        (&made.certificate_file, &nonsense, "nonsense.pem"),
        (&made.certificate_file, &other.key_file, ".pem"),
        (&made.key_file, &made.certificate_file, "key.pem"),
    ] {
        let finished = start(certificate, key).run_to_end();
        assert!(
            finished.code.is_some_and(|code| (64..=78).contains(&code)),
            "{finished:#?}"
        );
        assert!(finished.stderr.contains(names), "{names} in {finished:#?}");
        assert!(!finished.stderr.contains("listening on"), "{finished:#?}");
    }
}

#[test]
fn a_renewed_certificate_is_shown_to_new_connections_without_a_restart() {
    let (first, second) = (self_signed(), self_signed());
    let mut gateway = start(&first.certificate_file, &first.key_file)
        .flags(["--hot-reload"])
        .start();
    assert!(!gateway.log().contains("no effect"), "{}", gateway.log());
    let trusting = |made: &SelfSigned| client(Some(&made.certificate));
    let is_shown = |gateway: &Gateway, made: &SelfSigned| {
        let answer = ask(gateway, &trusting(made), Some("top-secret"));
        answer.is_ok_and(|(status, _, _)| status == 200)
    };
    assert!(is_shown(&gateway, &first));
    // A certificate without its key is none.
    std::fs::copy(&second.certificate_file, &first.certificate_file).unwrap();
    gateway.wait_for_log("does not go with the certificate");
    assert!(is_shown(&gateway, &first));
    std::fs::copy(&second.key_file, &first.key_file).unwrap();
    wait_until("the new one is shown", || is_shown(&gateway, &second));
    assert!(!is_shown(&gateway, &first));
    gateway.signal(rustix::process::Signal::TERM);
    gateway.wait_for_end(crate::gateway::SOON);
}
