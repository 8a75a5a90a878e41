//! Two gateways with one session key, behind nginx that sends each request to the next of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::callers::{Answer, Caller as _, Client};
use crate::gateway::{Gateway, Launch, StateFile};
use crate::remote::{Listening, free_port};

const KEY: &str = "top-secret";
const SESSION_KEY: &str = "0123456789abcdef0123456789abcdef";
const ASKABLE: &str = r#"{"elicitation":{}}"#;

/// A gateway that others know as this.
fn replica(port: u16, name: &str, peers: &[(&str, u16)], state: &StateFile) -> Gateway {
    let peers = peers.iter().flat_map(|(name, port)| {
        [
            "--peers".to_owned(),
            format!("{name}=http://127.0.0.1:{port}"),
        ]
    });
    Launch::new()
        .key(KEY)
        .flags(["--port", &port.to_string(), "--host", "127.0.0.1"])
        .flags(["--session-key", SESSION_KEY, "--replica", name])
        .flags(peers)
        .server(state.fixture(&[]))
        .start()
}

struct Two {
    gateways: [Gateway; 2],
    states: [StateFile; 2],
}

fn two() -> Two {
    let ports = [free_port(), free_port()];
    let states = [StateFile::new(), StateFile::new()];
    Two {
        gateways: [
            replica(ports[0], "one", &[("two", ports[1])], &states[0]),
            replica(ports[1], "two", &[("one", ports[0])], &states[1]),
        ],
        states,
    }
}

/// nginx before both, and its folder; nothing where there is none.
fn balanced(gateways: &[Gateway; 2]) -> Option<(Listening, SocketAddr, tempfile::TempDir)> {
    let places = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"];
    let Some(nginx) = places.iter().find(|place| Path::new(place).exists()) else {
        eprintln!("skipped: nginx is not there (apt-get install nginx-light)");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let shown = folder.path().display();
    let port = free_port();
    let user = if rustix::process::getuid().is_root() {
        "user root;"
    } else {
        ""
    };
    let config = format!(
        "{user}
worker_processes 1;
daemon off;
pid {shown}/pid;
error_log {shown}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {shown}/body;
    proxy_temp_path {shown}/proxy;
    fastcgi_temp_path {shown}/fastcgi;
    uwsgi_temp_path {shown}/uwsgi;
    scgi_temp_path {shown}/scgi;
    upstream gateways {{
        server {};
        server {};
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://gateways;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection \"\";
        }}
    }}
}}
",
        gateways[0].address, gateways[1].address
    );
    let path = folder.path().join("nginx.conf");
    std::fs::write(&path, config).unwrap();
    let listening = Listening::start_at(port, |_| {
        let mut command = Command::new(nginx);
        command.arg("-p").arg(folder.path()).arg("-c").arg(&path);
        command
    });
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Some((listening, address, folder))
}

/// What a call was asked, answered by another client.
fn go_on(asked: &Answer, client: &Client<'_>) -> Answer {
    let asked: Value = asked.value();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let mut names = asked["inputRequests"].as_object().unwrap().keys();
    let answer = json!({"action": "accept", "content": {"name": "Ada"}});
    let responses = json!({ names.next().unwrap(): answer });
    let members = format!(
        r#""name":"elicit","arguments":{{}},"inputResponses":{responses},"requestState":{}"#,
        asked["requestState"]
    );
    client.ask("tools/call", &members, "")
}

#[test]
fn a_session_is_good_on_every_replica() {
    let Two { gateways, states } = two();
    let Some((_nginx, address, _folder)) = balanced(&gateways) else {
        return;
    };
    let mut client = Client::stateless(&gateways[0], "/mcp", "{}").at(address);
    "2025-11-25".clone_into(&mut client.version);
    client.begin_session();
    for round in 0..25 {
        let tools = client.ask("tools/list", "", "").result();
        assert!(tools.contains("echo_raw"), "{tools}");
        let arguments = format!(r#"{{"round":{round}}}"#);
        assert_eq!(client.call("echo_raw", &arguments).text(), arguments);
        let read = client.ask("resources/read", r#""uri":"fixture://small""#, "");
        assert!(read.result().contains("A small text."), "{read:?}");
        let greet = r#""name":"greet","arguments":{"name":"Ada"}"#;
        let prompt = client.ask("prompts/get", greet, "");
        assert!(prompt.result().contains("Greet Ada."), "{prompt:?}");
        // Four requests a round: with one more, calls of the next go to the other replica.
        client.ask("ping", "", "").result();
    }
    let calls = states.each_ref().map(|state| state.count("call echo_raw"));
    assert_eq!(calls.iter().sum::<usize>(), 25, "{calls:?}");
    assert!(calls.iter().all(|calls| *calls > 5), "{calls:?}");
}

#[test]
fn answers_find_the_replica_on_which_their_call_waits() {
    let Two { gateways, states } = two();
    for (first, second) in [(0, 1), (1, 0), (0, 0)] {
        let (asking, answering) = (at(&gateways[first]), at(&gateways[second]));
        let text = go_on(&asking.call("elicit", "{}"), &answering).text();
        assert!(text.contains("Ada"), "{text}");
    }
    let calls = states.each_ref().map(|state| state.count("call elicit"));
    assert_eq!(calls, [2, 1], "none was begun anew");
    let Some((_nginx, address, _folder)) = balanced(&gateways) else {
        return;
    };
    let client = at(&gateways[0]).at(address);
    for _ in 0..4 {
        let text = go_on(&client.call("elicit", "{}"), &client).text();
        assert!(text.contains("Ada"), "{text}");
    }
}

fn at(gateway: &Gateway) -> Client<'_> {
    Client::stateless(gateway, "/mcp", ASKABLE)
}

#[test]
fn what_waits_on_a_replica_that_nobody_named_or_that_is_gone_says_so() {
    let states = [StateFile::new(), StateFile::new(), StateFile::new()];
    let ports = [free_port(), free_port(), free_port()];
    let one = replica(ports[0], "one", &[], &states[0]);
    // It takes the third for the first.
    let two = replica(ports[1], "two", &[("one", ports[2])], &states[1]);
    let third = replica(ports[2], "three", &[], &states[2]);
    let asking = at(&one);
    let asked = asking.call("elicit", "{}");
    let unnamed = go_on(&asked, &at(&third));
    assert_eq!(unnamed.code(), -32013, "{unnamed:?}");
    assert!(unnamed.error().contains("--peers"), "{unnamed:?}");
    assert!(unnamed.error().contains("one"), "{unnamed:?}");
    let mistaken = go_on(&asked, &at(&two));
    assert_eq!(mistaken.code(), -32013, "{mistaken:?}");
    assert!(mistaken.error().contains("--replica"), "{mistaken:?}");
    drop(third);
    let gone = go_on(&asked, &at(&two));
    assert_eq!(gone.code(), -32013, "{gone:?}");
    // All that has harmed nothing.
    assert!(go_on(&asked, &asking).text().contains("Ada"));
}

#[test]
fn a_session_of_another_key_or_that_has_ended_is_none() {
    let states = [StateFile::new(), StateFile::new()];
    let one = replica(free_port(), "one", &[], &states[0]);
    let stranger = Launch::new()
        .key(KEY)
        .flags(["--session-key", "another key, of 32 characters or more"])
        .server(states[1].fixture(&[]))
        .start();
    let client = Client::session(&one, "/mcp", "{}");
    let list = client.message("tools/list", "", "");
    client.post(&list).send().expect(200);
    let mut elsewhere = Client::stateless(&one, "/mcp", "{}").at(stranger.address);
    "2025-11-25".clone_into(&mut elsewhere.version);
    elsewhere.session.clone_from(&client.session);
    elsewhere.post(&list).send().expect(404);
    client.request("DELETE").send().expect(204);
    client.post(&list).send().expect(404);
}
