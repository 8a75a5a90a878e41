//! Logins, through the gateway: what callers and operators see of them.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::peers::{AuthorizationServer, ResourceServer, log_in, parameter, visit};
use crate::gateway::{Finished, Gateway, Launch, binary, entry, fixture, server_in, wait_until};

struct Scene {
    authorization: AuthorizationServer,
    resource: ResourceServer,
    folder: TempDir,
    oauth: Value,
}

impl Scene {
    fn new(flags: &[&str], oauth: Value) -> Self {
        let authorization = AuthorizationServer::start(flags);
        let resource = ResourceServer::start(&authorization);
        Self {
            authorization,
            resource,
            folder: TempDir::new().unwrap(),
            oauth,
        }
    }

    fn config(&self) -> Value {
        json!({"mcpServers": {
            "local": entry(&fixture(&[])),
            "secured": {
                "type": "streamable-http",
                "url": self.resource.url().as_str(),
                "oauth": self.oauth,
            },
        }})
    }

    fn launch(&self) -> Launch {
        Launch::new()
            .key("top-secret")
            .flags(["--log-level", "debug", "--start-wait", "2s"])
            .flags(["--token-dir", self.folder.path().to_str().unwrap()])
            .config(&self.config())
    }

    fn token_file(&self) -> PathBuf {
        crate::oauth::peers::token_file(self.folder.path())
    }

    /// A gateway to whose server somebody has logged in.
    fn logged_in(&self) -> Gateway {
        let gateway = self.launch().start();
        visit(&log_in(&login_url(&gateway))).expect(200);
        wait_for_state(&gateway, "ready");
        gateway
    }

    /// Runs `viceversa login` with a line on its standard input.
    fn login(&self, arguments: &[&str], paste: impl FnOnce(&str) -> String) -> Finished {
        let file = self.folder.path().join("config.json");
        std::fs::write(&file, self.config().to_string()).unwrap();
        let mut command = binary();
        command
            .args(["login", "secured", "--no-browser", "--config"])
            .arg(file)
            .arg("--token-dir")
            .arg(self.folder.path())
            .args(arguments)
            .stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut lines =
            std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
        let mut stderr = String::new();
        let url = lines.by_ref().map_while(Result::ok).find_map(|line| {
            stderr.push_str(&line);
            stderr.push('\n');
            line.trim()
                .starts_with("http")
                .then(|| line.trim().to_owned())
        });
        let line = paste(&url.unwrap_or_else(|| panic!("no URL:\n{stderr}")));
        writeln!(stdin, "{line}").unwrap();
        for line in lines.map_while(Result::ok) {
            stderr.push_str(&line);
            stderr.push('\n');
        }
        let status = child.wait().unwrap();
        Finished {
            code: status.code(),
            stdout: String::new(),
            stderr,
        }
    }
}

fn wait_for_state(gateway: &Gateway, state: &str) {
    wait_until(&format!("the server is {state}"), || {
        gateway.state_of("secured") == state
    });
}

/// Where `/status` says that somebody must log in.
fn login_url(gateway: &Gateway) -> String {
    let mut url = None;
    wait_until("a login is required", || {
        let status = gateway.get("/status").expect(200).json();
        url = server_in(&status, "secured")
            .and_then(|server| server["loginUrl"].as_str().map(str::to_owned));
        url.is_some()
    });
    url.unwrap()
}

fn whoami(gateway: &Gateway) -> Value {
    gateway.value("/secured/whoami", &json!({}))
}

#[test]
fn a_server_that_wants_a_login_keeps_nobody_waiting() {
    let scene = Scene::new(&[], json!({}));
    let gateway = scene.launch().start();
    let url = login_url(&gateway);
    assert_eq!(gateway.state_of("secured"), "login required");
    gateway.wait_for_log(&url);
    gateway.call("/local/echo_raw", &json!({})).expect(200);

    let began = Instant::now();
    let refused = gateway.call("/secured/whoami", &json!({})).expect(503);
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "it is not waited for"
    );
    let detail = refused.detail();
    assert_eq!(detail["state"], "login required");
    assert!(
        detail["message"].as_str().unwrap().contains("/status"),
        "{detail}"
    );
    assert!(!refused.text().contains("http://"), "{refused}");

    let callback = log_in(&url);
    let page = visit(&callback).expect(200);
    assert!(page.text().contains("Logged in"), "{page}");
    wait_for_state(&gateway, "ready");
    assert_eq!(whoami(&gateway), "alice: read");
    let status = gateway.get("/status").expect(200).json();
    assert_eq!(server_in(&status, "secured").unwrap().get("loginUrl"), None);
    visit(&callback).expect(404);
}

#[test]
fn a_restart_needs_no_other_login_and_nothing_secret_is_shown() {
    let scene = Scene::new(&[], json!({"scopes": "read offline_access"}));
    let first = scene.launch().start();
    let callback = log_in(&login_url(&first));
    visit(&callback).expect(200);
    wait_for_state(&first, "ready");
    let text = std::fs::read_to_string(scene.token_file()).unwrap();
    let mode = scene.token_file().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let record: Value = serde_json::from_str(&text).unwrap();
    let tokens = &record["credentials"]["token_response"];
    let status = first.get("/status").text();
    for secret in ["access_token", "refresh_token"] {
        let secret = tokens[secret].as_str().unwrap();
        assert!(!first.log().contains(secret), "{secret} in the log");
        assert!(!status.contains(secret), "{secret} in the status");
    }
    assert!(!first.log().contains(&parameter(&callback, "code")));
    drop(first);

    let second = scene.launch().start();
    wait_for_state(&second, "ready");
    assert!(whoami(&second).as_str().unwrap().starts_with("alice: "));
    assert_eq!(scene.authorization.grants("authorization_code"), 1);
}

#[test]
fn a_port_of_this_machine_is_open_as_long_as_a_login_is_awaited() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let scene = Scene::new(&[], json!({"callback_port": port}));
    let gateway = scene.launch().start();
    let url = login_url(&gateway);
    assert!(
        url.contains(&format!("localhost%3A{port}%2Fcallback")),
        "{url}"
    );
    let callback = log_in(&url);
    wait_until("the port is open", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    visit(&callback).expect(200);
    wait_for_state(&gateway, "ready");
    wait_until("the port is closed", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_err()
    });
}

#[test]
fn a_pasted_callback_logs_in_before_the_gateway_starts() {
    let scene = Scene::new(&[], json!({"use_loopback": false}));
    let login = scene.login(&[], |url| log_in(url).to_string());
    assert_eq!(login.code, Some(0), "{login:?}");
    let gateway = scene.launch().start();
    wait_for_state(&gateway, "ready");
    assert_eq!(whoami(&gateway), "alice: read");
}

#[test]
fn a_gateway_that_runs_takes_over_what_another_process_has_logged_in() {
    let scene = Scene::new(&[], json!({"use_loopback": false}));
    let gateway = scene.launch().start();
    let shown = login_url(&gateway);
    let login = scene.login(&[], |url| {
        assert_eq!(url, shown, "there is one login, whoever asks for it");
        log_in(url).to_string()
    });
    assert_eq!(login.code, Some(0), "{login:?}");
    wait_for_state(&gateway, "ready");
    assert_eq!(whoami(&gateway), "alice: read");
}

#[test]
fn a_callback_may_come_to_another_replica() {
    let outside = "https://gateway.example/oauth/callback";
    let scene = Scene::new(&[], json!({"redirect_uri": outside}));
    let (one, other) = (scene.launch().start(), scene.launch().start());
    let url = login_url(&one);
    wait_until("both ask for the same login", || login_url(&other) == url);
    let mut callback = log_in(&url);
    assert!(callback.as_str().starts_with(outside));
    callback.set_scheme("http").unwrap();
    callback.set_ip_host(other.address.ip()).unwrap();
    callback.set_port(Some(other.address.port())).unwrap();
    visit(&callback).expect(200);
    for gateway in [&one, &other] {
        wait_for_state(gateway, "ready");
        assert_eq!(whoami(gateway), "alice: read");
    }
    assert_eq!(scene.authorization.grants("authorization_code"), 1);
}

#[test]
fn a_login_that_was_refused_says_so() {
    let scene = Scene::new(&[], json!({"use_loopback": false}));
    scene.authorization.deny();
    let login = scene.login(&[], |url| log_in(url).to_string());
    assert_eq!(login.code, Some(77), "{login:?}");
    assert!(login.stderr.contains("The user said no"), "{login:?}");
}

#[test]
fn tokens_are_renewed_while_calls_go_on() {
    let scene = Scene::new(&["--token-lifetime", "6"], json!({}));
    let gateway = scene.logged_in();
    let calls = scene.authorization.grants("refresh_token") + 2;
    wait_until("tokens were renewed twice", || {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(whoami(&gateway), "alice: read"));
            }
        });
        scene.authorization.grants("refresh_token") >= calls
    });
    assert_eq!(scene.authorization.grants("authorization_code"), 1);
}

#[test]
fn a_call_that_is_refused_for_its_token_is_made_again_with_a_new_one() {
    let scene = Scene::new(&[], json!({}));
    let gateway = scene.logged_in();
    assert_eq!(whoami(&gateway), "alice: read");
    scene.resource.refuse();
    assert_eq!(whoami(&gateway), "alice: read");
    assert_eq!(scene.authorization.grants("refresh_token"), 1);
}

#[test]
fn a_login_that_was_taken_back_is_asked_for_again() {
    let scene = Scene::new(&[], json!({}));
    let gateway = scene.logged_in();
    scene.authorization.forget();
    scene.resource.refuse();
    gateway.call("/secured/whoami", &json!({})).expect(503);
    wait_for_state(&gateway, "login required");
    visit(&log_in(&login_url(&gateway))).expect(200);
    wait_for_state(&gateway, "ready");
    assert_eq!(whoami(&gateway), "alice: read");
}

#[test]
fn a_call_on_a_connection_of_its_own_says_too_that_a_login_is_required() {
    let scene = Scene::new(&[], json!({}));
    let mut config = scene.config();
    config["mcpServers"]["secured"]["protocolVersion"] = json!("2025-11-25");
    let gateway = scene.launch().config(&config).start();
    visit(&log_in(&login_url(&gateway))).expect(200);
    wait_for_state(&gateway, "ready");
    scene.authorization.forget();
    scene.resource.refuse();
    let call = gateway.request("POST", "/secured/whoami");
    let call = call.header("Content-Type", "application/vnd.mcp.call+json");
    let refused = call.body(r#"{"arguments":{}}"#).send().expect(503);
    assert!(refused.text().contains("log in"), "{refused}");
}

#[test]
fn a_call_that_needs_more_rights_asks_for_a_login_and_leaves_others_alone() {
    let scene = Scene::new(&[], json!({}));
    let gateway = scene.logged_in();
    let refused = gateway.call("/secured/write", &json!({})).expect(503);
    assert!(refused.text().contains("log in"), "{refused}");
    let url = login_url(&gateway);
    let scopes = parameter(&Url::parse(&url).unwrap(), "scope");
    for scope in ["read", "write"] {
        assert!(scopes.split(' ').any(|asked| asked == scope), "{scopes}");
    }
    assert_eq!(gateway.state_of("secured"), "ready");
    assert_eq!(whoami(&gateway), "alice: read");

    visit(&log_in(&url)).expect(200);
    assert_eq!(gateway.value("/secured/write", &json!({})), "written");
    assert_eq!(whoami(&gateway), "alice: read write");
}

#[test]
fn a_trusted_client_needs_no_login() {
    let scene = Scene::new(
        &[],
        json!({
            "grant_type": "client_credentials",
            "client_id": "machine",
            "client_secret": "machine-secret",
            "scopes": ["read"],
        }),
    );
    let gateway = scene.launch().start();
    wait_for_state(&gateway, "ready");
    assert_eq!(whoami(&gateway), "machine: read");
    assert!(!gateway.log().contains("machine-secret"));
}

#[test]
fn an_authorization_server_that_registers_nobody_is_explained() {
    let scene = Scene::new(&["--no-registration"], json!({}));
    let gateway = scene.launch().start();
    gateway.wait_for_log("`client_id`");
    wait_for_state(&gateway, "failed");
}

#[test]
fn a_callback_goes_to_nobody_who_does_not_await_it() {
    let scene = Scene::new(&[], json!({}));
    let gateway = scene.launch().start();
    let awaited = log_in(&login_url(&gateway));
    let mut forged = Url::parse(&format!("http://{}/oauth/callback", gateway.address)).unwrap();
    forged.set_query(Some("code=mine&state=guessed"));
    visit(&forged).expect(404);
    assert_eq!(gateway.state_of("secured"), "login required");
    visit(&awaited).expect(200);
}
