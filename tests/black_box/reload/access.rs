//! Who may call, over reloads.

use serde_json::{Value, json};

use super::{Scene, config_of, reload};
use crate::gateway::{Gateway, Launch};

/// Writes a config with these global settings.
fn write(scene: &Scene, settings: &Value) {
    let mut config: Value = serde_json::from_str(&scene.config(&json!({}))).unwrap();
    config["gateway"] = settings.clone();
    std::fs::write(scene.file(), config.to_string()).unwrap();
}

/// The gateway of a config that names no key.
#[track_caller]
fn without_key(scene: &Scene) -> Gateway {
    let file = scene.file();
    let launch = Launch::new().flags(["--config", file.to_str().unwrap()]);
    launch.start()
}

#[test]
fn a_gateway_that_stays_open_to_this_machine_stays_closed_to_the_pages_of_others() {
    let scene = Scene::new();
    scene.write(&json!({}));
    let gateway = without_key(&scene);
    let of_a_page = |host: &str| {
        let request = gateway.anonymous("GET", "/status").header("Host", host);
        let request = request.header("Origin", "https://pages.example");
        request.send().status
    };
    assert_eq!(of_a_page("localhost"), 403);
    // With this host a key would be made at start, and pages that know it could call.
    write(&scene, &json!({"host": "0.0.0.0"}));
    assert_eq!(reload(&gateway)["needsRestart"], json!(["host"]));
    assert_eq!(of_a_page("localhost"), 403);
    // What is said of pages holds at once all the same.
    let listed = json!({"host": "0.0.0.0", "corsAllowOrigins": ["https://pages.example"]});
    write(&scene, &listed);
    reload(&gateway);
    assert_eq!(of_a_page("localhost"), 200);
    assert_eq!(of_a_page("rebound.example"), 403);
}

#[test]
fn that_everybody_is_let_in_until_the_restart_is_told() {
    let scene = Scene::new();
    let open = json!({"host": "0.0.0.0", "allowUnauthenticated": true});
    write(&scene, &open);
    let gateway = without_key(&scene);
    write(&scene, &json!({"host": "0.0.0.0"}));
    let report = reload(&gateway);
    assert_eq!(report["needsRestart"], json!(["allowUnauthenticated"]));
    assert_eq!(
        config_of(&gateway)["needsRestart"],
        json!(["allowUnauthenticated"])
    );
    write(&scene, &open);
    assert_eq!(reload(&gateway)["needsRestart"], json!([]));
    // A key closes it at once.
    write(&scene, &json!({"host": "0.0.0.0", "apiKey": "top-secret"}));
    reload(&gateway);
    gateway.anonymous("GET", "/status").send().expect(401);
}
