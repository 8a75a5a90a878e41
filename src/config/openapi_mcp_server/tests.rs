use std::fmt::Write as _;
use std::time::Duration;

use clap::Args as _;

use super::*;
use crate::config::env_vars;
use crate::config::tests::Scene;
use crate::config::{Config, Layout};
use crate::openapi::api::Location;
use crate::upstream::rest::settings::Credentials;

const URL: &str = "https://api.example.com/openapi.json";

fn scene() -> Scene {
    Scene::new().file("pets.yaml", "openapi: 3.1.0")
}

/// The environment of the guide's containers.
fn program() -> Scene {
    scene().variable("API_SPEC_URL", URL)
}

fn api_of(config: &Config, index: usize) -> OpenApiConfig {
    let UpstreamConfig::OpenApi(api) = config.servers[index].upstream.clone() else {
        panic!("a REST API")
    };
    *api
}

fn names(config: &Config) -> Vec<&str> {
    config.servers.keys().map(ServerName::as_str).collect()
}

fn warnings(config: &Config) -> String {
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    warnings.join("\n")
}

#[test]
fn a_document_behind_the_dashes_is_an_api_named_after_its_host_or_file() {
    for (line, name) in [
        (
            "--type openapi -- https://api.example.com/openapi.json",
            "api.example.com",
        ),
        ("--type openapi -- http://localhost:1/spec", "localhost"),
        ("--type openapi -- @pets.yaml", "pets"),
        ("--type openapi --api-name a/b -- @pets.yaml", "a-b"),
        ("--type openapi --api-name docs -- @pets.yaml", "pets"),
        (
            "--type openapi --api-url https://x/v1 -- @pets.yaml @pets.yaml",
            "pets",
        ),
    ] {
        let config = scene().load(line).unwrap();
        assert_eq!(names(&config), [name], "{line}");
        assert_eq!(config.layout, Layout::Single(name.parse().unwrap()));
        assert!(!config.wants_stdio, "{line}");
        assert_eq!(config.warnings, []);
        let api = api_of(&config, 0);
        assert_eq!(api.specs.len(), line.matches("pets.yaml").count().max(1));
        assert_eq!(api.url.is_some(), line.contains("--api-url"));
        assert_eq!(api.max_answer_size, 64 * 1024 * 1024);
    }
}

#[test]
fn who_forgets_the_document_is_told_how_to_give_it() {
    for scene in [
        scene().variable("API_NAME", "pets"),
        scene().variable("API_BASE_URL", "https://x"),
    ] {
        let error = scene.load("").unwrap_err().to_string();
        assert!(error.contains("API_SPEC_URL"), "{error}");
    }
    let error = scene().load("--api-url https://x").unwrap_err().to_string();
    assert!(error.contains("--spec-url"), "{error}");
}

#[test]
fn headers_go_to_an_api_too() {
    let config = scene()
        .load("--type openapi --header {\"X-Team\":\"blue\"} -- @pets.yaml")
        .unwrap();
    assert_eq!(api_of(&config, 0).headers["x-team"].reveal(), "blue");
}

#[test]
fn behind_the_dashes_only_what_is_said_of_the_api_counts() {
    let config = scene()
        .variable("SERVER_PORT", "9000")
        .variable("SERVER_TRANSPORT", "stdio")
        .variable("ENABLE_PROMETHEUS", "true")
        .variable("API_BASE_URL", "https://x/v1")
        .variable("AUTH_TYPE", "bearer")
        .variable("AUTH_TOKEN", "token")
        .load("--type openapi -- @pets.yaml")
        .unwrap();
    assert_eq!(config.gateway.fixed.listen.port, 8000);
    assert!(!config.wants_stdio);
    assert_eq!(config.warnings, []);
    let api = api_of(&config, 0);
    assert_eq!(api.url.unwrap().as_str(), "https://x/v1");
    assert!(matches!(api.credentials, Credentials::Bearer { .. }));
}

#[test]
fn a_container_of_the_guide_is_served_over_http() {
    let config = program()
        .variable("API_NAME", "petstore")
        .variable("API_BASE_URL", "https://petstore3.swagger.io/api/v3")
        .variable("SERVER_NAME", "My API Server")
        .variable("SERVER_DEBUG", "true")
        .variable("SERVER_MESSAGE_TIMEOUT", "60")
        .variable("SERVER_HOST", "0.0.0.0")
        .variable("SERVER_PORT", "9000")
        .variable("SERVER_TRANSPORT", "sse")
        .variable("ENABLE_PROMETHEUS", "false")
        .variable("ENABLE_OPERATION_PROMPTS", "false")
        .variable("UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN", "5.0")
        .variable("UVICORN_GRACEFUL_SHUTDOWN", "true")
        .variable("HTTP_TIMEOUT", "30")
        .variable("HTTP_MAX_CONNECTIONS", "100")
        .variable("HTTP_MAX_KEEPALIVE", "20")
        .load("")
        .unwrap();
    assert_eq!(config.warnings, []);
    assert_eq!(names(&config), ["petstore"]);
    assert!(!config.wants_stdio);
    let gateway = &config.gateway;
    assert_eq!(gateway.fixed.listen.host.to_string(), "0.0.0.0");
    assert_eq!(gateway.fixed.listen.port, 9000);
    assert_eq!(gateway.live.log_filter.directives(), "debug");
    assert_eq!(gateway.live.calls.timeout, Duration::from_secs(30));
    assert_eq!(gateway.live.calls.max_concurrent.unwrap().get(), 100);
    assert_eq!(gateway.live.limits.shutdown_timeout, Duration::from_secs(5));
    let server = &config.servers[0];
    assert_eq!(server.documents.title.as_deref(), Some("My API Server"));
    assert_eq!(server.call_timeout, Duration::from_secs(30));
    let api = api_of(&config, 0);
    assert!(!api.options.prompts);
    assert_eq!(api.http.max_idle_connections, Some(20));
    assert_eq!(api.specs, [SpecSource::Url(URL.parse().unwrap())]);
}

#[test]
fn that_program_speaks_stdio_unless_something_says_where_to_listen() {
    let stdio = |scene: Scene, line: &str| scene.load(line).unwrap().wants_stdio;
    assert!(stdio(program(), ""));
    assert!(stdio(scene(), "--spec-path @pets.yaml"));
    for line in ["--port 80", "--host 127.0.0.1", "--api-key abc"] {
        assert!(!stdio(program(), line), "{line}");
    }
    for (name, value) in [
        ("SERVER_PORT", "80"),
        ("SERVER_HOST", "0.0.0.0"),
        ("VICEVERSA_HOST", "0.0.0.0"),
        ("FASTMCP_PORT", "80"),
    ] {
        assert!(!stdio(program().variable(name, value), ""), "{name}");
        let scene = program().variable(name, value);
        let told = scene.variable("SERVER_TRANSPORT", "stdio");
        assert!(stdio(told, ""), "{name}");
    }
    for transport in ["sse", "streamable-http"] {
        let scene = program().variable("SERVER_TRANSPORT", transport);
        assert!(!stdio(scene, ""), "{transport}");
    }
    let fastmcp = program()
        .variable("SERVER_PORT", "80")
        .variable("FASTMCP_TRANSPORT", "stdio");
    assert!(stdio(fastmcp, ""));
}

#[test]
fn all_flags_of_that_program_are_understood() {
    let line = format!(
        "--log-level WARNING --debug --api-name petstore --api-url https://x/v1 --spec-url {URL} \
         --auth-type api_key --auth-api-key k --auth-api-key-name X-API-Key --auth-api-key-in query \
         --include-tags pet,store --exclude-tags admin --no-validate-output \
         --allow-insecure-http --allow-private-networks --allowed-spec-dirs @ --port 8080"
    );
    let config = scene().load(&line).unwrap();
    assert_eq!(config.warnings, []);
    assert_eq!(names(&config), ["petstore"]);
    assert_eq!(config.gateway.fixed.listen.port, 8080);
    assert_eq!(config.gateway.live.log_filter.directives(), "warn");
    let api = api_of(&config, 0);
    let tags: Vec<_> = [&api.options.include, &api.options.exclude]
        .into_iter()
        .flatten()
        .map(|filter| filter.tag.as_deref().unwrap())
        .collect();
    assert_eq!(tags, ["pet", "store", "admin"]);
    assert_eq!(api.validate_output, ValidateOutput::Off);
    assert!(api.allow_insecure_http && api.allow_private_networks);
    assert_eq!(api.allowed_folders.len(), 1);
    assert_eq!(
        api.credentials,
        Credentials::ApiKey {
            location: Location::Query,
            name: "X-API-Key".into(),
            key: Secret::new("k")
        }
    );
}

#[test]
fn output_is_validated_in_that_programs_words_and_ours() {
    for (value, expected) in [
        ("true", ValidateOutput::Warn),
        ("False", ValidateOutput::Off),
        ("strict", ValidateOutput::Strict),
        ("off", ValidateOutput::Off),
    ] {
        let config = program().variable("VALIDATE_OUTPUT", value).load("");
        assert_eq!(
            api_of(&config.unwrap(), 0).validate_output,
            expected,
            "{value}"
        );
    }
}

#[test]
fn credentials_come_from_variables() {
    let with = |variables: &[(&'static str, &str)]| {
        let mut scene = program();
        for (name, value) in variables {
            scene = scene.variable(name, value);
        }
        api_of(&scene.load("").unwrap(), 0).credentials
    };
    assert_eq!(with(&[("AUTH_TYPE", "none")]), Credentials::None);
    assert_eq!(
        with(&[
            ("AUTH_TYPE", "basic"),
            ("AUTH_USERNAME", "u"),
            ("AUTH_PASSWORD", "p")
        ]),
        Credentials::Basic {
            username: "u".into(),
            password: Secret::new("p")
        }
    );
    assert_eq!(
        with(&[("AUTH_TYPE", "api_key"), ("AUTH_API_KEY", "k")]),
        Credentials::ApiKey {
            location: Location::Header,
            name: "api_key".into(),
            key: Secret::new("k")
        }
    );
    let client = with(&[
        ("AUTH_TYPE", "cognito"),
        ("AUTH_COGNITO_CLIENT_ID", "c"),
        ("AUTH_COGNITO_CLIENT_SECRET", "s"),
        ("AUTH_COGNITO_DOMAIN", "my-domain"),
        ("AUTH_COGNITO_SCOPES", "a,b c"),
        ("AUTH_COGNITO_USERNAME", "u"),
        ("AUTH_COGNITO_PASSWORD", "p"),
    ]);
    let Credentials::Cognito(client) = client else {
        panic!("Cognito")
    };
    assert_eq!(client.user, None);
    assert_eq!(client.scopes, ["a", "b", "c"]);
    assert_eq!(client.region.as_deref(), Some("us-east-1"));
    let user = with(&[
        ("AUTH_TYPE", "cognito"),
        ("AUTH_COGNITO_CLIENT_ID", "c"),
        ("AUTH_COGNITO_USERNAME", "u"),
        ("AUTH_COGNITO_PASSWORD", "p"),
        ("AUTH_COGNITO_USER_POOL_ID", "eu-west-1_AbC"),
    ]);
    let Credentials::Cognito(user) = user else {
        panic!("Cognito")
    };
    assert_eq!(user.user, Some(("u".into(), Secret::new("p"))));
    assert_eq!(user.region, None, "that of the pool");
}

#[test]
fn additional_apis_are_servers_of_their_own_with_their_own_credentials() {
    let config = program()
        .variable("API_NAME", "shop")
        .variable("AUTH_TYPE", "bearer")
        .variable("AUTH_TOKEN", "token")
        .variable("INCLUDE_TAGS", "public")
        .variable("SERVER_NAME", "All")
        .variable(
            "ADDITIONAL_SPECS",
            r#"[{"name": "payments", "spec_url": "https://payments.example.com/openapi.json",
                 "base_url": "https://payments.example.com", "auth_type": "api_key", "auth_api_key": "k"},
                {"name": "payments", "spec_path": "@pets.yaml"},
                {"spec_path": "@pets.yaml", "auth_type": "none", "auth_token": ""}]"#,
        )
        .load("")
        .unwrap();
    assert_eq!(config.layout, Layout::Many);
    assert_eq!(names(&config), ["shop", "payments", "payments-2", "pets"]);
    assert_eq!(config.warnings, []);
    let payments = api_of(&config, 1);
    assert_eq!(
        payments.url.unwrap().as_str(),
        "https://payments.example.com/"
    );
    assert!(
        matches!(payments.credentials, Credentials::ApiKey { name, .. } if name == "X-API-Key")
    );
    assert_eq!(
        payments.options.include[0].tag.as_deref(),
        Some("public"),
        "tags hold for all"
    );
    assert_eq!(api_of(&config, 2).credentials, Credentials::None);
    assert_eq!(config.servers[1].documents.title, None);
    assert_eq!(
        config.gateway.live.documents.overrides.title.as_deref(),
        Some("All")
    );
}

#[test]
fn the_name_of_the_server_is_what_clients_are_shown_where_there_is_one_api() {
    let named = || program().variable("SERVER_NAME", "My API Server");
    let shown = |scene: Scene, line| api_of(&scene.load(line).unwrap(), 0).server_name;
    assert_eq!(shown(named(), "").as_deref(), Some("My API Server"));
    assert_eq!(shown(named(), "--name Mine").as_deref(), Some("Mine"));
    assert_eq!(shown(program(), ""), None);
    let several = named().variable("ADDITIONAL_SPECS", r#"[{"spec_url": "https://x/y"}]"#);
    assert_eq!(shown(several, ""), None);
}

#[test]
fn a_secret_of_an_additional_api_that_has_no_use_is_named_by_its_member() {
    let config = program()
        .variable(
            "ADDITIONAL_SPECS",
            r#"[{"name": "payments", "spec_url": "https://x/y", "auth_token": "hush"}]"#,
        )
        .load("")
        .unwrap();
    assert_eq!(
        warnings(&config),
        "`auth_token` of payments is not used, since nothing says how: give `auth_type` too"
    );
}

#[test]
fn an_api_whose_routes_an_endpoint_would_hide_is_refused_unless_it_has_no_segment() {
    let scene = || scene().variable("SERVER_PORT", "80");
    let line = "--spec-path @pets.yaml --sse-path /pets";
    assert_eq!(names(&scene().load(line).unwrap()), ["pets"]);
    let two = scene().variable("ADDITIONAL_SPECS", r#"[{"spec_url": "https://x"}]"#);
    insta::assert_snapshot!(two.message(line), @r#"--sse-path (gateway.ssePath) is a path that begins with "pets", as the routes of the API of that name do; name it by --api-name (API_NAME), or in ADDITIONAL_SPECS, or choose another path [exit 78]"#);
}

#[test]
fn a_flag_that_names_a_document_wins_over_a_variable_that_names_another() {
    let config = program().load("--spec-path @pets.yaml").unwrap();
    assert_eq!(names(&config), ["pets"]);
    assert_eq!(config.warnings, []);
}

#[test]
fn a_config_file_or_a_command_is_served_though_a_variable_names_a_document() {
    let config = program()
        .file("config.json", r#"{"mcpServers": {"a": {"command": "x"}}}"#)
        .variable("VICEVERSA_CONFIG", "@config.json")
        .variable("SERVER_PORT", "nonsense");
    let from_file = config.load("").unwrap();
    assert_eq!(names(&from_file), ["a"]);
    assert_eq!(names(&program().load("-- uvx y").unwrap()), ["y"]);
}

#[test]
fn what_is_not_there_yet_and_what_has_no_effect_is_told_a_line_each() {
    let mut scene = program();
    for (name, value) in [
        ("ENABLE_PROMETHEUS", "true"),
        ("PROMETHEUS_PORT", "9090"),
        ("METRICS_MAX_HISTORY", "100"),
        ("CACHE_TTL", "300"),
        ("CACHE_MAXSIZE", "1000"),
        ("USE_CACHETOOLS", "false"),
        ("USE_TENACITY", "true"),
        ("AUTH_TOKEN", "hush"),
    ] {
        scene = scene.variable(name, value);
    }
    let config = scene
        .variable("API_SPEC_PATH", "@pets.yaml")
        .load("--auth-token-ttl 60")
        .unwrap();
    insta::assert_snapshot!(warnings(&config));
    let other = super::tests::scene()
        .load("--api-url https://x --no-validate-output -- uvx x")
        .unwrap();
    insta::assert_snapshot!(warnings(&other), @r"
    --api-url is for a REST API, and has no effect: the server after `--` is none
    --no-validate-output is for a REST API, and has no effect: the server after `--` is none
    ");
}

/// Variables by which nobody can be served, separated by spaces.
const WRONG_VARIABLES: [&str; 52] = [
    "API_SPEC_URL=hush",
    "API_SPEC_URL=http://api.example.com/hush",
    "API_SPEC_PATH=missing.yaml",
    "API_SPEC_PATH=https://api.example.com/hush.json",
    "API_SPEC_URL=./hush.json",
    "API_BASE_URL=hush",
    "VALIDATE_OUTPUT=maybe",
    "VALIDATE_OUTPUT=hush-that-stands-in-the-wrong-variable",
    "ENABLE_OPERATION_PROMPTS=maybe",
    "ALLOW_PRIVATE_NETWORKS=maybe",
    "SERVER_DEBUG=maybe",
    "SERVER_PORT=http",
    "SERVER_HOST=http://x",
    "SERVER_TRANSPORT=stido",
    "SERVER_MESSAGE_TIMEOUT=soon",
    "HTTP_TIMEOUT=0",
    "HTTP_MAX_CONNECTIONS=0",
    "HTTP_MAX_KEEPALIVE=few",
    "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=soon",
    "UVICORN_GRACEFUL_SHUTDOWN=soon",
    "AUTH_TYPE=baerer",
    "AUTH_TYPE=bearer",
    "AUTH_TYPE=bearer AUTH_TOKEN=Bearer\u{a0}hush",
    "AUTH_TYPE=basic AUTH_USERNAME=u",
    "AUTH_TYPE=basic AUTH_PASSWORD=hush",
    "AUTH_TYPE=basic AUTH_USERNAME=u:v AUTH_PASSWORD=hush",
    "AUTH_TYPE=api_key",
    "AUTH_TYPE=api_key AUTH_API_KEY=hush AUTH_API_KEY_NAME=a;b",
    "AUTH_TYPE=api_key AUTH_API_KEY=hush AUTH_API_KEY_IN=path",
    "AUTH_TYPE=cognito",
    "AUTH_TYPE=cognito AUTH_COGNITO_CLIENT_ID=c",
    "AUTH_TYPE=cognito AUTH_COGNITO_CLIENT_ID=c AUTH_COGNITO_USERNAME=u",
    "AUTH_TYPE=cognito AUTH_COGNITO_CLIENT_ID=c AUTH_COGNITO_PASSWORD=hush",
    "AUTH_TYPE=cognito AUTH_COGNITO_CLIENT_ID=c AUTH_COGNITO_CLIENT_SECRET=hush",
    "AUTH_TYPE=cognito AUTH_COGNITO_CLIENT_ID=c AUTH_COGNITO_DOMAIN=d",
    "AUTH_TYPE=cognito AUTH_COGNITO_CLIENT_ID=c AUTH_COGNITO_DOMAIN=a/b",
    "AUTH_TYPE=cognito AUTH_COGNITO_CLIENT_ID=c AUTH_COGNITO_REGION=Ireland",
    "ADDITIONAL_SPECS=payments",
    "ADDITIONAL_SPECS=[{\"spec_url\": hush}]",
    "ADDITIONAL_SPECS={}",
    "ADDITIONAL_SPECS=[5]",
    "ADDITIONAL_SPECS=[{}]",
    "ADDITIONAL_SPECS=[{\"spec_url\":5}]",
    "ADDITIONAL_SPECS=[{\"spec_url\":\"hush://hush\"}]",
    "ADDITIONAL_SPECS=[{\"spec_url\":\"http://api.example.com/hush\"}]",
    "ADDITIONAL_SPECS=[{\"spec_path\":\"missing.yaml\"}]",
    "ADDITIONAL_SPECS=[{\"spec_path\":\"https://api.example.com/hush.json\"}]",
    "ADDITIONAL_SPECS=[{\"spec_url\":\"./hush.json\"}]",
    "ADDITIONAL_SPECS=[{\"spec_url\":\"https://x\",\"base_url\":\"hush\"}]",
    "ADDITIONAL_SPECS=[{\"spec_url\":\"https://x\",\"bas_url\":\"hush\"}]",
    "ADDITIONAL_SPECS=[{\"spec_url\":\"https://x\",\"auth_type\":\"bearer\"}]",
    "ADDITIONAL_SPECS=[{\"spec_url\":\"https://x\",\"auth_type\":\"bearer\",\"auth_token\":\"hush hush\"}]",
];

#[test]
fn wrong_settings_of_an_api_are_explained() {
    let mut messages = String::new();
    for line in [
        "--type openapi",
        "--type openapi --",
        "--type openapi -- ftp://hush",
        "--type openapi -- @missing.yaml",
        "--type openapi -- http://api.example.com/hush",
        "--type openapi --spec-url https://hush -- @pets.yaml",
        "--spec-url https://hush -- uvx x",
        "--spec-url https://hush --config @config.json",
        "--spec-url hush://hush",
        "--spec-path @missing.yaml",
        "--spec-path https://api.example.com/hush.json",
        "--spec-url ./hush.json",
        "--spec-path @pets.yaml --api-url hush",
        "--spec-path @pets.yaml --api-url https://x/?hush",
        "--spec-path @inside",
        "--spec-path @pets.yaml --allowed-spec-dirs @missing",
        "--spec-path @pets.yaml --allowed-spec-dirs @inside",
        "--spec-path @pets.yaml --auth-type bearer",
        "--spec-path @pets.yaml --auth-type basic --auth-username u",
        "--spec-path @pets.yaml --auth-type bearer --auth-token t --header {\"authorization\":\"hush\"}",
    ] {
        let scene = scene();
        std::fs::create_dir(scene.path("inside")).unwrap();
        writeln!(messages, "$ viceversa {line}\n{}\n", scene.message(line)).unwrap();
    }
    for variables in WRONG_VARIABLES {
        let mut scene = program();
        if variables.starts_with("API_SPEC_PATH") {
            scene = super::tests::scene();
        }
        // Only values of the last variable hold spaces.
        let mut rest = variables;
        while let Some((name, value)) = rest.split_once('=') {
            let next = value
                .match_indices(' ')
                .find(|(index, _)| value[index + 1..].starts_with("AUTH_"));
            let (value, after) = next.map_or((value, ""), |(index, _)| {
                (&value[..index], &value[index + 1..])
            });
            let name = env_vars::OPENAPI_MCP_SERVER
                .into_iter()
                .find(|known| *known == name);
            scene = scene.variable(name.unwrap(), value);
            rest = after;
        }
        writeln!(messages, "$ {variables} viceversa\n{}\n", scene.message("")).unwrap();
    }
    for message in messages.lines().filter(|line| !line.starts_with('$')) {
        assert!(!message.contains("hush"), "{message}");
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn the_migration_page_has_a_row_for_every_variable_and_flag() {
    let page = include_str!("../../../docs/migrating-from-openapi-mcp-server.md");
    // The first two cells of a row: variables and flags.
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let documented: Vec<&str> = rows
        .filter(|row| row.starts_with(['`', '|']))
        .flat_map(|row| row.split('|').take(2))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    let mut expected: Vec<String> = env_vars::OPENAPI_MCP_SERVER.map(str::to_owned).to_vec();
    expected.push(env_vars::MCPO_LOG_LEVEL.to_owned());
    let command = OpenApiArguments::augment_args(clap::Command::new("flags"));
    let flags = command.get_arguments().filter_map(clap::Arg::get_long);
    expected.extend(flags.map(|flag| format!("--{flag}")));
    for name in &expected {
        let times = documented.iter().filter(|word| *word == name).count();
        assert_eq!(times, 1, "{name}");
    }
    for word in &documented {
        let is_known = expected.iter().any(|name| name == word);
        assert!(is_known, "{word}");
    }
}
