use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::strategy::{Union, ValueTree as _};
use serde_json::{Map, Value, json};

use super::*;
use crate::config::document::Document;
use crate::config::server::UpstreamConfig;
use crate::config::tests::of_document;
use crate::config::{Config, GatewayConfig};
use crate::gateway::ArgumentOverride;
use crate::json::Raw;
use crate::upstream::rest::settings::SpecSource;

/// A member: its key, and values that it can have.
type Key = (&'static str, Union<BoxedStrategy<Value>>);

fn any_of(values: impl IntoIterator<Item = Value>) -> Union<BoxedStrategy<Value>> {
    Union::new(values.into_iter().map(|value| Just(value).boxed()))
}

macro_rules! members {
    ($($key:literal: [$($value:tt),* $(,)?]),* $(,)?) => {
        vec![$(($key, any_of([$(json!($value)),*]))),*]
    };
}

/// Objects with some of these members.
fn object(keys: Vec<Key>) -> BoxedStrategy<Map<String, Value>> {
    let keys = keys.into_iter().map(|(key, values)| {
        prop::option::weighted(0.3, values).prop_map(move |value| value.map(|value| (key, value)))
    });
    keys.collect::<Vec<_>>()
        .prop_map(|members| {
            let members = members.into_iter().flatten();
            members
                .map(|(key, value)| (key.to_owned(), value))
                .collect()
        })
        .boxed()
}

fn with(
    base: Map<String, Value>,
    objects: BoxedStrategy<Map<String, Value>>,
) -> BoxedStrategy<Map<String, Value>> {
    objects
        .prop_map(move |mut object| {
            object.extend(base.clone());
            object
        })
        .boxed()
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn all_servers() -> Vec<Key> {
    members! {
        "disabled": [false, true, "${NO:-false}"],
        "disabledTools": [[], ["a", "b"]], "title": ["A title", "ü: {}"], "description": ["Words.\nAnd more"],
        "version": ["1.0", 2, true], "discovery": ["full", "SEARCH"], "startTimeout": ["3m", 5, "${T:-5s}"],
        "callTimeout": ["250ms", "10s"], "maxCallTimeout": ["1m30s", "2h"], "maxLineSize": ["1MiB", 4096],
        "tools": [{}, ["*"], {"t": {"name": "u", "description": "d"}}, {"t": null},
                  {"t": {"arguments": {"a": {"fixed": null}, "b": {"hidden": true}, "c": {"fixed": {"x": [1, "y"]}}}}}],
        "autoApprove": [[]], "unknownToAll": [5],
    }
}

fn program() -> BoxedStrategy<Map<String, Value>> {
    let mut keys = members! {
        "type": ["stdio", "STDIO"], "args": [["a", 5, "${X:-y}", "$${X}"], []],
        "env": [{"A": "b", "N": 5, "T": true, "NONE": null}], "cwd": ["/"],
        "inheritEnv": [true, false, ["LANG"], "${I:-true}"],
        "isolation": ["session", "shared", "auto"], "protocolVersion": ["2025-06-18"],
    };
    keys.extend(all_servers());
    with(map(json!({"command": "uvx"})), object(keys))
}

fn http() -> Vec<Key> {
    members! {
        "headers": [{"X-Team": "blue", "X-Number": 5, "X-None": null}],
        "client_header_forwarding": [{"enabled": true, "whitelist": ["X-User-*"], "debug_headers": true, "max_identities": 5, "idle_timeout": "1m"},
                                     {"enabled": false}],
        "insecure_skip_verify": [true, false], "connectTimeout": ["1s"], "firstByteTimeout": [2],
        "maxIdleConnections": [0, 20],
    }
}

fn remote() -> BoxedStrategy<Map<String, Value>> {
    let mut keys = members! {
        "transport": ["sse", "streamable_http", "http"], "idleTimeout": ["1d"],
        "isolation": ["auto", "shared"], "protocolVersion": ["2024-11-05"],
        "oauth": [{}, {"server_url": "https://a.example", "storage_type": "memory", "scope": "a b", "callback_port": 3030, "use_loopback": false},
                  {"grantType": "client_credentials", "clientId": "c", "clientSecret": "s", "scopes": ["a"]},
                  {"client_metadata": {"client_name": "G", "software_id": "5", "redirect_uris": ["http://localhost:3030/callback"]}}],
    };
    keys.extend(http());
    keys.extend(all_servers());
    with(map(json!({"url": "https://example.com/mcp"})), object(keys))
}

fn api() -> BoxedStrategy<Map<String, Value>> {
    let mut keys = members! {
        "type": ["openapi"], "url": ["https://api.example.com/v1"], "resources": [true], "prompts": [false],
        "operations": [{"include": ["a*", {"tag": "b", "method": "get"}], "exclude": [{"path": "/x/*", "operationId": "y"}]}],
        "auth": [{"type": "none"}, {"type": "basic", "username": "u", "password": "p"}, {"type": "bearer", "token": "t"},
                 {"type": "apikey", "in": "query", "name": "n", "key": "k"},
                 {"type": "oauth2", "tokenUrl": "https://x/token", "clientId": "c", "clientSecret": "s", "scopes": "a b", "audience": "d"},
                 {"type": "cognito", "clientId": "c", "username": "u", "password": "p", "userPoolId": "e-1_A", "region": "eu-west-1"},
                 {"type": "sigv4", "service": "execute-api"}],
        "validateOutput": ["off", "strict"], "allowedFolders": [["/"]], "allowPrivateNetworks": [true],
        "allowInsecureHttp": [true], "refreshInterval": [0, "5m"], "maxAnswerSize": ["2MiB"],
    };
    keys.extend(http());
    keys.extend(
        all_servers()
            .into_iter()
            .filter(|(key, _)| !matches!(*key, "maxLineSize" | "unknownToAll")),
    );
    with(
        map(json!({"spec": ["https://x/y", {"openapi": "3.1.0", "n": [1, {}]}]})),
        object(keys),
    )
}

/// Keys with grants, as `gateway.auth` has them.
fn auth() -> BoxedStrategy<Value> {
    let grants = object(members! {
        "servers": [["a*", "!b"], ["*"], []], "groups": [["*"], ["!g"]], "tools": [["a.*", "!a.x"], ["get_*"]],
        "readOnly": [true, "${R:-false}"], "resources": [true, false], "prompts": [false], "protocols": [["mcp"], ["rest", "mcp"]],
        "admin": [true, false], "metrics": [true],
    });
    let expires = any_of([
        json!("2130-12-31T00:00:00Z"),
        json!("2130-01-01T00:00:00+01:00"),
    ]);
    let key = (
        any::<bool>(),
        prop::option::of(expires),
        prop::option::of(grants),
    );
    prop::collection::vec(key, 0..4)
        .prop_map(|keys| {
            let keys = (0..).zip(keys).map(|(index, (is_hash, expires, grants))| {
                let mut key = map(json!({"name": format!("owner-{index}")}));
                if is_hash {
                    key.insert("hash".to_owned(), json!(format!("sha256:{index:064x}")));
                } else {
                    key.insert("key".to_owned(), json!(format!("${{K:-key-{index}}}")));
                }
                key.extend(expires.map(|expires| ("expires".to_owned(), expires)));
                key.extend(grants.map(|grants| ("grants".to_owned(), Value::Object(grants))));
                Value::Object(key)
            });
            json!({"keys": keys.collect::<Vec<_>>()})
        })
        .boxed()
}

fn gateway() -> BoxedStrategy<Map<String, Value>> {
    let mut keys = members! {
        "name": ["N"], "description": ["D"], "version": ["3"], "operationIds": ["tool", "MCPO"], "recursion": ["cut"],
        "host": ["127.0.0.1", "::1"], "port": [0, 9000, "${P:-8001}"], "pathPrefix": ["/p"], "rootPath": ["/r"], "workers": [2],
        "maxConnections": [100], "apiKey": ["key", "${K:-key}"], "publicDocs": [true, "${D:-false}"],
        "corsAllowOrigins": ["*", ["https://a.example"], "https://a.example,https://b.example"],
        "callTimeout": ["5s"], "maxCallTimeout": ["1h"], "startTimeout": [60], "startWait": [0], "maxConcurrentCalls": [4],
        "validate": ["strict", "off"], "toolErrorStatus": [500], "nameSeparator": ["-"], "discovery": ["search"],
        "sessionIdleTimeout": ["1m"], "maxSessions": [5], "resumeWait": ["1s"], "sessionKey": ["0123456789012345678901234567890123"],
        "replica": ["one"], "ssePath": ["/events"], "messagePath": ["/post"], "maxBodySize": ["1MiB"],
        "maxLineSize": ["2MiB"], "headerTimeout": ["5s"], "bodyTimeout": ["6s"], "shutdownTimeout": [0], "tokenDir": ["/tokens"],
        "logLevel": ["debug", "info,a=debug"], "logFormat": ["json"], "hotReload": [true], "pollInterval": ["2s"],
    };
    keys.push(("auth", Union::new([auth()])));
    object(keys)
}

/// Configs over all keys, most of which can be read.
pub(crate) fn configs() -> impl Strategy<Value = Value> {
    let entry = prop_oneof![program(), remote(), api()];
    let group = object(members! {
        "tools": [["a.*", "!a.x"], ["*"]], "name": ["G"], "description": ["D"], "version": ["1"], "discovery": ["search"],
    });
    let servers = prop::collection::vec(entry, 1..5);
    let names = Just(vec!["a", "b c", "d.e", "é", "f"]).prop_shuffle();
    (
        servers,
        names,
        prop::option::of(group),
        prop::option::of(gateway()),
    )
        .prop_map(|(servers, names, group, gateway)| {
            let servers: Map<String, Value> = names
                .iter()
                .zip(servers)
                .map(|(name, server)| ((*name).to_owned(), Value::Object(server)))
                .collect();
            let mut config = map(json!({"$schema": "x", "theme": "dark"}));
            if let Some(mut group) = group
                && servers.contains_key("a")
            {
                group.insert("servers".into(), json!(["a"]));
                config.insert("groups".into(), json!({"g": group, "none": null}));
            }
            config.insert("mcpServers".into(), Value::Object(servers));
            if let Some(gateway) = gateway {
                config.insert("gateway".into(), Value::Object(gateway));
            }
            Value::Object(config)
        })
}

/// Reads a config of one text, with no variables set.
pub(crate) fn read(name: &str, text: &str) -> Result<Config, ConfigError> {
    let expander = crate::config::expansion::Expander::new(
        crate::config::environment::Environment::default(),
        std::sync::Arc::default(),
    );
    let text = crate::config::document::Text::of_file(Path::new(name), text.as_bytes())?;
    of_document(Document::of_texts(vec![text], expander)?)
}

/// All that a config says. Of JSON within it, white space says nothing.
fn meaning(config: &Config) -> impl PartialEq + std::fmt::Debug + use<> {
    let compact = |raw: &Raw| Raw::from_value(&serde_json::from_str::<Value>(raw.get()).unwrap());
    let gateway: GatewayConfig = config.gateway.clone();
    let groups: Vec<_> = config.groups.clone().into_iter().collect();
    let mut servers: Vec<_> = config.servers.clone().into_iter().collect();
    for (_, server) in &mut servers {
        if let UpstreamConfig::OpenApi(api) = &mut server.upstream {
            for spec in &mut api.specs {
                if let SpecSource::Inline(raw) = spec {
                    *raw = compact(raw);
                }
            }
        }
        let arguments = server
            .tools
            .values_mut()
            .flat_map(|tool| tool.arguments.values_mut());
        for argument in arguments {
            if let ArgumentOverride::Fixed(raw) = argument {
                *raw = compact(raw);
            }
        }
    }
    (
        servers,
        config.disabled.clone(),
        groups,
        gateway,
        config.reload,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_config_that_can_be_read_says_the_same_in_its_canonical_form(config in configs()) {
        let text = config.to_string();
        let Ok(first) = read("c.json", &text) else {
            return Ok(());
        };
        let file = ConfigFile::read(Path::new("c.json"), text.as_bytes()).unwrap();
        let canonical = file.to_json();
        let second = read("c.json", &canonical).unwrap_or_else(|error| panic!("{error}\n{canonical}"));
        prop_assert!(meaning(&first) == meaning(&second), "{text}\n{canonical}");
        // It has nothing in it that is not ours, and is its own canonical form.
        prop_assert!(!canonical.contains("unknownToAll") && !canonical.contains("debug_headers"));
        let again = ConfigFile::read(Path::new("c.json"), canonical.as_bytes()).unwrap();
        prop_assert_eq!(again.to_json(), canonical);
    }

    #[test]
    fn a_config_says_the_same_in_json_yaml_and_toml(config in configs()) {
        let json = config.to_string();
        let first = read("c.json", &json);
        let yaml = serde_saphyr::to_string(&config).unwrap();
        let mut readings = vec![("c.yaml", yaml)];
        // TOML has no null.
        if let Ok(toml) = toml::to_string(&config) {
            readings.push(("c.toml", toml));
        }
        for (name, text) in readings {
            match (&first, read(name, &text)) {
                (Ok(first), Ok(second)) => prop_assert!(meaning(first) == meaning(&second), "{json}\n{text}"),
                (Err(_), Err(_)) => {}
                (first, second) => prop_assert!(false, "{:?} {:?}\n{json}\n{text}", first.as_ref().err(), second.err()),
            }
        }
    }

    #[test]
    fn what_the_reader_takes_fits_the_schema(config in configs()) {
        static VALIDATOR: LazyLock<jsonschema::Validator> =
            LazyLock::new(|| jsonschema::validator_for(&json_schema::document()).unwrap());
        if read("c.json", &config.to_string()).is_ok() {
            let wrong = VALIDATOR.iter_errors(&config).map(|error| format!("{}: {error}", error.instance_path()));
            prop_assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new(), "{}", config);
        }
    }
}

#[test]
fn most_of_the_random_configs_can_be_read() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let configs = configs();
    let good = (0..100).filter(|_| {
        let config = configs.new_tree(&mut runner).unwrap().current();
        read("c.json", &config.to_string()).is_ok()
    });
    assert!(good.count() > 30);
}
