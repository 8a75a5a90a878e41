use std::fmt::Write as _;

use super::definition::SOURCE_VARIABLES;
use super::*;
use crate::config::env_vars;
use crate::config::openapi_mcp_server::settings::OpenApiSettings;
use crate::config::server::ServerType;
use crate::secrets::Secret;

fn parsed(line: &str) -> Result<Arguments, UsageError> {
    parse_from(
        std::iter::once("viceversa")
            .chain(line.split_whitespace())
            .map(OsString::from),
    )
}

#[test]
fn the_definition_is_consistent() {
    command().debug_assert();
}

#[test]
fn mcpos_letters_mean_what_they_mean_in_mcpo() {
    let arguments = parsed(
        "-h 0.0.0.0 -p 0 -k key -e A=1 -e B=x=y -n Name -d Text -v 2.0 -t cert -K key.pem -- run -p 1 --host x",
    )
    .unwrap();
    let ServeArguments { source, settings } = arguments.serve;
    assert_eq!(settings.listen.host.unwrap().to_string(), "0.0.0.0");
    assert_eq!(settings.listen.port, Some(0));
    assert_eq!(settings.access.api_key.unwrap().reveal(), "key");
    let env: Vec<_> = source
        .env
        .iter()
        .map(|(name, value)| (name.as_str(), value.reveal()))
        .collect();
    assert_eq!(env, [("A", "1"), ("B", "x=y")]);
    assert_eq!(settings.api.name.as_deref(), Some("Name"));
    assert_eq!(settings.api.description.as_deref(), Some("Text"));
    assert_eq!(settings.api.version.as_deref(), Some("2.0"));
    assert_eq!(settings.listen.ssl_certfile, Some("cert".into()));
    assert_eq!(settings.listen.ssl_keyfile, Some("key.pem".into()));
    assert_eq!(source.command, ["run", "-p", "1", "--host", "x"]);
    assert_eq!(
        parsed("-c config.json").unwrap().serve.source.config,
        ["config.json"]
    );
    let twice = parsed("--config a.json -c b.yaml").unwrap().serve.source;
    assert_eq!(twice.config, ["a.json", "b.yaml"]);
    assert!(parsed("-H {} -- x").unwrap().serve.source.header.is_some());
}

#[test]
fn server_types_are_understood_in_mcpos_spellings() {
    for (line, expected) in [
        ("--type stdio -- x", ServerType::Stdio),
        ("--server-type sse -- x", ServerType::Sse),
        ("--type=streamable-http -- x", ServerType::StreamableHttp),
        ("--type streamable_http -- x", ServerType::StreamableHttp),
        ("--type streamablehttp -- x", ServerType::StreamableHttp),
        ("--type http -- x", ServerType::StreamableHttp),
        ("--type OpenAPI -- x", ServerType::OpenApi),
    ] {
        assert_eq!(
            parsed(line).unwrap().serve.source.server_type,
            Some(expected),
            "{line}"
        );
    }
}

#[test]
fn origins_are_repeated_or_separated_by_commas() {
    let line = "--cors-allow-origins https://a.com,https://b.com --cors-allow-origins * -- x";
    let origins = parsed(line)
        .unwrap()
        .serve
        .settings
        .access
        .cors_allow_origins
        .unwrap();
    assert_eq!(origins.len(), 3);
}

#[test]
fn the_last_of_a_flag_wins_and_lists_grow() {
    for line in [
        "--port 1 --port 2 -k a -k b --public-docs --public-docs=false -e A=1 -e B=2 --cors-allow-origins https://a --cors-allow-origins https://b -- x",
        "demo --port 1 --port 2 -k a -k b --public-docs --public-docs=false --cors-allow-origins https://a --cors-allow-origins https://b",
    ] {
        let arguments = parsed(line).unwrap();
        let settings = match arguments.command {
            Some(Command::Demo(demo)) => *demo.settings,
            _ => arguments.serve.settings,
        };
        assert_eq!(settings.listen.port, Some(2), "{line}");
        assert_eq!(settings.access.api_key, Some(Secret::new("b")), "{line}");
        assert_eq!(settings.access.public_docs, Some(false), "{line}");
        assert_eq!(settings.access.cors_allow_origins.unwrap().len(), 2);
    }
    let arguments = parsed("-c a -c b -e A=1 -e B=2").unwrap().serve.source;
    assert_eq!(arguments.config, ["a", "b"]);
    assert_eq!(arguments.env.len(), 2);
}

#[test]
fn switches_take_no_value_or_one_after_an_equals_sign() {
    let access = |line| parsed(line).unwrap().serve.settings.access;
    assert_eq!(
        access("--strict-auth --public-docs -- x").strict_auth,
        Some(true)
    );
    assert_eq!(access("--public-docs=false -- x").public_docs, Some(false));
    assert_eq!(access("-- x").public_docs, None);
}

#[test]
fn demo_takes_global_settings() {
    let arguments = parsed("demo --port 9000 -k key").unwrap();
    let Some(Command::Demo(demo)) = arguments.command else {
        panic!("not demo")
    };
    assert_eq!(demo.settings.listen.port, Some(9000));
    assert!(matches!(
        parsed("demo-server").unwrap().command,
        Some(Command::DemoServer)
    ));
}

#[test]
fn stdio_takes_what_the_gateway_takes_without_a_commands_name() {
    let stdio = |line| match parsed(line).unwrap().command {
        Some(Command::Stdio(stdio)) => *stdio.serve,
        other => panic!("not stdio: {other:?}"),
    };
    let ServeArguments { source, settings } =
        stdio("stdio --log-level debug -e A=1 -- uvx mcp-server-time --port 1");
    assert_eq!(source.command, ["uvx", "mcp-server-time", "--port", "1"]);
    assert_eq!(source.env.len(), 1);
    assert_eq!(settings.log.log_level.unwrap().directives(), "debug");
    assert_eq!(settings.listen.port, None);
    let source = stdio("stdio -c config.json").source;
    assert_eq!(source.config, ["config.json"]);
}

#[test]
fn what_describes_a_rest_api_is_understood_with_and_without_stdio() {
    let line = "--type openapi --api-url https://x --auth-type api_key --auth-api-key k --debug \
                --allow-private-networks --no-validate-output=false -- openapi.yaml";
    let with_stdio = parsed(&format!("stdio {line}")).unwrap();
    let Some(Command::Stdio(stdio)) = with_stdio.command else {
        panic!("stdio")
    };
    for serve in [parsed(line).unwrap().serve, *stdio.serve] {
        assert_eq!(serve.source.server_type, Some(ServerType::OpenApi));
        assert_eq!(serve.source.command, ["openapi.yaml"]);
        let api = serve.source.openapi;
        assert_eq!(api.no_validate_output, Some(false));
        let given: Vec<String> = api.given().collect();
        assert_eq!(
            given,
            [
                "--api-url",
                "--allow-private-networks",
                "--auth-type",
                "--auth-api-key",
                "--debug",
                "--no-validate-output"
            ]
        );
    }
}

#[test]
fn every_flag_of_a_rest_api_names_its_variable() {
    let command = command();
    for (id, variable) in OpenApiSettings::NAMES {
        let Some(arg) = command.get_arguments().find(|arg| arg.get_id() == *id) else {
            assert_eq!(
                *id, "enable_operation_prompts",
                "that program has no flag for it"
            );
            continue;
        };
        assert_eq!(arg.get_long(), Some(id.replace('_', "-").as_str()));
        let help = arg.get_help().map(ToString::to_string).unwrap();
        assert!(help.contains(&format!("[env: {variable}]")), "{help}");
    }
}

#[test]
fn a_guard_takes_whatever_follows() {
    let arguments = parsed("guard 3 -- sh -c true --port 1").unwrap();
    let Some(Command::Guard(guard)) = arguments.command else {
        panic!("not guard")
    };
    assert_eq!(guard.args, ["3", "--", "sh", "-c", "true", "--port", "1"]);
}

#[test]
fn a_command_named_like_one_of_ours_is_served_after_the_dashes() {
    let arguments = parsed("-- demo --help").unwrap();
    assert!(arguments.command.is_none());
    assert_eq!(arguments.serve.source.command, ["demo", "--help"]);
}

#[test]
fn mistakes_are_explained() {
    let mut messages = String::new();
    for line in [
        "uvx mcp-server-time",
        "--port 8000 uvx mcp-server-time",
        "dmeo",
        "--prot 8000 -- x",
        "--apikey x -- x",
        "--version",
        "-v",
        "-h",
        "--port 70000 -- x",
        "--host http://localhost -- x",
        "--host localhost:80 -- x",
        "--env TOKEN -- x",
        "--env =secret -- x",
        "--call-timeout soon -- x",
        "--call-timeout 0 -- x",
        "--max-body-size huge -- x",
        "--validate cource -- x",
        "--tool-error-status 200 -- x",
        "--type grpc -- x",
        "--log-level loud -- x",
        "--cors-allow-origins example.com -- x",
        "--workers 0 -- x",
        "--name-separator : -- x",
        "--name-separator= -- x",
        "--discovery serach -- x",
        "--max-sessions 0 -- x",
        "--replica my/replica -- x",
        "--peers b -- x",
        "--peers b=http://me:hush@b -- x",
        "--sse-path / -- x",
        "--message-path /mcp/messages -- x",
        "--public-docs=perhaps -- x",
        "demo uvx",
        "stdio uvx mcp-server-time",
        "stdio --prot 1 -- x",
        "stido --config x",
        "--port 1 stdio",
        "--port 1 demo",
        "tols",
        "tools --url http://a --config x",
        "tools --url http://a -- uvx x",
        "tools --ca-file x",
        "tools --output yaml",
        "call",
        "call a b c",
        "call a b --agr x=1",
        "openapi a b",
        "openapi --output table",
        "completions",
        "completions tcsh",
        "man a b",
        "check --url http://a",
        "tools --color perhaps",
    ] {
        let error = parsed(line).expect_err(line);
        assert_eq!(error.exit_code(), 64, "{line}");
        assert!(!error.to_string().contains("hush"), "{error}");
        writeln!(messages, "$ viceversa {line}\n{error}\n").unwrap();
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn help_and_version_are_no_errors() {
    for line in ["--help", "-V", "--program-version"] {
        assert_eq!(parsed(line).expect_err(line).exit_code(), 0, "{line}");
    }
    insta::assert_snapshot!(command().term_width(100).render_help());
}

#[test]
fn each_command_has_a_help_of_its_own() {
    let mut command = command().term_width(100);
    command.build();
    let visible = command.get_subcommands_mut();
    for subcommand in visible.filter(|command| !command.is_hide_set()) {
        let name = subcommand.get_name().to_owned();
        let line = format!("{name} --help");
        assert_eq!(parsed(&line).expect_err(&line).exit_code(), 0, "{line}");
        insta::assert_snapshot!(format!("help_of_{name}"), subcommand.render_help());
    }
}

#[test]
fn what_is_asked_is_told_apart_from_whom() {
    let call = |line| match parsed(line).unwrap().command {
        Some(Command::Call(call)) => call,
        other => panic!("not call: {other:?}"),
    };
    let one = call("call add -a a=1 --arg b:=2 --json - -- server --arg x");
    assert_eq!(one.names, ["add"]);
    assert_eq!(one.arguments, ["a=1", "b:=2"]);
    assert_eq!(one.json.as_deref(), Some("-"));
    assert_eq!(one.ask.serve.source.command, ["server", "--arg", "x"]);
    let two = call("call time now --url http://a --ca-file x -k key --port 1");
    assert_eq!(two.names, ["time", "now"]);
    assert_eq!(two.ask.url.as_deref(), Some("http://a"));
    assert!(two.ask.tls.ca_file.is_some());
    let Some(Command::Tools(tools)) = parsed("tools a b -c x").unwrap().command else {
        panic!("not tools")
    };
    assert_eq!(tools.servers, ["a", "b"]);
    assert_eq!(parsed("--color never").unwrap().color, ColorWhen::Never);
    assert_eq!(
        parsed("tools --color never").unwrap().color,
        ColorWhen::Never
    );
}

#[test]
fn every_setting_has_a_flag_a_variable_and_a_key_of_the_same_name() {
    let command = command();
    let mut variables = Vec::new();
    for (id, own, key) in Settings::names() {
        let arg = command
            .get_arguments()
            .find(|arg| arg.get_id() == *id)
            .expect(id);
        let kebab = id.replace('_', "-");
        assert_eq!(arg.get_long(), Some(kebab.as_str()));
        assert_eq!(own[0], format!("VICEVERSA_{}", id.to_uppercase()));
        let camel = kebab
            .split('-')
            .enumerate()
            .map(|(index, word)| match index {
                0 => word.to_owned(),
                _ => word[..1].to_uppercase() + &word[1..],
            });
        assert_eq!(*key, camel.collect::<String>());
        variables.push(own[0]);
    }
    variables.extend(SOURCE_VARIABLES.map(|(_, variable)| variable));
    variables.sort_unstable();
    let mut listed = env_vars::OWN;
    listed.sort_unstable();
    assert_eq!(variables, listed);
}

#[test]
fn a_negative_number_is_a_value_that_is_out_of_range() {
    for (line, says) in [
        ("--port -1 -- x", "from 0 to 65535"),
        ("-p -1 -- x", "from 0 to 65535"),
        ("--port abc -- x", "from 0 to 65535"),
        ("--workers -1 -- x", "from 1 to 1024"),
        ("--call-timeout -1 -- x", "duration"),
        ("demo --port -1", "from 0 to 65535"),
    ] {
        let message = parsed(line).unwrap_err().to_string();
        assert!(message.contains(says), "{line}: {message}");
        assert!(
            !message.contains("unexpected argument"),
            "{line}: {message}"
        );
    }
}

#[test]
fn demo_says_that_it_takes_no_command() {
    for line in ["demo -- x", "demo x", "demo --port 0 -- x -y"] {
        let message = parsed(line).unwrap_err().to_string();
        assert!(message.contains("takes no command"), "{line}: {message}");
    }
    let message = parsed("demo --prot 0").unwrap_err().to_string();
    assert!(message.contains("--prot"), "{message}");
}
