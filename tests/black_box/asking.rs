//! `viceversa tools`, `call` and `openapi`: with servers that they start, and with a gateway that
//! runs. Both must say the same.

use std::fmt::Write as _;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{
    Finished, Gateway, Launch, StateFile, binary, entry, fixture, run_to_end, wait_until,
};
use crate::tls::self_signed;

/// The demo server twice, one of them with a tool renamed, and a group of both.
fn config() -> Value {
    let demo = entry(&demo());
    let mut other = demo.clone();
    other["tools"] = json!({"add": {"name": "plus", "arguments": {"b": {"fixed": 1}}}});
    json!({
        "mcpServers": {"demo": demo, "other": other},
        "groups": {"sums": {"servers": ["demo", "other"], "tools": ["demo.add", "other.plus"]}},
    })
}

fn demo() -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_viceversa").to_owned();
    vec![program, "demo-server".to_owned()]
}

/// The same command, with servers of its own and of a gateway of the same config.
struct Both {
    folder: TempDir,
    gateway: Gateway,
}

impl Both {
    fn start(config: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let gateway = Launch::new().key("top-secret").config(config).start();
        // What is asked is what both know.
        wait_until("all servers have started", || {
            let status = gateway.request("GET", "/status").send().json();
            let servers = status["servers"].as_array().unwrap().clone();
            servers.iter().all(|server| server["state"] != "starting")
        });
        Self { folder, gateway }
    }

    fn url(&self) -> String {
        format!("http://{}", self.gateway.address)
    }

    /// The command with servers of its own.
    fn alone(&self, words: &[&str]) -> Finished {
        run_to_end(self.command(
            words,
            &["--config", "config.json", "--api-key", "top-secret"],
        ))
    }

    fn at_gateway(&self, words: &[&str]) -> Finished {
        let url = self.url();
        run_to_end(self.command(words, &["--url", &url, "--api-key", "top-secret"]))
    }

    fn command(&self, words: &[&str], flags: &[&str]) -> Command {
        let mut command = binary();
        command
            .current_dir(self.folder.path())
            .args(words)
            .args(flags);
        command
    }

    /// What both say, which is the same.
    #[track_caller]
    fn say(&self, words: &[&str]) -> Finished {
        let (alone, at_gateway) = (self.alone(words), self.at_gateway(words));
        assert_eq!(alone.stdout, at_gateway.stdout, "{words:?}");
        assert_eq!(alone.stderr, at_gateway.stderr, "{words:?}");
        assert_eq!(alone.code, at_gateway.code, "{words:?}");
        alone
    }
}

#[test]
fn servers_that_are_started_and_a_gateway_that_runs_say_the_same() {
    let both = Both::start(&config());

    let all = both.say(&["tools"]);
    assert_eq!(all.code, Some(0), "{all:?}");
    assert!(all.stdout.contains("get_current_time"), "{all:?}");
    assert!(all.stdout.contains("read-only"), "{all:?}");
    assert!(all.stdout.contains("plus"), "{all:?}");
    let whole = both.say(&["tools", "demo", "--output", "json"]);
    let servers: Value = serde_json::from_str(&whole.stdout).unwrap();
    assert_eq!(servers[0]["server"], "demo");
    let tools = servers[0]["tools"].as_array().unwrap();
    let add = tools.iter().find(|tool| tool["name"] == "add").unwrap();
    assert!(add["inputSchema"]["properties"]["a"].is_object(), "{add}");
    let group = both.say(&["tools", "sums", "--output", "json"]);
    assert!(group.stdout.contains("demo__add"), "{group:?}");
    assert!(group.stdout.contains("other__plus"), "{group:?}");

    let sum = both.say(&["call", "demo", "add", "--arg", "a=2", "-a", "b=3"]);
    assert_eq!((sum.code, sum.stdout.trim()), (Some(0), "5"), "{sum:?}");
    let sum = both.say(&["call", "sums", "other__plus", "--json", r#"{"a": 41}"#]);
    assert_eq!((sum.code, sum.stdout.trim()), (Some(0), "42"), "{sum:?}");
    let numbers = both.say(&["call", "demo", "structured", "--arg", "numbers=[3, 1, 4]"]);
    let value: Value = serde_json::from_str(&numbers.stdout).unwrap();
    assert_eq!(value["count"], 3, "{numbers:?}");
    let repeated = [
        "call",
        "demo",
        "structured",
        "-a",
        "numbers=3",
        "-a",
        "numbers=1",
    ];
    let repeated = both.say(&repeated);
    let value: Value = serde_json::from_str(&repeated.stdout).unwrap();
    assert_eq!(value["count"], 2, "{repeated:?}");
    let whole = both.say(&[
        "call", "demo", "add", "-a", "a=2", "-a", "b=3", "--output", "json",
    ]);
    let whole: Value = serde_json::from_str(&whole.stdout).unwrap();
    assert_eq!(whole["content"][0]["text"], "5");

    let failed = both.say(&["call", "demo", "fail", "--arg", "message=as wished"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stderr.contains("as wished"), "{failed:?}");
    assert!(failed.stdout.is_empty(), "{failed:?}");

    for words in [
        &["openapi", "demo"][..],
        &["openapi", "sums", "--output", "yaml"],
        &["openapi"],
    ] {
        let document = both.say(words);
        assert_eq!(document.code, Some(0), "{document:?}");
        assert!(document.stdout.contains("openapi"), "{document:?}");
    }
}

#[test]
fn what_can_t_be_done_is_told_with_the_nearest_names_and_a_code() {
    let mut config = config();
    config["mcpServers"]["bad"] = json!({"command": "/no/such/program-for-viceversa"});
    let both = Both::start(&config);
    let mut messages = String::new();
    for (words, code) in [
        (&["tools", "dmeo"][..], 64),
        (&["tools", "nothing-like-it"], 64),
        (&["call", "demo", "ad", "--arg", "a=1"], 64),
        (&["call", "demo", "no-such-thing"], 64),
        (&["call", "demo", "add", "--arg", "a"], 64),
        (&["call", "demo", "add", "--arg", "a:=x"], 64),
        (&["call", "demo", "add", "--json", "[]"], 64),
        (&["call", "demo", "add", "--json", "@no-such-file"], 66),
        (&["call", "demo", "add", "--arg", "a=x"], 65),
        (&["call", "add"], 64),
        (&["call", "bad", "x"], 69),
        (&["tools", "bad"], 69),
        (&["openapi", "bad"], 69),
    ] {
        let said = both.say(words);
        assert_eq!(said.code, Some(code), "{words:?} {said:?}");
        assert!(said.stdout.is_empty() || words[0] == "tools", "{said:?}");
        writeln!(messages, "$ viceversa {}\n{}", words.join(" "), said.stderr).unwrap();
    }
    insta::assert_snapshot!(messages);
    // Of the others all is shown, and the exit code tells that it is not all.
    let tools = both.say(&["tools"]);
    assert_eq!(tools.code, Some(69), "{tools:?}");
    assert!(tools.stdout.contains("get_current_time"), "{tools:?}");
}

#[test]
fn a_gateway_that_is_none_or_refuses_is_told_in_plain_words() {
    let gateway = Gateway::single(&["--api-key", "top-secret"], fixture(&[]));
    let url = format!("http://{}", gateway.address);
    let ask = |url: &str, flags: &[&str]| {
        let mut command = binary();
        run_to_end({
            command.args(["tools", "--url", url]).args(flags);
            command
        })
    };
    let said = ask(&url, &[]);
    assert_eq!(said.code, Some(77), "{said:?}");
    assert!(said.stderr.contains("wants a key"), "{said:?}");
    let said = ask(&url, &["--api-key", "wrong-one"]);
    assert_eq!(said.code, Some(77), "{said:?}");
    assert!(said.stderr.contains("refuses this key"), "{said:?}");
    assert!(!said.stderr.contains("wrong-one"), "{said:?}");
    let said = ask(&url, &["--api-key", "top-secret"]);
    assert_eq!(said.code, Some(0), "{said:?}");

    let said = ask("nonsense", &[]);
    assert_eq!(said.code, Some(64), "{said:?}");
    let said = ask("http://127.0.0.1:1", &[]);
    assert_eq!(said.code, Some(69), "{said:?}");
    assert!(said.stderr.contains("127.0.0.1:1"), "{said:?}");
    let said = ask(&url, &["--config", "x.json"]);
    assert_eq!(said.code, Some(64), "{said:?}");

    // Something else that answers.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        while let Ok((mut stream, _)) = other.accept() {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
        }
    });
    let said = ask(&format!("http://{address}"), &[]);
    assert_eq!(said.code, Some(76), "{said:?}");
    assert!(said.stderr.contains("is no viceversa"), "{said:?}");
}

#[test]
fn a_path_prefix_and_a_single_server_are_found_by_themselves() {
    let prefixed = ["--api-key", "top-secret", "--path-prefix", "/v1/"];
    for (flags, path) in [(&prefixed[..2], ""), (&prefixed, ""), (&prefixed, "/v1")] {
        let gateway = Gateway::single(flags, demo());
        gateway.wait_for_log("ready");
        let url = format!("http://{}{path}", gateway.address);
        let mut command = binary();
        command.args(["call", "add", "--arg", "a=1", "--arg", "b=1", "--url", &url]);
        command.env("VICEVERSA_API_KEY", "top-secret");
        let said = run_to_end(command);
        assert_eq!((said.code, said.stdout.trim()), (Some(0), "2"), "{said:?}");
    }
}

#[test]
fn contents_that_are_no_text_become_files_and_none_is_overwritten() {
    let both = Both::start(&config());
    let folder = both.folder.path().join("saved");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("image-1.png"), "mine").unwrap();
    for number in [2, 3] {
        let words = ["call", "demo", "image", "--save", "saved"];
        let said = if number == 2 {
            both.alone(&words)
        } else {
            both.at_gateway(&words)
        };
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.stdout.is_empty(), "{said:?}");
        let name = format!("saved/image-{number}.png");
        assert!(said.stderr.contains(&name), "{said:?}");
        let bytes = std::fs::read(both.folder.path().join(name)).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
    }
    assert_eq!(std::fs::read(folder.join("image-1.png")).unwrap(), b"mine");
    let linked = both.say(&["call", "demo", "resource_link"]);
    assert!(linked.stdout.contains("://"), "{linked:?}");
}

#[test]
fn texts_pass_through_pipes_as_they_are() {
    let text = "\u{1b}[31mred\u{7}\r\n\u{202e}x";
    let said = Launch::new()
        .without_port()
        .subcommand("call")
        .flags(["echo", "--arg", &format!("message={text}")])
        .server(demo())
        .run_to_end();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(said.stdout, format!("{text}\n"));
}

#[test]
fn what_a_server_wrote_before_it_failed_is_shown() {
    let config = json!({"mcpServers": {"bad": {"command": "sh", "args": ["-c", "echo because of this >&2; exit 3"]}}});
    let both = Both::start(&config);
    let said = both.say(&["tools", "bad"]);
    assert_eq!(said.code, Some(69), "{said:?}");
    assert!(
        said.stderr.contains("It wrote:\n  because of this"),
        "{said:?}"
    );
    // The command ends with it, so nothing is said of another try.
    for flags in [&["tools", "bad"][..], &["check", "--connect"]] {
        let said = both.alone(flags);
        assert!(!said.stderr.contains("next try"), "{said:?}");
        assert!(!said.stdout.contains("next try"), "{said:?}");
    }
    let shown = both.at_gateway(&["check", "--connect"]);
    assert_eq!(shown.code, Some(69), "{shown:?}");
    assert!(shown.stdout.contains("failed"), "{shown:?}");
}

#[test]
fn a_deadline_ends_a_call_and_says_so() {
    let both = Both::start(&config());
    let words = ["call", "demo", "slow", "-a", "seconds=30", "-a", "steps=1"];
    let words = [&words[..], &["--call-timeout", "500ms"]].concat();
    let said = both.say(&words);
    assert_eq!(said.code, Some(75), "{said:?}");
    assert!(said.stderr.contains("did not end within 0.5 s"), "{said:?}");
}

#[test]
fn an_interruption_cancels_the_call_on_the_server() {
    let state = StateFile::new();
    let server = state.fixture(&[]);
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"slow": entry(&server)}}))
        .start();
    let url = format!("http://{}", gateway.address);
    let alone: Vec<&str> = ["--"]
        .into_iter()
        .chain(server.iter().map(String::as_str))
        .collect();
    for (number, target) in [(1, alone), (2, vec!["--url", &url])] {
        let mut command = binary();
        command
            .args(["call", "sleep", "--arg", "ms=60000"])
            .args(&target);
        let mut child = command.spawn().unwrap();
        state.wait_for("call sleep", number);
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        wait_until("the command ends", || child.try_wait().unwrap().is_some());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        state.wait_for("cancelled", number);
    }
}

#[test]
fn a_gateway_with_a_certificate_of_its_own_is_known_by_its_file() {
    let signed = self_signed();
    let certificate = signed.certificate_file.to_str().unwrap();
    let gateway = Launch::new()
        .flags(["--ssl-certfile", certificate])
        .flags(["--ssl-keyfile", signed.key_file.to_str().unwrap()])
        .key("top-secret")
        .server(demo())
        .start();
    let url = format!("https://localhost:{}", gateway.address.port());
    let ask = |words: &[&str], flags: &[&str]| {
        let mut command = binary();
        command.args(words).args(["--url", &url]).args(flags);
        command.env("VICEVERSA_API_KEY", "top-secret");
        run_to_end(command)
    };
    gateway.wait_for_log("ready");
    let call = ["call", "add", "--arg", "a=1", "--arg", "b=2"];
    for words in [&call[..], &["health"]] {
        let (known, unknown) = (ask(words, &["--ca-file", certificate]), ask(words, &[]));
        assert_eq!(known.code, Some(0), "{known:?}");
        assert_ne!(unknown.code, Some(0), "{unknown:?}");
        assert!(unknown.stderr.contains("certificate"), "{unknown:?}");
        let trusting = ask(words, &["--insecure-skip-verify"]);
        assert_eq!(trusting.code, Some(0), "{trusting:?}");
    }
    let healthy = ask(&["health", "--output", "json"], &["--ca-file", certificate]);
    let said: Value = serde_json::from_str(&healthy.stdout).unwrap();
    assert_eq!(said, json!({"healthy": true, "error": null}));
}
