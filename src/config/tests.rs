use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::cli::arguments::parse_from;
use crate::config::access::{Access, CorsConfig};
use crate::config::auth::CredentialConfig;
use crate::config::auth::KeyProof;
use crate::config::mcp::ReplicaConfig;
use crate::config::reader::ConfigReader;
use crate::config::server::{ProtocolVersion, StdioConfig, UpstreamConfig};
use crate::gateway::ArgumentOverride;
use crate::upstream::remote::Transport;
use url::Url;

/// A folder with files, in which command lines are tried.
pub(super) struct Scene {
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
        }
    }

    pub(super) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.folder.path().join(name), content).unwrap();
        self
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, self.expand(value)));
        self
    }

    /// `@` stands for the folder.
    fn expand(&self, text: &str) -> String {
        text.replace('@', &format!("{}/", self.folder.path().display()))
    }

    pub(super) fn load(&self, line: &str) -> Result<Config, ConfigError> {
        let words = line
            .split_whitespace()
            .map(|word| OsString::from(self.expand(word)));
        let arguments = parse_from(std::iter::once("viceversa".into()).chain(words)).unwrap();
        let environment = self.environment.iter().cloned().collect();
        ConfigReader::new(arguments.serve, environment).read_blocking()
    }

    /// The error as a user sees it, but for the folder.
    pub(super) fn message(&self, line: &str) -> String {
        match self.load(line) {
            Ok(_) => panic!("this was accepted: {line}"),
            Err(error) => self.hidden(&format!("{error} [exit {}]", error.exit_code())),
        }
    }

    pub(super) fn hidden(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

/// Reads a document without flags and variables.
pub(super) fn of_document(document: Document) -> Result<Config, ConfigError> {
    let source = Source {
        servers: ServerSource::Config(document),
        environment: Environment::default(),
        env: Variables::new(),
        env_file: Variables::new(),
    };
    Config::new(
        &ServeArguments::default(),
        source,
        &Arc::default(),
        Vec::new(),
    )
}

fn config(text: &str) -> Result<Config, ConfigError> {
    Scene::new()
        .file("config.json", text)
        .load("--config @config.json")
}

fn only_server(text: &str) -> (ServerConfig, StdioConfig) {
    let config = config(text).unwrap();
    let (_, server) = config.servers.into_iter().next().unwrap();
    let UpstreamConfig::Stdio(stdio) = server.upstream.clone() else {
        panic!("a program")
    };
    (server, stdio)
}

/// Callers have these keys, which a flag or variable gives.
fn of_keys<const N: usize>(keys: [&str; N]) -> Access {
    Access::Credentials(CredentialConfig::of_secrets(keys.map(Secret::new)))
}

#[test]
fn a_config_of_mcpo_is_read() {
    let config = config(
        r#"{
          "mcpServers": {
            "memory": {
              "command": "npx",
              "args": ["-y", "@modelcontextprotocol/server-memory"]
            },
            /* a comment */
            "time": {
              "command": "uvx",
              "args": ["mcp-server-time", "--local-timezone=America/New_York"],
              "env": {"A": "b", "N": 5, "T": true, "NONE": null},
              "disabledTools": ["convert_time"], // Disable specific tools if needed
            },
            "off": { "disabled": true, "type": "sse", "url": "http://x", "oauth": {} },
          },
        }"#,
    )
    .unwrap();
    assert_eq!(config.layout, Layout::Many);
    let names: Vec<_> = config.servers.keys().map(ServerName::as_str).collect();
    assert_eq!(names, ["memory", "time"]);
    assert_eq!(config.disabled, ["off"]);
    assert_eq!(config.warnings, []);
    let time = &config.servers["time"];
    assert!(time.disabled_tools.contains("convert_time"));
    let UpstreamConfig::Stdio(stdio) = &time.upstream else {
        panic!("a program")
    };
    assert_eq!(stdio.command, "uvx");
    assert_eq!(
        stdio.args,
        ["mcp-server-time", "--local-timezone=America/New_York"]
    );
    let value = |name| stdio.environment.get(name).map(Secret::reveal);
    assert_eq!(
        ["A", "N", "T", "NONE"].map(value),
        [Some("b"), Some("5"), Some("true"), None]
    );
}

#[test]
fn all_keys_of_a_server_are_read() {
    let (server, stdio) = only_server(
        r#"{"mcpServers": {"a": {
            "type": "stdio", "command": "x", "cwd": "/", "disabled": false,
            "disabled_tools": ["t"], "inheritEnv": ["LANG"], "startTimeout": "5m",
            "callTimeout": 20, "maxCallTimeout": "1h", "maxLineSize": "1MiB",
            "protocolVersion": "2025-03-26", "title": "T", "description": "D", "version": "3",
            "client_header_forwarding": {"enabled": false, "whitelist": ["x"]},
            "isolation": "session", "discovery": "search",
            "tools": {"now": {"name": "time", "description": "Tells the time.", "arguments": {
                "zone": {"fixed": "UTC"}, "debug": {"hidden": true}, "shown": {"hidden": false}
            }}, "later": null}
        }}}"#,
    );
    insta::assert_debug_snapshot!((server, stdio.args));
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let mut config = Scene::new().load("-- uvx mcp-server-time").unwrap();
    // What says so has tests of its own.
    config.settings.clear();
    insta::assert_debug_snapshot!(config);
}

#[test]
fn a_command_of_our_own_is_served_with_global_settings() {
    let settings = Settings::default();
    let environment = [("VICEVERSA_PORT", "7")].into_iter().collect();
    let command = vec!["viceversa".into(), "demo-server".into()];
    let name: ServerName = "demo".parse().unwrap();
    let config = Config::for_command(name.clone(), command, &settings, &environment).unwrap();
    assert_eq!(config.gateway.fixed.listen.port, 7);
    let UpstreamConfig::Stdio(stdio) = &config.servers[&name].upstream else {
        panic!("a program")
    };
    assert_eq!(
        (stdio.command.to_str(), stdio.args.len()),
        (Some("viceversa"), 1)
    );
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let text = r#"{"mcpServers": {"a": {"command": "x"}},
        "gateway": {"port": 1, "callTimeout": "1s", "validate": "off", "host": "::1"}}"#;
    let scene = Scene::new()
        .file("config.json", text)
        .variable("VICEVERSA_PORT", "2")
        .variable("VICEVERSA_CALL_TIMEOUT", "2s");
    let gateway = scene
        .load("--config @config.json --port 3")
        .unwrap()
        .gateway;
    assert_eq!(gateway.fixed.listen.port, 3);
    assert_eq!(gateway.live.calls.timeout.as_secs(), 2);
    assert_eq!(
        gateway.live.calls.validation,
        crate::schema::Validation::Off
    );
    assert_eq!(gateway.fixed.listen.host.to_string(), "::1");
}

#[test]
fn mcpos_variables_are_understood_and_ours_win() {
    let scene = Scene::new()
        .variable("MCPO_API_KEY", "theirs")
        .variable("MCPO_PORT", "1")
        .variable("CONNECTION_TIMEOUT", "900")
        .variable("LOG_LEVEL", "debug");
    let gateway = scene.load("-- x").unwrap().gateway;
    assert_eq!(gateway.live.auth.access, of_keys(["theirs"]));
    assert_eq!(gateway.fixed.listen.port, 1);
    assert_eq!(gateway.live.calls.timeout.as_secs(), 900);
    assert_eq!(gateway.live.calls.max_timeout.as_secs(), 900);
    assert_eq!(gateway.live.log_filter.directives(), "debug");

    let scene = scene
        .variable("VICEVERSA_API_KEY", "ours")
        .variable("VICEVERSA_PORT", "2")
        .variable("VICEVERSA_LOG_LEVEL", "error");
    let gateway = scene.load("-- x").unwrap().gateway;
    assert_eq!(gateway.live.auth.access, of_keys(["ours"]));
    assert_eq!(gateway.fixed.listen.port, 2);
    assert_eq!(gateway.live.log_filter.directives(), "error");
}

#[test]
fn fastmcps_variables_are_understood_and_all_others_win() {
    let scene = Scene::new()
        .variable("FASTMCP_HOST", "::1")
        .variable("FASTMCP_PORT", "1")
        .variable("FASTMCP_LOG_LEVEL", "DEBUG")
        .variable("FASTMCP_SSE_PATH", "/sse/")
        .variable("FASTMCP_MESSAGE_PATH", "/my/messages/")
        .variable("FASTMCP_TRANSPORT", "sse");
    let config = scene.load("-- x").unwrap();
    assert_eq!(config.warnings, []);
    assert!(!config.wants_stdio);
    let gateway = config.gateway;
    assert_eq!(gateway.fixed.listen.host.to_string(), "::1");
    assert_eq!(gateway.fixed.listen.port, 1);
    assert_eq!(gateway.live.log_filter.directives(), "debug");
    assert_eq!(gateway.fixed.endpoints.sse_path.as_str(), "/sse");
    assert_eq!(
        gateway.fixed.endpoints.message_path.as_str(),
        "/my/messages"
    );

    let scene = scene
        .variable("VICEVERSA_HOST", "127.0.0.1")
        .variable("MCPO_PORT", "2")
        .variable("LOG_LEVEL", "error")
        .variable("VICEVERSA_SSE_PATH", "/events");
    let gateway = scene.load("-- x").unwrap().gateway;
    assert_eq!(gateway.fixed.listen.host.to_string(), "127.0.0.1");
    assert_eq!(gateway.fixed.listen.port, 2);
    assert_eq!(gateway.live.log_filter.directives(), "error");
    assert_eq!(gateway.fixed.endpoints.sse_path.as_str(), "/events");
}

#[test]
fn fastmcps_transport_asks_for_stdio_or_changes_nothing() {
    for (value, wants_stdio) in [
        ("stdio", true),
        ("STDIO", true),
        ("sse", false),
        ("streamable-http", false),
        ("http", false),
        ("", false),
    ] {
        let scene = Scene::new().variable("FASTMCP_TRANSPORT", value);
        let config = scene.load("-- x").unwrap();
        assert_eq!(config.wants_stdio, wants_stdio, "{value}");
        assert_eq!(config.warnings, [], "{value}");
    }
    let scene = Scene::new()
        .file(".env", "FASTMCP_TRANSPORT=stdio\n")
        .variable("FASTMCP_LOG_LEVEL", "loud");
    let config = scene.load("--env-path @.env -- x").unwrap();
    assert!(config.wants_stdio);
    insta::assert_snapshot!(config.warnings[0], @"the environment variable FASTMCP_LOG_LEVEL is not used: it is not a log level; write DEBUG, INFO, WARNING, ERROR or CRITICAL");
    let scene = Scene::new().variable("FASTMCP_TRANSPORT", "stido");
    let config = scene.load("-- x").unwrap();
    assert!(!config.wants_stdio);
    insta::assert_snapshot!(config.warnings[0], @"the environment variable FASTMCP_TRANSPORT is not used: it must be one of `stdio`, `sse` or `streamable-http`; did you mean `stdio`?");
}

#[test]
fn all_settings_for_mcp_callers_are_read() {
    let key = "0123456789abcdef0123456789abcdef";
    let gateway = format!(
        r#"{{"mcpServers": {{"a": {{"command": "x"}}}}, "gateway": {{
            "nameSeparator": "-", "discovery": "search", "sessionIdleTimeout": "1h",
            "maxSessions": 5, "resumeWait": 0, "sessionKey": "{key}", "replica": "a",
            "peers": ["b=http://10.0.0.2:8000", "c=https://c.example.com/gateway"],
            "ssePath": "events/", "messagePath": "/events/messages"}}}}"#
    );
    let GatewayConfig { fixed, live } = config(&gateway).unwrap().gateway;
    let mut replica = fixed.replica;
    let peers = std::mem::take(&mut replica.peers).into_iter();
    let peers: Vec<_> = peers.map(|(name, url)| format!("{name} {url}")).collect();
    let expected = ["b http://10.0.0.2:8000/", "c https://c.example.com/gateway"];
    assert_eq!(peers, expected);
    insta::assert_debug_snapshot!((replica, fixed.endpoints, live.mcp));
    let scene = Scene::new()
        .file("key", format!("{key}\n"))
        .file("config.json", gateway)
        .variable("VICEVERSA_SESSION_KEY_FILE", "@key")
        .variable("VICEVERSA_PEERS", "b=http://b,c=http://c");
    let replica = |line: &str| scene.load(line).unwrap().gateway.fixed.replica;
    let peers = |replica: ReplicaConfig| -> Vec<String> {
        replica.peers.values().map(Url::to_string).collect()
    };
    assert_eq!(
        replica("--replica a -- x").session_key,
        Some(Secret::new(key))
    );
    let line =
        "--config @config.json --session-key-file @key --peers d=http://d --peers e=http://e";
    assert_eq!(peers(replica(line)), ["http://d/", "http://e/"]);
    assert_eq!(
        peers(replica("--config @config.json")),
        ["http://b/", "http://c/"]
    );
}

#[test]
fn a_config_file_can_be_named_by_the_environment_and_a_command_wins_over_it() {
    let scene = Scene::new()
        .file("config.json", r#"{"mcpServers": {"a": {"command": "x"}}}"#)
        .variable("VICEVERSA_CONFIG", "@config.json");
    assert_eq!(scene.load("").unwrap().layout, Layout::Many);
    let config = scene.load("-- x").unwrap();
    assert!(matches!(config.layout, Layout::Single(_)));
    insta::assert_snapshot!(config.warnings[0], @"the environment variable VICEVERSA_CONFIG is not used, since a command is given after `--`");
}

#[test]
fn a_command_can_stand_in_the_environment_and_what_the_command_line_names_wins_over_it() {
    let scene = Scene::new()
        .file("config.json", r#"{"mcpServers": {"a": {"command": "x"}}}"#)
        .variable(
            "VICEVERSA_COMMAND",
            r#"uvx mcp-server-x --name "two words""#,
        );
    let served = |line: &str| {
        let config = scene.load(line).unwrap();
        let UpstreamConfig::Stdio(stdio) = &config.servers[0].upstream else {
            panic!("a program")
        };
        let words = std::iter::once(&stdio.command).chain(&stdio.args);
        let words: Vec<String> = words
            .map(|word| word.to_str().unwrap().to_owned())
            .collect();
        (words.join("|"), config)
    };
    let (words, config) = served("");
    assert_eq!(words, "uvx|mcp-server-x|--name|two words");
    assert!(matches!(&config.layout, Layout::Single(name) if name.as_str() == "mcp-server-x"));
    assert_eq!(config.warnings.len(), 0, "{:?}", config.warnings);
    assert_eq!(served("-- y z").0, "y|z");
    let (words, config) = served("--config @config.json");
    assert_eq!(words, "x");
    insta::assert_snapshot!(config.warnings[0], @"the environment variable VICEVERSA_COMMAND is not used, since --config is given");

    let scene = Scene::new()
        .file(".env", "VICEVERSA_COMMAND=https://example.com/mcp\n")
        .variable("VICEVERSA_TYPE", "sse")
        .variable("VICEVERSA_HEADER", r#"{"X-Key": "k"}"#);
    let config = scene.load("--env-path @.env").unwrap();
    let UpstreamConfig::Remote(remote) = &config.servers[0].upstream else {
        panic!("a remote server")
    };
    assert_eq!(remote.url.as_str(), "https://example.com/mcp");
    assert_eq!(remote.transport, Transport::Sse);
    assert_eq!(remote.headers[0].reveal(), "k");
}

#[test]
fn a_document_in_the_place_of_a_program_or_server_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new().file("pets.yaml", "openapi: 3.1.0");
    let error = scene.load("-- @pets.yaml").unwrap_err();
    assert_eq!(error.exit_code(), 64);
    insta::assert_snapshot!(scene.hidden(&error.to_string()), @"pets.yaml is no program, but looks like an OpenAPI document; put `--type openapi` before `--` to serve the REST API that it describes, or `--config` for a config of servers");
    // What can be run is, whatever its name.
    let program = fs::Permissions::from_mode(0o755);
    fs::set_permissions(scene.path("pets.yaml"), program).unwrap();
    assert!(scene.load("-- @pets.yaml").is_ok());

    let config = scene.load("-- https://x/v1/openapi.json").unwrap();
    insta::assert_snapshot!(config.warnings[0], @"the URL after `--` looks like that of an OpenAPI document; if it is one, put `--type openapi` before `--`");
    assert_eq!(scene.load("-- https://x/mcp").unwrap().warnings, []);
}

#[test]
fn who_is_let_in_depends_on_keys_and_address() {
    let keys = || of_keys(["key"]);
    for (line, host, access, cors) in [
        (
            "-- x",
            "127.0.0.1",
            Access::ThisMachine,
            CorsConfig::SameOrigin,
        ),
        (
            "--allow-unauthenticated -- x",
            "127.0.0.1",
            Access::ThisMachine,
            CorsConfig::SameOrigin,
        ),
        (
            "--host localhost -- x",
            "localhost",
            Access::ThisMachine,
            CorsConfig::SameOrigin,
        ),
        (
            "--host 0.0.0.0 -- x",
            "0.0.0.0",
            Access::GeneratedKey,
            CorsConfig::Any,
        ),
        (
            "--host host.invalid -- x",
            "host.invalid",
            Access::GeneratedKey,
            CorsConfig::Any,
        ),
        (
            "--host :: --allow-unauthenticated -- x",
            "::",
            Access::Everybody,
            CorsConfig::SameOrigin,
        ),
        ("--api-key key -- x", "0.0.0.0", keys(), CorsConfig::Any),
        (
            "--api-key key --host ::1 -- x",
            "::1",
            keys(),
            CorsConfig::Any,
        ),
        (
            "--api-key key --allow-unauthenticated -- x",
            "0.0.0.0",
            keys(),
            CorsConfig::Any,
        ),
    ] {
        let gateway = Scene::new().load(line).unwrap().gateway;
        assert_eq!(gateway.fixed.listen.host.to_string(), host, "{line}");
        assert_eq!(gateway.live.auth.access, access, "{line}");
        assert_eq!(gateway.live.auth.cors, cors, "{line}");
    }
    let line = "--cors-allow-origins https://a.com,https://a.com/ -- x";
    let cors = Scene::new().load(line).unwrap().gateway.live.auth.cors;
    assert_eq!(
        cors,
        CorsConfig::Listed(vec!["https://a.com".parse().unwrap()])
    );
}

#[test]
fn variables_for_servers_come_from_the_environment_too() {
    let scene = Scene::new().variable("VICEVERSA_ENV", "A=1\nB=x=y\n\nC=3\r\n");
    let config = scene.load("-e A=2 -- x").unwrap();
    let (_, server) = config.servers.into_iter().next().unwrap();
    let UpstreamConfig::Stdio(stdio) = server.upstream else {
        panic!("it is a program");
    };
    let value = |name| stdio.environment.get(name).map(Secret::reveal);
    assert_eq!(
        ["A", "B", "C"].map(value),
        [Some("2"), Some("x=y"), Some("3")]
    );
    let wrong = Scene::new().variable("VICEVERSA_ENV", "A=1\ntop-secret");
    insta::assert_snapshot!(wrong.message("-- x"), @"the environment variable VICEVERSA_ENV can't be used: it is not a name, `=` and a value [exit 78]");
}

#[test]
fn a_permission_that_is_not_needed_is_told() {
    let warnings = |line| Scene::new().load(line).unwrap().warnings;
    insta::assert_snapshot!(warnings("--allow-unauthenticated -- x")[0], @"--allow-unauthenticated is not needed on a loopback address, and has no effect: without a key this machine's own programs are served, and web pages of others are not; leave it out, or name another --host");
    for line in [
        "-- x",
        "--allow-unauthenticated=false -- x",
        "--host localhost -- x",
    ] {
        assert_eq!(warnings(line), [], "{line}");
    }
}

#[test]
fn a_key_that_is_overridden_opens_nothing() {
    let scene = Scene::new()
        .file("key", "from-file\n")
        .variable("VICEVERSA_API_KEY", "old")
        .variable("VICEVERSA_API_KEY_FILE", "@key");
    let keys = |line| match scene.load(line).unwrap().gateway.live.auth.access {
        Access::Credentials(CredentialConfig { keys, .. }) => {
            let secrets = keys.iter().map(|key| match &key.proof {
                KeyProof::Plain(secret) => secret.reveal().to_owned(),
                KeyProof::Sha256(_) => panic!("a hash"),
            });
            secrets.collect()
        }
        other => panic!("{other:?}"),
    };
    let none: Vec<String> = keys("--api-key new -- x");
    assert_eq!(none, ["new"]);
    // While a key is changed, the old and the new one can be given side by side.
    let both: Vec<String> = keys("-- x");
    assert_eq!(both, ["old", "from-file"]);
}

#[test]
fn an_empty_key_never_opens_the_door() {
    let scene = Scene::new().variable("VICEVERSA_API_KEY", "");
    let config = scene.load("--host 0.0.0.0 -- x").unwrap();
    assert_eq!(config.gateway.live.auth.access, Access::GeneratedKey);
    insta::assert_snapshot!(config.warnings[0], @"the environment variable VICEVERSA_API_KEY is empty, and counts as not set; give a key, or remove the variable");
}

#[cfg(unix)]
#[test]
fn a_key_file_that_everybody_can_read_gives_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new().file("key", "k\r\n");
    let file = scene.folder.path().join("key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let config = scene.load("--api-key-file @key -- x").unwrap();
    assert_eq!(config.gateway.live.auth.access, of_keys(["k"]));
    insta::assert_snapshot!(scene.hidden(&config.warnings[0].to_string()), @"other users of this machine can read the key file key (mode 644); run `chmod 600` on it");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(scene.load("--api-key-file @key -- x").unwrap().warnings, []);
}

#[test]
fn a_child_inherits_our_environment_less_what_is_our_own() {
    let scene = Scene::new()
        .file(
            ".env",
            "FROM_FILE=file\nPATH=/file\nFLAG=file\nMCPO_API_KEY=secret\n",
        )
        .file(
            "config.json",
            r#"{"mcpServers": {
                "all": {"command": "x", "env": {"OWN": "own", "FLAG2": "own"}},
                "few": {"command": "x", "inheritEnv": ["LIKED"]},
                "base": {"command": "x", "inheritEnv": false}
            }}"#,
        );
    let config = scene
        .load("--config @config.json --env-path @.env --env FLAG=flag --env FLAG2=flag")
        .unwrap();
    assert_eq!(config.gateway.live.auth.access, of_keys(["secret"]));
    let ours = [
        ("PATH", "/ours"),
        ("LIKED", "1"),
        ("OTHER", "1"),
        ("VICEVERSA_API_KEY", "secret"),
        ("VICEVERSA_PORT", "1"),
        ("MCPO_API_KEY", "secret"),
    ];
    let mut shown = String::new();
    for (name, server) in &config.servers {
        let UpstreamConfig::Stdio(stdio) = &server.upstream else {
            panic!("a program")
        };
        let ours = ours.map(|(name, value)| (name.into(), value.into()));
        writeln!(shown, "{name}: {:?}", stdio.environment.variables(ours)).unwrap();
    }
    insta::assert_snapshot!(shown, @r#"
    all: {"FLAG": "flag", "FLAG2": "own", "FROM_FILE": "file", "LIKED": "1", "OTHER": "1", "OWN": "own", "PATH": "/ours"}
    few: {"FLAG": "flag", "FLAG2": "flag", "FROM_FILE": "file", "LIKED": "1", "PATH": "/ours"}
    base: {"FLAG": "flag", "FLAG2": "flag", "FROM_FILE": "file", "PATH": "/ours"}
    "#);
}

#[test]
fn a_dollar_sign_in_an_env_file_gives_a_warning_where_it_is_replaced() {
    let content = "A=pa$word\nB='pa$word'\nC=${HOME}\nD=pa\\$word\n# $E=$F\nG=5$\n";
    let scene = Scene::new().file(".env", content);
    let warnings = scene.load("--env-path @.env -- x").unwrap().warnings;
    assert_eq!(warnings.len(), 1);
    insta::assert_snapshot!(scene.hidden(&warnings[0].to_string()), @".env:1: what follows `$` is taken as the name of a variable; put the value in single quotes to keep it as it is");
}

#[test]
fn foreign_keys_give_warnings_at_most() {
    let scene = Scene::new().file(
        "config.json",
        r#"{
          "$schema": "x", "inputs": [], "globalShortcut": "", "colour": 1,
          "mcpServers": {"a": {
            "command": "x", "autoApprove": [], "alwaysAllow": ["t"], "timeout": 60, "zzz": 1,
            "headers": {"A": "b"}, "args": ["$HOME", 8080]
          }}
        }"#,
    );
    let warnings = scene.load("--config @config.json").unwrap().warnings;
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(scene.hidden(&warnings.join("\n")), @r#"
    config.json:2:63: `colour`: this key is ignored: it means nothing here
    config.json:5:24: `mcpServers.a.headers`: this key is ignored: it is for remote servers; this one is a program, to which `env` can pass secrets
    config.json:4:70: `mcpServers.a.timeout`: this key is ignored: it is another program's; use `callTimeout`, such as "callTimeout": "60s"
    config.json:4:85: `mcpServers.a.zzz`: this key is ignored: it means nothing here
    "#);
}

#[test]
fn changes_are_followed_where_that_is_asked_for() {
    let scene = Scene::new()
        .file("config.json", r#"{"mcpServers": {"a": {"command": "x"}}, "gateway": {"hotReload": true, "pollInterval": "5m"}}"#)
        .file(".env", "A=1");
    let reload = scene.load("--config @config.json").unwrap().reload;
    assert_eq!(
        reload,
        ReloadConfig {
            hot_reload: true,
            poll_interval: Duration::from_mins(5)
        }
    );
    let reload = scene
        .load("--config @config.json --hot-reload=false --poll-interval 10ms")
        .unwrap()
        .reload;
    assert_eq!(
        reload,
        ReloadConfig {
            hot_reload: false,
            poll_interval: Duration::from_secs(1)
        }
    );
    let warnings = scene
        .load("--hot-reload --env-path @.env -- x")
        .unwrap()
        .warnings;
    assert_eq!(warnings, []);
    let warnings = scene.load("--hot-reload -- x").unwrap().warnings;
    insta::assert_snapshot!(warnings[0].to_string());
}

#[test]
fn unknown_variables_of_ours_give_a_warning() {
    let scene = Scene::new()
        .variable("VICEVERSA_POTR", "1")
        .variable("LOG_LEVEL", "loud");
    let warnings = scene.load("-- x").unwrap().warnings;
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @"
    the environment variable LOG_LEVEL is not used: it is not a log level; write DEBUG, INFO, WARNING, ERROR or CRITICAL
    there is no environment variable VICEVERSA_POTR; did you mean VICEVERSA_PORT?
    ");
}

#[test]
fn a_contradiction_is_told_where_its_settings_were_given() {
    let file = |gateway: &str| {
        let text = format!(
            "{{\"mcpServers\": {{\"a\": {{\"command\": \"x\"}}}},\n \"gateway\": {{{gateway}}}}}"
        );
        Scene::new().file("config.json", text)
    };
    let strict = r#""port": 1, "strictAuth": true"#;
    let messages = [
        file(strict).message("--config @config.json --public-docs"),
        file(strict)
            .variable("VICEVERSA_PUBLIC_DOCS", "true")
            .message("--config @config.json"),
        file(r#""callTimeout": "2m", "maxCallTimeout": "1m""#).message("--config @config.json"),
        file("")
            .variable("CONNECTION_TIMEOUT", "3600")
            .message("--config @config.json --max-call-timeout 1m"),
        file("").message("--config @config.json --strict-auth --public-docs"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r"
    config.json:2:25: `gateway.strictAuth`: --strict-auth (gateway.strictAuth) protects documents too, and --public-docs (gateway.publicDocs) opens them; leave one of them out (given by the config file's `gateway.strictAuth` and the flag --public-docs) [exit 78]
    config.json:2:25: `gateway.strictAuth`: --strict-auth (gateway.strictAuth) protects documents too, and --public-docs (gateway.publicDocs) opens them; leave one of them out (given by the config file's `gateway.strictAuth` and the environment variable VICEVERSA_PUBLIC_DOCS) [exit 78]
    config.json:2:14: `gateway.callTimeout`: --call-timeout (gateway.callTimeout) is longer than --max-call-timeout (gateway.maxCallTimeout); raise the latter, or lower the former [exit 78]
    --call-timeout (gateway.callTimeout) is longer than --max-call-timeout (gateway.maxCallTimeout); raise the latter, or lower the former (given by the environment variable CONNECTION_TIMEOUT and the flag --max-call-timeout) [exit 78]
    --strict-auth (gateway.strictAuth) protects documents too, and --public-docs (gateway.publicDocs) opens them; leave one of them out [exit 64]
    ");
}

#[test]
fn wrong_config_files_are_explained() {
    let server = |members: &str| format!("{{\"mcpServers\": {{\"time\": {{{members}}}}}}}");
    let named = |name: &str| format!("{{\"mcpServers\": {{{name:?}: {{\"command\": \"x\"}}}}}}");
    let gateway = |members: &str| {
        format!(
            "{{\"mcpServers\": {{\"a\": {{\"command\": \"x\"}}}},\n \"gateway\": {{{members}}}}}"
        )
    };
    let mut texts: Vec<String> = [
        "",
        "[]",
        "{",
        "{} {}",
        "{\"mcpServers\": {\"a\" {}}}",
        "// ein schöner Kommentar\n{\"mcpServers\": {\"ä\": nope}}",
        "/* never ends",
        "{ / }",
        "{}",
        "{\"mcpServers\": {}}",
        "{\"mcpServers\": null}",
        "{\"mcpServers\": []}",
        "{\"mcpservers\": {}}",
        "{\"mcpServer\": {}}",
        "{\"servers\": {\"a\": {\"command\": \"x\"}}}",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"disabled\": true}}}",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\"}, \"a\": {\"command\": \"y\"}}}",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\"}}, \"groups\": []}",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\"}}, \"mcpServers\": {}}",
        "{\"mcpServers\": {\"a\": \"uvx\"}}",
    ]
    .map(str::to_owned)
    .into();
    texts.extend(["", "a/b", "..", "health", " a", "a\u{7}"].map(named));
    texts.extend(
        [
            "",
            "\"command\": 5",
            "\"command\": \"\"",
            "\"command\": [\"uvx\", \"mcp-server-time\"]",
            "\"command\": \"a\\u0000b\"",
            "\"command\": \"x\", \"args\": \"--local-timezone=UTC\"",
            "\"command\": \"x\", \"args\": [\"a\", true]",
            "\"command\": \"x\", \"args\": [\"a\", [\"b\"]]",
            "\"command\": \"x\", \"env\": [\"A=b\"]",
            "\"command\": \"x\", \"env\": {\"A\": {}}",
            "\"command\": \"x\", \"env\": {\"A=B\": \"\"}",
            "\"command\": \"x\", \"env\": {\"A\": \"1\", \"\\u0041\": \"2\"}",
            "\"command\": \"x\", \"cwd\": \"/does/not/exist\"",
            "\"command\": \"x\", \"disabled\": \"yes\"",
            "\"command\": \"x\", \"disabledTools\": \"a\"",
            "\"command\": \"x\", \"disabledTools\": [1]",
            "\"command\": \"x\", \"disabledTools\": [], \"disabled_tools\": []",
            "\"command\": \"x\", \"inheritEnv\": \"no\"",
            "\"command\": \"x\", \"inheritEnv\": [\"A\", \"A=B\"]",
            "\"command\": \"x\", \"inheritEnv\": [\"\"]",
            "\"command\": \"x\", \"inheritEnv\": [1]",
            "\"command\": \"half \\ud800 pair\"",
            "\"command\": \"x\", \"env\": {\"\\ud800\": \"\"}",
            "\"command\": \"x\", \"disabledTools\": [\"a\\udc00\"]",
            "\"command\": \"x\", \"startTimeout\": \"soon\"",
            "\"command\": \"x\", \"callTimeout\": \"2m\", \"maxCallTimeout\": \"1m\"",
            "\"command\": \"x\", \"maxLineSize\": true",
            "\"command\": \"x\", \"protocolVersion\": \"2025-06-81\"",
            "\"comand\": \"x\"",
            "\"cmd\": \"x\"",
            "\"command\": \"x\",\n  \"arg\": []",
            "\"command\": \"x\", \"enabled\": false",
            "\"command\": \"x\", \"callTimout\": 5",
            "\"command\": \"x\", \"url\": \"http://x\"",
            "\"command\": \"x\", \"type\": \"sdtio\"",
            "\"type\": \"sse\"",
            "\"type\": \"sse\", \"url\": \"http://x\", \"command\": \"x\"",
            "\"type\": \"stdio\", \"url\": \"http://x\"",
            "\"url\": \"ftp://hush/\"",
            "\"url\": \"hush\"",
            "\"url\": \"http://x\", \"headers\": {\"A b\": \"hush\"}",
            "\"url\": \"http://x\", \"headers\": {\"A\": \"hush\\nhush\"}",
            "\"url\": \"http://x\", \"headers\": {\"A\": \"hush\", \"a\": \"hush\"}",
            "\"url\": \"http://x\", \"caFile\": \"/does/not/exist\"",
            "\"url\": \"http://x\", \"clientKey\": \"/does/not/exist\"",
            "\"url\": \"http://x\", \"connectTimeout\": \"soon\"",
            "\"type\": \"openapi\"",
            "\"url\": \"https://x\", \"oauth\": {\"server_ur\": 1}",
            "\"command\": \"x\", \"isolation\": \"sesion\"",
            "\"command\": \"x\", \"isolation\": true",
            "\"command\": \"x\", \"discovery\": \"all\"",
            "\"command\": \"x\", \"tools\": \"now\"",
            "\"command\": \"x\", \"tools\": {\"a\": \"b\"}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"name\": \"\"}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"name\": \"..\"}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"nmae\": \"b\"}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"title\": \"b\"}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"description\": 5}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"name\": \"c\"}, \"b\": {\"name\": \"c\"}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"name\": \"b\"}, \"b\": {}}",
            "\"command\": \"x\", \"tools\": {\"b\": {}, \"a\": {\"name\": \"b\"}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"arguments\": [\"b\"]}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"arguments\": {\"b\": \"hush\"}}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"arguments\": {\"b\": {}}}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"arguments\": {\"b\": {\"fixd\": 5}}}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"arguments\": {\"b\": {\"hidden\": \"yes\"}}}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"arguments\": {\"b\": {\"fixed\": 5, \"hidden\": true}}}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"arguments\": {\"b\": {\"fixed\": [{\"c\": 1, \"c\": 2}]}}}}",
            "\"command\": \"x\", \"tools\": {\"a\": {\"arguments\": {\"b\": {\"fixed\": [5, \"\\ud800\"]}}}}",
            "\"url\": \"http://x\", \"client_header_forwarding\": {\"whitelist\": [\"a b\"]}",
            "\"url\": \"http://x\", \"client_header_forwarding\": {\"enabeld\": true}",
            "\"url\": \"http://x\", \"client_header_forwarding\": {\"enabled\": true, \"credentialHeader\": \"Authorization\"}",
            "\"url\": \"http://x\", \"client_header_forwarding\": {\"enabled\": true, \"maxIdentities\": 0}",
            "\"command\": \"x\", \"client_header_forwarding\": true",
        ]
        .map(server),
    );
    texts.extend(
        [
            "\"prot\": 1",
            "\"colour\": 1",
            "\"port\": 70000",
            "\"port\": \"http\"",
            "\"host\": \"http://x\"",
            "\"callTimeout\": \"5 apples\"",
            "\"callTimeout\": {}",
            "\"maxBodySize\": 5",
            "\"validate\": \"of\"",
            "\"toolErrorStatus\": 200",
            "\"publicDocs\": 1",
            "\"apiKey\": \"\"",
            "\"apiKey\": \"hush hush\"",
            "\"apiKey\": [\"hush hush\"]",
            "\"apiKeyFile\": \"\"",
            "\"apiKeyFile\": \"/does/not/exist\"",
            "\"sslKeyfile\": \"/dev/null\",\n  \"sslCertfile\": \"/does/not/exist\"",
            "\"corsAllowOrigins\": [\"*\", \"https://a.com\"]",
            "\"corsAllowOrigins\": \"example.com\"",
            "\"corsAllowOrigins\": 5",
            "\"pathPrefix\": \"/a?b\"",
            "\"hotReload\": \"yes\"",
            "\"pollInterval\": 0",
            "\"nameSeparator\": \": \"",
            "\"discovery\": \"serach\"",
            "\"sessionIdleTimeout\": \"0s\"",
            "\"maxSessions\": 0",
            "\"resumeWait\": \"soon\"",
            "\"sessionKey\": \"hush\"",
            "\"sessionKey\": \"\"",
            "\"sessionKey\": \"hush\", \"sessionKeyFile\": \"hush\"",
            "\"sessionKeyFile\": \"/does/not/exist\"",
            "\"replica\": \"a b\"",
            "\"peers\": [\"b\"]",
            "\"peers\": \"b=ftp://hush\"",
            "\"peers\": [\"b=http://hush@b\"]",
            "\"peers\": {}",
            "\"peers\": [\"b=http://b\"]",
            "\"peers\": [\"b=http://b\"], \"replica\": \"a\"",
            "\"peers\": [\"b=http://b\"], \"replica\": \"b\"",
            "\"replica\": \"a\", \"peers\": [\"b=http://b\", \"b=http://c\"]",
            "\"ssePath\": \"/\"",
            "\"ssePath\": \"docs/sse\"",
            "\"ssePath\": \"/a?b\"",
            "\"ssePath\": \"/messages/\"",
            "\"messagePath\": \"/a/messages\"",
            "\"strictAuth\": false",
        ]
        .map(gateway),
    );
    let mut messages = String::new();
    for text in texts {
        let scene = Scene::new().file("config.json", &text);
        let message = scene.message("--config @config.json");
        assert!(!message.contains("hush"), "{message}");
        writeln!(messages, "{text}\n=> {message}\n").unwrap();
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn wrong_command_lines_and_variables_are_explained() {
    let scene = || {
        Scene::new()
            .file("config.json", r#"{"mcpServers": {"a": {"command": "x"}}}"#)
            .file("utf16.json", b"\xff\xfe{\0")
            .file("empty-key", "\n")
            .file("two-keys", "a\nb\n")
            .file("short-key", "hush\n")
            .file("bad.env", "GOOD=1\nthis is = no 'good line\n")
            .file("cert.pem", "")
    };
    let mut messages = String::new();
    for line in [
        "",
        "--",
        "--config @config.json -- x",
        "--config @missing.json",
        "--config @utf16.json",
        "--api-key-file @missing -- x",
        "--api-key-file @empty-key -- x",
        "--api-key-file @two-keys -- x",
        "--api-key= -- x",
        "--api-key schlüssel -- x",
        "--env-path @missing -- x",
        "--env-path @bad.env -- x",
        "--ssl-certfile @cert.pem -- x",
        "--ssl-keyfile @cert.pem -- x",
        "--ssl-certfile @cert.pem --ssl-keyfile @missing -- x",
        "--strict-auth --public-docs -- x",
        "--strict-auth=false -- x",
        "--call-timeout 2m --max-call-timeout 1m -- x",
        "--cors-allow-origins *,https://a.com -- x",
        "--type sse -- x",
        "--type streamable-http -- http://x y",
        "--type openapi -- http://x",
        "--header hush -- http://x",
        "--header {\"a\":7} -- http://x",
        "--header {\"a;\":\"hush\"} -- http://x",
        "--session-key hush -- x",
        "--session-key-file @short-key -- x",
        "--session-key-file @missing -- x",
        "--session-key hush --session-key-file @missing -- x",
        "--peers b=http://b -- x",
        "--peers b=http://b --replica a -- x",
        "--peers a=http://b --replica a -- x",
        "--peers b=http://b,b=http://c --replica a -- x",
        "--sse-path /events --message-path /events/ -- x",
    ] {
        writeln!(messages, "$ viceversa {line}\n{}\n", scene().message(line)).unwrap();
    }
    for (name, value) in [
        ("VICEVERSA_PORT", "http"),
        ("MCPO_PORT", "-1"),
        ("VICEVERSA_PUBLIC_DOCS", "perhaps"),
        ("VICEVERSA_CALL_TIMEOUT", "soon"),
        ("CONNECTION_TIMEOUT", "soon"),
        ("VICEVERSA_API_KEY", "a b"),
        ("VICEVERSA_TYPE", "sse"),
        ("VICEVERSA_HOT_RELOAD", "perhaps"),
        ("VICEVERSA_CORS_ALLOW_ORIGINS", "https://a.com,b"),
        ("VICEVERSA_SESSION_KEY", "hush"),
        ("VICEVERSA_PEERS", "b=http://b,hush"),
        ("VICEVERSA_PEERS", "b=http://b"),
        ("FASTMCP_PORT", "http"),
        ("FASTMCP_SSE_PATH", "/mcp/sse"),
        ("FASTMCP_MESSAGE_PATH", "/sse/"),
    ] {
        let message = scene().variable(name, value).message("-- x");
        writeln!(messages, "$ {name}={value} viceversa -- x\n{message}\n").unwrap();
    }
    for (name, value) in [
        ("VICEVERSA_COMMAND", "server 'hush"),
        ("VICEVERSA_COMMAND", " "),
    ] {
        let message = scene().variable(name, value).message("");
        writeln!(messages, "$ {name}={value:?} viceversa\n{message}\n").unwrap();
    }
    let both = scene()
        .variable("VICEVERSA_COMMAND", "x")
        .variable("VICEVERSA_CONFIG", "@config.json")
        .message("");
    writeln!(
        messages,
        "$ VICEVERSA_COMMAND=x VICEVERSA_CONFIG=config.json viceversa\n{both}\n"
    )
    .unwrap();
    insta::assert_snapshot!(messages);
}

#[test]
fn a_remote_server_is_reached_at_its_url_by_the_transport_of_its_type() {
    for (entry, transport) in [
        (r#""type": "sse""#, Transport::Sse),
        (r#""type": "streamable_http""#, Transport::StreamableHttp),
        (r#""type": "streamablehttp""#, Transport::StreamableHttp),
        (r#""transport": "http""#, Transport::StreamableHttp),
        (r#""disabled": false"#, Transport::Either),
    ] {
        let text = format!(
            r#"{{"mcpServers": {{"a": {{{entry}, "url": "https://x/mcp",
                "headers": {{"Authorization": "Bearer t", "X-N": 7}}, "callTimeout": "5s",
                "connectTimeout": "1s", "firstByteTimeout": "2s", "idleTimeout": "3s",
                "maxLineSize": "1MiB", "maxIdleConnections": 3, "insecureSkipVerify": true}}}}}}"#
        );
        let config = config(&text).unwrap();
        let UpstreamConfig::Remote(remote) = &config.servers[0].upstream else {
            panic!("a remote server")
        };
        assert_eq!(remote.transport, transport, "{entry}");
        assert_eq!(remote.url.as_str(), "https://x/mcp");
        let headers: Vec<_> = remote.headers.iter().collect();
        assert_eq!(headers[0].0, "authorization");
        assert_eq!(headers[0].1.reveal(), "Bearer t");
        assert_eq!(headers[1].1.reveal(), "7");
        assert_eq!(remote.http.connect_timeout.as_secs(), 1);
        assert_eq!(remote.first_byte_timeout.unwrap().as_secs(), 2);
        assert_eq!(remote.idle_timeout.unwrap().as_secs(), 3);
        assert_eq!(remote.max_message_size, 1024 * 1024);
        assert!(remote.http.insecure_skip_verify);
        assert_eq!(remote.http.max_idle_connections, Some(3));
        let warning = format!("{:?}", config.warnings);
        assert!(warning.contains("certificates of this server"), "{warning}");
    }
}

#[test]
fn a_fixed_argument_is_sent_as_it_stands_in_the_file() {
    let (server, _) = only_server(
        r#"{"mcpServers": {"a": {"command": "x", "tools": {"t": {"arguments": {
            "none": {"fixed": null},
            "object": {"fixed": { "n": 1.50, "big": 123456789012345678901234567890, "e": "\u00fc",}},
            "list": {"fixed": [1,/* two */2]},
        }}}}}}"#,
    );
    let values = server.tools["t"].arguments.values();
    let values = values.map(|argument| match argument {
        ArgumentOverride::Fixed(value) => value.get(),
        ArgumentOverride::Hidden => panic!("it is fixed"),
    });
    assert_eq!(
        values.collect::<Vec<_>>(),
        [
            "null",
            r#"{ "n": 1.50, "big": 123456789012345678901234567890, "e": "\u00fc" }"#,
            "[1,         2]",
        ]
    );
}

#[test]
fn tools_may_swap_names_and_the_name_of_one_that_is_disabled_is_free() {
    let (server, _) = only_server(
        r#"{"mcpServers": {"a": {"command": "x", "disabledTools": ["c"], "tools": {
            "a": {"name": "b"}, "b": {"name": "a"}, "d": {"name": "c"}, "e": {}
        }}}}"#,
    );
    let names: Vec<_> = server
        .tools
        .values()
        .map(|tool| tool.name.as_deref())
        .collect();
    assert_eq!(names, [Some("b"), Some("a"), Some("c"), None]);
}

#[test]
fn changes_to_tools_that_do_nothing_give_a_warning() {
    let shown = |members: &str| {
        let text = format!(r#"{{"mcpServers": {{"a": {{"command": "x", {members}}}}}}}"#);
        let scene = Scene::new().file("config.json", text);
        let config = scene.load("--config @config.json").unwrap();
        assert!(config.servers[0].tools.is_empty());
        let warnings: Vec<_> = config.warnings.iter().map(ToString::to_string).collect();
        scene.hidden(&warnings.join("\n"))
    };
    assert_eq!(shown(r#""tools": ["*"]"#), "");
    insta::assert_snapshot!(shown(r#""tools": ["now"]"#), @"config.json:1:48: `mcpServers.a.tools`: this key is ignored: a list of tools is another program's; use `disabledTools` to leave tools out");
    insta::assert_snapshot!(shown(r#""tools": {"now": {"name": "x"}}, "disabledTools": ["now"]"#), @"config.json:1:49: `mcpServers.a.tools.now`: this has no effect, since `disabledTools` names the tool too");
}

#[test]
fn headers_of_callers_are_for_remote_servers() {
    let text = r#"{"mcpServers": {"a": {"command": "x",
        "client_header_forwarding": {"enabled": true, "whitelist": ["X-User"]}}}}"#;
    let config = config(text).unwrap();
    assert_eq!(config.warnings.len(), 1);
    let warning = config.warnings[0].to_string();
    assert!(
        warning.contains("client_header_forwarding") && warning.contains("gets no headers"),
        "{warning}"
    );
}

#[test]
fn a_url_behind_the_dashes_is_a_remote_server_named_after_its_host() {
    for (line, transport) in [
        ("-- http://example.com:1/mcp", Transport::Either),
        ("--type sse -- http://example.com/sse", Transport::Sse),
        (
            "--type streamable-http --header {\"A\":\"b\"} -- http://example.com/mcp",
            Transport::StreamableHttp,
        ),
    ] {
        let config = Scene::new().load(line).unwrap();
        let (name, server) = config.servers.first().unwrap();
        assert_eq!(name.as_str(), "example.com");
        let UpstreamConfig::Remote(remote) = &server.upstream else {
            panic!("a remote server")
        };
        assert_eq!(remote.transport, transport, "{line}");
        assert_eq!(remote.headers.len(), usize::from(line.contains("header")));
        assert!(config.warnings.is_empty());
    }
    let config = Scene::new().load("--header {\"A\":\"b\"} -- x").unwrap();
    let warning = format!("{:?}", config.warnings);
    assert!(warning.contains("is for remote servers"), "{warning}");
}

#[test]
fn a_config_shows_no_secrets() {
    let text = r#"{"mcpServers": {"a": {"command": "x", "args": ["hush"], "env": {"A": "hush"},
                "tools": {"t": {"arguments": {"token": {"fixed": "hush"}}}}},
            "b": {"url": "http://x/hush?hush", "headers": {"A": "hush"}}},
        "gateway": {"apiKey": "hush", "sessionKey": "hush-hush-hush-hush-hush-hush-hush"}}"#;
    let shown = format!("{:?}", config(text).unwrap());
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn shipped_configs_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("mcpo-config-example.json")];
    let folder = fs::read_dir(root.join("config")).unwrap();
    files.extend(folder.map(|entry| entry.unwrap().path()));
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "json"))
    {
        let line = ["viceversa".into(), "--config".into(), file.into()];
        let arguments = parse_from(line).unwrap().serve;
        let config = ConfigReader::new(arguments, Environment::default()).read_blocking();
        let config = config.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.warnings, [], "{}", file.display());
    }
    assert!(files.len() > 3);
}

#[test]
fn the_documentation_lists_every_setting() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documentation = fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    for (id, variables, key) in Settings::names() {
        let flag = format!("`--{}`", id.replace('_', "-"));
        let row = documentation
            .lines()
            .find(|line| line.starts_with(&format!("| {flag}")));
        let row = row.unwrap_or_else(|| panic!("{flag} is not documented"));
        assert!(row.contains(&format!("`{key}`")), "{row}");
        for variable in *variables {
            assert!(
                row.contains(&format!("`{variable}`")),
                "{row} lacks {variable}"
            );
        }
    }
    for variable in env_vars::OWN {
        assert!(
            documentation.contains(&format!("`{variable}`")),
            "{variable}"
        );
    }
}

const GOOD: &str = r#"{
  // comment
  "mcpServers": {
    "time": {"command": "uvx", "args": ["a", "ü"], "env": {"A": "b"}, "callTimeout": "5s",},
    "two": {"command": "x", "inheritEnv": ["P"], "disabledTools": ["t"], "type": "stdio"},
    "four": {"type": "openapi", "spec": ["https://x/y", {"openapi": "3.1.0"}], "url": "https://x", "resources": true,
      "operations": {"include": ["a*", {"tag": "b"}]}, "auth": {"type": "apiKey", "key": "k", "name": "n", "in": "query"}},
    "three": {"url": "http://x", "tools": {"t": {"name": "u", "arguments": {"a": {"fixed": [5]}}}}}
  },
  "groups": {"g": {"servers": ["time", "two"], "tools": ["two.*", "!t*.x"]}},
  "gateway": {"port": 8000, "corsAllowOrigins": ["https://a.com"], "maxBodySize": "1MiB"}
}"#;

proptest! {
    #[test]
    fn whatever_a_file_holds_it_is_read_or_refused(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..4usize, "[ -~ü\n]|[{}\\[\\]\":,/*#\\\\]|null|true|5|\"x\""),
            1..6,
        ),
    ) {
        let mut characters: Vec<char> = GOOD.chars().collect();
        for (index, removed, inserted) in changes {
            let start = index.index(characters.len());
            let end = (start + removed).min(characters.len());
            characters.splice(start..end, inserted.chars());
        }
        let text: String = characters.into_iter().collect();
        if let Err(error) = config(&text) {
            prop_assert!(error.to_string().len() > 10);
            prop_assert!(error.exit_code() >= 64);
        }
    }

    #[test]
    fn whatever_a_value_holds_it_is_read_or_refused(text in ".{0,20}") {
        let _ = text.parse::<value::Timeout>();
        let _ = text.parse::<value::Size>();
        let _ = text.parse::<value::Host>();
        let _ = text.parse::<value::AllowedOrigin>();
        let _ = text.parse::<value::PathPrefix>();
        let _ = text.parse::<value::EndpointPath>();
        let _ = text.parse::<value::Peer>();
        let _ = text.parse::<value::LogFilter>();
        let _ = text.parse::<ProtocolVersion>();
        let _ = text.parse::<ServerName>();
    }
}

#[test]
fn what_is_wrong_in_an_env_file_is_said_with_its_line() {
    for (content, begin) in [
        (
            "A=1\nVICEVERSA_PORT=abc\n",
            ".env:2: the environment variable VICEVERSA_PORT",
        ),
        ("VICEVERSA_PORT=1\nexport VICEVERSA_PORT=abc", ".env:2: "),
        (
            "VICEVERSA_ENV=hush\n",
            ".env:1: the environment variable VICEVERSA_ENV",
        ),
        (
            "\nVICEVERSA_API_KEY='hush hush'\n",
            ".env:2: the API key of the environment",
        ),
        (
            "VICEVERSA_API_KEY_FILE=/does/not/exist\n",
            ".env:1: the file /does/not/exist",
        ),
    ] {
        let scene = Scene::new().file(".env", content);
        let message = scene.message("--env-path @.env -- x");
        assert!(message.starts_with(begin), "{message}");
        assert!(!message.contains("hush"), "{message}");
    }
    let scene = Scene::new().file(".env", "VICEVERSA_PORT=1\n");
    let message = scene
        .variable("VICEVERSA_PORT", "abc")
        .message("--env-path @.env -- x");
    assert!(message.starts_with("the environment variable"), "{message}");
}
