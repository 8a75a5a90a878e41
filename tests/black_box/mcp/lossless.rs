//! What MCP callers are sent is what servers said, to the letter, and the other way round: for
//! each transport of callers and each kind of server.
//!
//! Servers over HTTP are gateways with the same server behind them: what survives two of them
//! survives HTTP between them.

use serde_json::json;
use tempfile::TempDir;

use super::callers::{Caller, Client, Spawned, Sse, member};
use crate::gateway::{Gateway, Launch, StateFile, wait_until};

/// Numbers, spellings, members and an order that a typed model would lose.
const ODD: &str = r#"{"z":1.10,"big":123456789012345678901234567890,"a":1e400,"neg":-0,"e":1E+2,"t":"\u00e9é\ud83d\ude00\/\\","":{"b":[],"$ref":null,"A":0.1000}}"#;

/// Whoever is asked something is served alone, so that log messages are known to be its own.
const ASKABLE: &str = r#"{"elicitation":{},"sampling":{},"roots":{}}"#;

/// Requests whose results are given, beside `tools/call`: what is asked, and the answer.
fn given() -> Vec<(&'static str, &'static str, String)> {
    let end = r#""resultType":"complete","ttlMs":7,"cacheScope":"private""#;
    vec![
        (
            "tools/list",
            "",
            format!(
                r#"{{"x":{ODD},"tools":[{{"zz":{ODD},"name":"echo_request","inputSchema":{{"type":"object","x-y":{ODD}}},"_meta":{{"a/b":{ODD}}}}},{{"name":"raw_result","inputSchema":{{"type":"object"}}}},{{"inputSchema":{{"type":"object"}},"name":"raw_line"}},{{"name":"rpc_error","inputSchema":{{"type":"object"}}}}],{end},"_meta":{{"c/d":{ODD}}}}}"#
            ),
        ),
        (
            "resources/read",
            r#""uri":"fixture://anything""#,
            format!(
                r#"{{"x":{ODD},"contents":[{{"uri":"fixture://anything","text":"t","y":{ODD}}},{{"hologram":{ODD}}}],{end}}}"#
            ),
        ),
        (
            "prompts/get",
            r#""name":"plain","arguments":{}"#,
            format!(
                r#"{{"messages":[{{"role":"user","content":{{"type":"hologram","data":{ODD}}},"x":1.10}}],{end},"_meta":{{"a/b":{ODD}}}}}"#
            ),
        ),
        (
            "completion/complete",
            r#""ref":{"type":"ref/prompt","name":"plain"},"argument":{"name":"a","value":"b"}"#,
            format!(r#"{{"completion":{{"values":["v"],"total":1.10,"x":{ODD}}},{end}}}"#),
        ),
    ]
}

/// A server, over one transport and in one era, and what keeps it running.
struct Upstream {
    state: StateFile,
    /// Its command, or its URL.
    words: Vec<String>,
    flags: Vec<&'static str>,
    _between: Option<Gateway>,
    _folder: TempDir,
}

const UPSTREAMS: [&str; 4] = ["stdio legacy", "stdio stateless", "http", "sse"];

#[track_caller]
fn upstream(kind: &str) -> Upstream {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.json");
    let answers = given();
    let answers = answers
        .iter()
        .map(|(method, _, result)| format!(r#""{method}":{result}"#));
    let answers: Vec<String> = answers.collect();
    std::fs::write(&path, format!("{{{}}}", answers.join(","))).unwrap();
    let state = StateFile::new();
    let era = if kind == "stdio stateless" {
        "stateless"
    } else {
        "legacy"
    };
    let flags = ["--era", era, "--answers-file", path.to_str().unwrap()];
    let command = state.fixture(&flags);
    let (words, flags, between) = match kind {
        "http" | "sse" => {
            let between = Gateway::single(&[], command);
            let (path, flags) = match kind {
                "http" => ("mcp", vec![]),
                _ => ("sse", vec!["--type", "sse"]),
            };
            let url = format!("http://{}/{path}", between.address);
            (vec![url], flags, Some(between))
        }
        _ => (command, vec![], None),
    };
    Upstream {
        state,
        words,
        flags,
        _between: between,
        _folder: folder,
    }
}

/// Does the same with each kind of caller, in front of each kind of server.
#[track_caller]
fn for_each_pair(check: impl Fn(&dyn Caller, &Upstream, &str)) {
    for kind in UPSTREAMS {
        let upstream = upstream(kind);
        let launch = Launch::new().flags(&upstream.flags);
        let gateway = launch.server(&upstream.words).start();
        let spawned = || Spawned::start(&upstream.flags, &upstream.words);
        let callers: [(&str, Box<dyn Caller + '_>); 5] = [
            (
                "session",
                Box::new(Client::session(&gateway, "/mcp", ASKABLE)),
            ),
            (
                "stateless",
                Box::new(Client::stateless(&gateway, "/mcp", ASKABLE)),
            ),
            ("sse", Box::new(Sse::open(&gateway, "/sse", ASKABLE))),
            (
                "stdio session",
                Box::new(spawned().with_session("2025-11-25", ASKABLE)),
            ),
            (
                "stdio stateless",
                Box::new(spawned().with_capabilities(ASKABLE)),
            ),
        ];
        for (transport, caller) in callers {
            check(
                caller.as_ref(),
                &upstream,
                &format!("{transport} before {kind}"),
            );
        }
    }
}

#[test]
fn results_errors_and_notifications_come_as_the_server_sent_them() {
    for_each_pair(|caller, _, pair| {
        let result = format!(
            r#"{{"zzz":{ODD},"content":[{{"type":"hologram","data":{ODD}}},{{"text":"t","type":"text","annotations":{ODD},"x":1.10}}],"structuredContent":{ODD},"_meta":{{"org.example/x":{ODD}}},"resultType":"complete","aaa":[1e400]}}"#
        );
        let arguments = json!({ "result": result }).to_string();
        assert_eq!(
            caller.call("raw_result", &arguments).result(),
            result,
            "{pair}"
        );
        for (method, members, result) in given() {
            let answer = caller.ask(method, members, "");
            assert_eq!(answer.result(), result, "{method}, {pair}");
        }
        let error = format!(r#"{{"code":-32000,"message":"m","data":{ODD}}}"#);
        assert_eq!(caller.call("rpc_error", &error).error(), error, "{pair}");

        let progress = |token: &str| {
            format!(r#"{{"x":{ODD},"progressToken":{token},"progress":1.10,"total":1e400}}"#)
        };
        let log = format!(r#"{{"y":1.10,"level":"error","logger":"l","data":{ODD}}}"#);
        let line = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{}}}
{{"jsonrpc":"2.0","method":"notifications/message","params":{log}}}
{{"jsonrpc":"2.0","id":$ID,"result":{{"content":[],"resultType":"complete"}}}}"#,
            progress("$TOKEN")
        );
        let arguments = json!({ "line": line }).to_string();
        let members = format!(r#""name":"raw_line","arguments":{arguments}"#);
        let meta = r#""progressToken":"a token","io.modelcontextprotocol/logLevel":"debug""#;
        let answer = caller.ask("tools/call", &members, meta);
        let said = |method: &str| {
            let of_method = |text: &&String| {
                member(text, "method").is_some_and(|it| it == format!(r#""{method}""#))
            };
            let text = answer.said.iter().find(of_method);
            text.and_then(|text| member(text, "params"))
                .unwrap_or_default()
        };
        assert_eq!(
            said("notifications/progress"),
            progress(r#""a token""#),
            "{pair}: {answer:?}"
        );
        assert_eq!(said("notifications/message"), log, "{pair}: {answer:?}");
    });
}

#[test]
fn parameters_go_up_as_the_caller_sent_them() {
    for_each_pair(|caller, upstream, pair| {
        let meta = format!(r#""org.example/up":{ODD}"#);
        let unknown = format!(r#""unknown":{ODD}"#);
        let members = format!(r#""name":"echo_request","arguments":{ODD},{unknown}"#);
        let seen = caller.ask("tools/call", &members, &meta).text();
        for piece in [
            format!(r#""arguments":{ODD}"#),
            unknown.clone(),
            meta.clone(),
        ] {
            assert!(seen.contains(&piece), "{piece} in {seen}, {pair}");
        }
        for (method, members, _) in given() {
            // Lists are asked for by the gateway itself.
            if method == "tools/list" {
                continue;
            }
            let asked = format!(r#"{members},{unknown},"of":"{pair}""#);
            caller.ask(method, &asked, &meta);
            let line = || {
                let lines = upstream.state.lines();
                lines.into_iter().find(|line| {
                    line.contains(method) && line.contains(&format!(r#""of":"{pair}""#))
                })
            };
            wait_until("the request is recorded", || line().is_some());
            let line = line().unwrap();
            for piece in [members, &unknown, &meta] {
                assert!(line.contains(piece), "{piece} in {line}, {pair}");
            }
        }
    });
}
