use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::config::server::{ServerConfig, UpstreamConfig};
use crate::config::tests::Scene;
use crate::config::{Config, Layout};
use crate::openapi::api::{Location, OperationFilter};
use crate::upstream::rest::settings::Cognito;

/// An entry of the type openapi with these members.
fn entry(members: &str) -> Scene {
    let text = format!(r#"{{"mcpServers": {{"pets": {{"type": "openapi", {members}}}}}}}"#);
    Scene::new()
        .file("config.json", text)
        .file("pets.yaml", "openapi: 3.1.0")
}

fn load(scene: &Scene) -> (Config, ServerConfig, OpenApiConfig) {
    let config = scene.load("--config @config.json").unwrap();
    let server = config.servers[0].clone();
    let UpstreamConfig::OpenApi(api) = server.upstream.clone() else {
        panic!("a REST API")
    };
    (config, server, *api)
}

fn api(members: &str) -> OpenApiConfig {
    load(&entry(members)).2
}

fn credentials(auth: &str) -> Credentials {
    api(&format!(r#""spec": "https://x/y", "auth": {auth}"#)).credentials
}

#[test]
fn an_api_of_which_only_the_document_is_given_has_the_documented_defaults() {
    let (config, server, api) = load(&entry(r#""spec": "https://api.example.com/openapi.json""#));
    assert_eq!(config.layout, Layout::Many);
    assert_eq!(config.warnings, []);
    assert_eq!(server.call_timeout, Duration::from_mins(1));
    let spec = SpecSource::Url("https://api.example.com/openapi.json".parse().unwrap());
    assert_eq!(api, OpenApiConfig::new(vec![spec], 64 * 1024 * 1024));
    assert_eq!(api.refresh_interval, Duration::from_mins(5));
    assert_eq!(api.validate_output, ValidateOutput::Warn);
    assert!(api.options.prompts && !api.options.resources);
}

#[test]
fn all_keys_of_an_api_are_read() {
    let scene = entry(
        r#""spec": "pets.yaml", "url": "https://api.example.com/v1", "title": "Pets",
        "headers": {"X-Team": "blue"}, "clientHeaderForwarding": {"enabled": true, "whitelist": ["X-User"]},
        "operations": {"include": ["list*", {"tag": "pets", "method": "get", "path": "/pets/*", "operationId": "show*"}],
                       "exclude": [{"method": "DELETE"}]},
        "resources": true, "prompts": false, "validateOutput": "strict",
        "allowedFolders": ["."], "allowPrivateNetworks": true, "allowInsecureHttp": true,
        "refreshInterval": 0, "connectTimeout": "1s", "firstByteTimeout": "2s",
        "maxIdleConnections": 20, "maxAnswerSize": "1MiB", "insecureSkipVerify": true,
        "disabledTools": ["deletePet"], "tools": {"listPets": {"name": "pets"}},
        "discovery": "search", "callTimeout": "5s""#,
    );
    let (config, server, api) = load(&scene);
    assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
    let folder = scene.path("");
    assert_eq!(api.specs, [SpecSource::File(folder.join("pets.yaml"))]);
    assert_eq!(api.url.unwrap().as_str(), "https://api.example.com/v1");
    assert_eq!(api.headers["x-team"].reveal(), "blue");
    assert!(api.forwarding.is_some());
    let by_id = |id: &str| OperationFilter {
        operation_id: Some(id.into()),
        ..OperationFilter::default()
    };
    assert_eq!(
        api.options.include,
        [
            by_id("list*"),
            OperationFilter {
                tag: Some("pets".into()),
                method: Some("get".into()),
                path: Some("/pets/*".into()),
                ..by_id("show*")
            }
        ]
    );
    assert_eq!(api.options.exclude[0].method.as_deref(), Some("DELETE"));
    assert!(api.options.resources && !api.options.prompts);
    assert_eq!(api.validate_output, ValidateOutput::Strict);
    assert_eq!(
        api.allowed_folders,
        [scene.path(".").components().collect::<PathBuf>()]
    );
    assert!(api.allow_private_networks && api.allow_insecure_http);
    assert_eq!(api.refresh_interval, Duration::ZERO);
    assert_eq!(api.http.connect_timeout, Duration::from_secs(1));
    assert_eq!(api.http.max_idle_connections, Some(20));
    assert!(api.http.insecure_skip_verify);
    assert_eq!(api.first_byte_timeout, Some(Duration::from_secs(2)));
    assert_eq!(api.max_answer_size, 1024 * 1024);
    assert_eq!(server.documents.title.as_deref(), Some("Pets"));
    assert_eq!(server.call_timeout, Duration::from_secs(5));
    assert!(server.disabled_tools.contains("deletePet"));
    assert!(server.tools.contains_key("listPets"));
    assert!(server.discovery.is_some());
}

#[test]
fn documents_are_urls_files_beside_the_config_or_stand_in_it() {
    let scene = entry(
        r#""spec": ["pets.yaml", "http://127.0.0.1/spec", {"openapi": "3.1.0", /* ! */ "n": 1.10}]"#,
    );
    let specs = load(&scene).2.specs;
    assert_eq!(specs[0], SpecSource::File(scene.path("pets.yaml")));
    assert!(matches!(&specs[1], SpecSource::Url(url) if url.path() == "/spec"));
    let SpecSource::Inline(text) = &specs[2] else {
        panic!("inline")
    };
    assert!(text.get().ends_with(r#""n": 1.10}"#), "{}", text.get());

    let file = scene.path("pets.yaml");
    let url = Url::from_file_path(&file).unwrap();
    let by_url = api(&format!(r#""spec": "{url}""#));
    assert_eq!(by_url.specs, [SpecSource::File(file)]);
}

#[test]
fn a_spec_alone_makes_an_entry_an_api() {
    let text = r#"{"mcpServers": {"pets": {"spec": "https://x/y", "url": "https://x"}}}"#;
    let scene = Scene::new().file("config.json", text);
    assert!(load(&scene).2.url.is_some());
}

#[test]
fn credentials_of_every_type_are_read() {
    assert_eq!(credentials(r#"{"type": "none"}"#), Credentials::None);
    assert_eq!(
        credentials(r#"{"type": "basic", "username": "u", "password": "p:w"}"#),
        Credentials::Basic {
            username: "u".into(),
            password: Secret::new("p:w")
        }
    );
    assert_eq!(
        credentials(r#"{"type": "bearer", "token": "t"}"#),
        Credentials::Bearer {
            token: Secret::new("t")
        }
    );
    for (place, location) in [
        ("", Location::Header),
        (r#""in": "query","#, Location::Query),
        (r#""in": "cookie","#, Location::Cookie),
    ] {
        assert_eq!(
            credentials(&format!(
                r#"{{"type": "apiKey", {place} "name": "X-Key", "key": "k"}}"#
            )),
            Credentials::ApiKey {
                location,
                name: "X-Key".into(),
                key: Secret::new("k")
            }
        );
    }
    assert_eq!(
        credentials(
            r#"{"type": "oauth2", "tokenUrl": "https://x/token", "clientId": "c",
                "clientSecret": "s", "scopes": "a b", "audience": "d"}"#
        ),
        Credentials::ClientCredentials {
            token_url: "https://x/token".parse().unwrap(),
            client_id: "c".into(),
            client_secret: Secret::new("s"),
            scopes: vec!["a".into(), "b".into()],
            audience: Some("d".into()),
        }
    );
    assert_eq!(
        credentials(
            r#"{"type": "cognito", "clientId": "c", "clientSecret": "s",
                "domain": "https://Login.example.com/", "scopes": ["a"], "region": "eu-west-1"}"#
        ),
        Credentials::Cognito(Box::new(Cognito {
            client_id: "c".into(),
            client_secret: Some(Secret::new("s")),
            user: None,
            user_pool_id: None,
            domain: Some("login.example.com".into()),
            scopes: vec!["a".into()],
            region: Some("eu-west-1".into()),
        }))
    );
    let user = credentials(
        r#"{"type": "cognito", "clientId": "c", "username": "u", "password": "p",
            "userPoolId": "eu-west-1_A"}"#,
    );
    assert!(matches!(user, Credentials::Cognito(cognito) if cognito.user.is_some()));
    assert_eq!(
        credentials(r#"{"type": "sigv4", "service": "execute-api"}"#),
        Credentials::SigV4 {
            service: "execute-api".into(),
            region: None
        }
    );
}

#[test]
fn an_api_shows_no_secrets() {
    let api = api(
        r#""spec": "https://hush:hush@x/hush?hush", "url": "https://x/hush",
        "headers": {"A": "hush"}, "auth": {"type": "basic", "username": "u", "password": "hush"}"#,
    );
    let shown = format!("{api:?}");
    assert!(!shown.contains("hush"), "{shown}");
    assert!(shown.contains("https://x"), "{shown}");
}

#[test]
fn what_is_for_mcp_servers_or_other_programs_gives_a_warning() {
    let scene = entry(
        r#""spec": "https://x/y", "isolation": "session", "protocolVersion": "2025-06-18",
        "idleTimeout": "1s", "timeout": 60, "autoApprove": [],
        "auth": {"type": "bearer", "token": "t"}"#,
    );
    let (config, server, _) = load(&scene);
    assert_eq!(server.protocol_version, None);
    assert_eq!(server.isolation, crate::gateway::Isolation::Auto);
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(scene.hidden(&warnings.join("\n")));
}

#[test]
fn what_is_wrong_with_an_api_is_explained() {
    let with_spec = |members: &str| format!(r#""spec": "https://x/y", {members}"#);
    let mut texts: Vec<String> = [
        r#""url": "https://x""#,
        r#""sepc": "https://x/y""#,
        r#""spec": 5"#,
        r#""spec": [],  "url": "https://x""#,
        r#""spec": [5]"#,
        r#""spec": """#,
        r#""spec": "missing.yaml""#,
        r#""spec": "ftp://hush/""#,
        r#""spec": "https://""#,
        r#""spec": "http://api.example.com/hush""#,
        r#""spec": {"a": 1, "a": 2}"#,
        r#""spec": "https://x/y", "command": "x""#,
        r#""spec": "https://x/y", "type": "sse""#,
    ]
    .map(str::to_owned)
    .into();
    texts.extend(
        [
            r#""url": "ftp://hush""#,
            r#""url": "https://x?hush""#,
            r#""colour": "blue""#,
            r#""validateOuput": "off""#,
            r#""validateOutput": "strickt""#,
            r#""operations": ["listPets"]"#,
            r#""operations": {"inculde": []}"#,
            r#""operations": {"include": "listPets"}"#,
            r#""operations": {"include": [{}]}"#,
            r#""operations": {"include": [""]}"#,
            r#""operations": {"exclude": [{"tags": "pets"}]}"#,
            r#""operations": {"exclude": [{"method": "GET POST"}]}"#,
            r#""operations": {"exclude": [{"method": "GETT"}]}"#,
            r#""resources": "yes""#,
            r#""allowedFolders": "schemas""#,
            r#""allowedFolders": ["missing"]"#,
            r#""allowPrivateNetworks": 1"#,
            r#""refreshInterval": "often""#,
            r#""maxAnswerSize": 5"#,
            r#""maxIdleConnections": -1"#,
            r#""oauth": {}"#,
            r#""headers": {"authorization": "hush"}, "auth": {"type": "bearer", "token": "hush"}"#,
        ]
        .map(with_spec),
    );
    texts.extend(
        [
            r#""bearer hush""#,
            "{}",
            r#"{"type": "baerer"}"#,
            r#"{"type": "bearer"}"#,
            r#"{"type": "bearer", "toke": "hush"}"#,
            r#"{"type": "bearer", "token": "hush hush"}"#,
            r#"{"type": "bearer", "token": ""}"#,
            r#"{"type": "bearer", "token": "hush", "username": "u"}"#,
            r#"{"type": "basic", "username": "u"}"#,
            r#"{"type": "basic", "username": "u:v", "password": "hush"}"#,
            r#"{"type": "basic", "username": "u", "password": "hush\n"}"#,
            r#"{"type": "apiKey", "key": "hush"}"#,
            r#"{"type": "apiKey", "key": "hush", "name": "a b"}"#,
            r#"{"type": "apiKey", "key": "hush", "name": "Content-Type"}"#,
            r#"{"type": "apiKey", "key": "hush\n", "name": "a"}"#,
            r#"{"type": "apiKey", "key": "hush;hush", "name": "a", "in": "cookie"}"#,
            r#"{"type": "apiKey", "key": "hush", "name": "a=", "in": "cookie"}"#,
            r#"{"type": "apiKey", "key": "hush", "name": "a", "in": "path"}"#,
            r#"{"type": "oauth2", "clientId": "c", "clientSecret": "hush"}"#,
            r#"{"type": "oauth2", "client_id": "c"}"#,
            r#"{"type": "oauth2", "tokenUrl": "hush", "clientId": "c", "clientSecret": "hush"}"#,
            r#"{"type": "cognito"}"#,
            r#"{"type": "cognito", "clientId": "c", "username": "u"}"#,
            r#"{"type": "cognito", "clientId": "c", "clientSecret": "hush"}"#,
            r#"{"type": "cognito", "clientId": "c", "domain": "a/b"}"#,
            r#"{"type": "cognito", "clientId": "c", "region": "Ireland"}"#,
            r#"{"type": "sigv4"}"#,
            r#"{"type": "sigv4", "service": "es", "region": "x.example.com"}"#,
        ]
        .map(|auth| with_spec(&format!(r#""auth": {auth}"#))),
    );
    let mut messages = String::new();
    for text in texts {
        let message = if text.contains(r#""type": "sse""#) {
            let text = format!(r#"{{"mcpServers": {{"pets": {{{text}}}}}}}"#);
            Scene::new()
                .file("config.json", text)
                .message("--config @config.json")
        } else {
            entry(&text).message("--config @config.json")
        };
        assert!(!message.contains("hush"), "{message}");
        writeln!(messages, "{text}\n=> {message}\n").unwrap();
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn a_method_of_an_apis_own_or_with_a_star_is_no_slip() {
    for method in ["PURGE", "copy", "get", "G*TT", "*"] {
        let filter = format!(r#"{{"include": [{{"method": "{method}"}}]}}"#);
        let api = api(&format!(r#""spec": "https://x/y", "operations": {filter}"#));
        assert_eq!(api.options.include[0].method.as_deref(), Some(method));
    }
}

#[test]
fn what_only_a_change_of_the_config_can_mend_is_an_error_of_it() {
    for (members, problem) in [
        (
            r#""spec": ".""#,
            " is a folder; give the path of the document in it",
        ),
        (
            r#""spec": {"openapi": "3.1.0"}"#,
            "does not say at which host its API is",
        ),
        (
            r#""spec": {"openapi": "3.1.0", "servers": [{"url": "/v1"}]}"#,
            "put `url` beside it",
        ),
        (
            r#""spec": {"swagger": "2.0", "basePath": "/v1"}"#,
            "put `url` beside it",
        ),
        (
            r#""spec": {"swagger": "1.2"}, "url": "https://x""#,
            "it is Swagger 1.2; versions 2.0 and 3.0 to 3.2 are read",
        ),
        (
            r#""spec": ["pets.yaml", {"info": {}}]"#,
            "it has neither `openapi: 3.…` nor `swagger: \"2.0\"`",
        ),
    ] {
        let message = entry(members).message("--config @config.json");
        assert!(message.contains(problem), "{members}: {message}");
    }
    for fine in [
        r#""spec": {"openapi": "3.1.0"}, "url": "https://x""#,
        r#""spec": {"openapi": "3.1.0", "servers": [{"url": "https://{h}/", "variables": {"h": {"default": "x"}}}]}"#,
        r#""spec": {"swagger": "2.0", "host": "x", "schemes": ["https"]}"#,
        // The first says where the API is.
        r#""spec": ["pets.yaml", {"openapi": "3.1.0"}]"#,
    ] {
        assert!(!api(fine).specs.is_empty());
    }
}

#[test]
fn paths_are_relative_to_the_folder_of_the_config() {
    let scene = entry(r#""spec": "pets.yaml""#);
    let specs = load(&scene).2.specs;
    assert!(matches!(&specs[0], SpecSource::File(file) if file.is_absolute() && file.is_file()));
    assert!(!Path::new("pets.yaml").exists());
}
