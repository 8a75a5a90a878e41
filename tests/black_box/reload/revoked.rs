//! Streams that are open when keys change: they go on as long as their callers would come in as
//! they did.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Scene, reload};
use crate::gateway::{Gateway, Launch, entry, fixture};
use crate::mcp::callers::Client;
use crate::mcp::events::Answering;

const CHANGED: &str = "notifications/tools/list_changed";

fn key(name: &str, key: &str, grants: &Value) -> Value {
    json!({"name": name, "key": key, "grants": grants})
}

/// Writes a config with these keys, and these servers beside the steady one.
fn write(scene: &Scene, keys: &[Value], others: &Value) {
    let mut config: Value = serde_json::from_str(&scene.config(others)).unwrap();
    config["groups"] = json!({"some": {"servers": ["steady"]}});
    config["gateway"] = json!({"auth": {"keys": keys}});
    std::fs::write(scene.file(), config.to_string()).unwrap();
}

#[track_caller]
fn start(scene: &Scene) -> Gateway {
    let file = scene.file();
    Launch::new()
        .key("of-the-administrator")
        .flags(["--config", file.to_str().unwrap()])
        .start()
}

/// Every kind of stream that a caller can have open.
struct Streams {
    session: Answering,
    subscription: Answering,
    /// On the route of a group, which adds to the grants of a key.
    of_group: Answering,
    sse: Answering,
}

impl Streams {
    #[track_caller]
    fn open(gateway: &Gateway, key: &str) -> Self {
        let client = Client::stateless(gateway, "/mcp", "{}").with_key(key);
        let mut session = Client::stateless(gateway, "/mcp", "{}").with_key(key);
        "2025-11-25".clone_into(&mut session.version);
        session.begin_session();
        let group = Client::stateless(gateway, "/some/mcp", "{}").with_key(key);
        let sse = gateway.anonymous("GET", "/sse").bearer(key);
        let streams = Self {
            session: session.listen(None).expect(200),
            subscription: subscription(&client),
            of_group: subscription(&group),
            sse: Answering::to(&sse.header("Accept", "text/event-stream")).expect(200),
        };
        streams.subscription.message_with("acknowledged");
        streams.of_group.message_with("acknowledged");
        streams.sse.message_with("sessionId");
        streams
    }

    /// Waits until each has come to its end.
    #[track_caller]
    fn have_ended(&self) {
        for subscription in [&self.subscription, &self.of_group] {
            subscription.message_with("complete");
            assert_eq!(subscription.message(), None);
        }
        assert_eq!(self.session.message(), None);
        assert_eq!(self.sse.message(), None);
    }

    /// They hear of a server that is added, so they are open.
    #[track_caller]
    fn hear_of_a_change(&self) {
        self.session.message_with(CHANGED);
        self.subscription.message_with(CHANGED);
    }
}

#[track_caller]
fn subscription(client: &Client<'_>) -> Answering {
    let wanted = r#""notifications":{"toolsListChanged":true}"#;
    client.begin("subscriptions/listen", wanted, "").expect(200)
}

#[test]
fn the_streams_of_a_key_that_is_revoked_end_and_those_of_another_go_on() {
    let scene = Scene::new();
    let all = json!({"servers": ["*"], "groups": ["*"]});
    let bob = key("bob", "key-of-bob", &all);
    write(
        &scene,
        &[key("ada", "key-of-ada", &all), bob.clone()],
        &json!({}),
    );
    let gateway = start(&scene);
    let of_ada = Streams::open(&gateway, "key-of-ada");
    let of_bob = Streams::open(&gateway, "key-of-bob");
    write(&scene, std::slice::from_ref(&bob), &json!({}));
    reload(&gateway);
    of_ada.have_ended();
    write(&scene, &[bob], &json!({"other": entry(&fixture(&[]))}));
    reload(&gateway);
    of_bob.hear_of_a_change();
}

#[test]
fn streams_end_when_a_key_is_replaced_or_its_grants_change() {
    let scene = Scene::new();
    let all = json!({"servers": ["*"], "groups": ["*"]});
    let fewer = json!({"servers": ["steady"], "groups": ["*"]});
    write(
        &scene,
        &[key("ada", "first", &all), key("bob", "key-of-bob", &all)],
        &json!({}),
    );
    let gateway = start(&scene);
    let of_ada = Streams::open(&gateway, "first");
    let of_bob = Streams::open(&gateway, "key-of-bob");
    write(
        &scene,
        &[key("ada", "second", &all), key("bob", "key-of-bob", &fewer)],
        &json!({}),
    );
    reload(&gateway);
    of_ada.have_ended();
    of_bob.have_ended();
    // With what holds now they can be opened again.
    Streams::open(&gateway, "second");
    Streams::open(&gateway, "key-of-bob");
}

#[test]
fn streams_end_when_a_key_expires() {
    let scene = Scene::new();
    let mut ada = key(
        "ada",
        "key-of-ada",
        &json!({"servers": ["*"], "groups": ["*"]}),
    );
    write(&scene, std::slice::from_ref(&ada), &json!({}));
    let gateway = start(&scene);
    let expires = Timestamp::now() + SignedDuration::from_secs(6);
    ada["expires"] = json!(expires.to_string());
    write(&scene, &[ada], &json!({}));
    reload(&gateway);
    let streams = Streams::open(&gateway, "key-of-ada");
    streams.have_ended();
    assert!(Timestamp::now() >= expires);
}
