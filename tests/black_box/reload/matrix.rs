//! Whatever the config stands in, and however it changes: what was to change has changed, what was
//! not has not, and what is wrong is told with its place.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::web::Web;
use super::{config_of, rename_over};
use crate::config_sources::{change_object, put_parameter};
use crate::gateway::{Gateway, Launch, StateFile, entry, fixture, is_alive, server_in};
use crate::rest_credentials::moto::{Facts, Moto};
use crate::tls::self_signed;

/// Where a config stands, and how it changes there.
struct Place<'a> {
    what: &'static str,
    /// What `--config` says.
    location: String,
    /// What messages call it.
    shown: String,
    /// Whether somebody must look at it now and then: what can't be looked at is no change.
    is_polled: bool,
    /// Puts a text there.
    write: Box<dyn Fn(&str) + Send + Sync + 'a>,
    /// Has nothing be there any more.
    take_away: Box<dyn Fn() + Send + Sync + 'a>,
    /// What is said then.
    absent: &'static str,
    environment: Vec<(&'static str, String)>,
}

/// A config that can't be used.
struct Fault {
    text: &'static str,
    /// Where it is.
    place: &'static str,
    /// What is said of it.
    said: &'static [&'static str],
}

const FAULTS: [Fault; 6] = [
    Fault {
        text: "{\"mcpServers\": {\n  \"a\": }}",
        place: ":2:8",
        said: &["expected"],
    },
    Fault {
        text: "{\"mcpServers\": {\n  \"a\": {\"comand\": \"x\"}}}",
        place: ":2:9",
        said: &["mcpServers.a.comand", "did you mean"],
    },
    Fault {
        text: "{\"mcpServers\": {\n  \"a\": {\"command\": \"x\",\n \"callTimeout\": \"soon\"}}}",
        place: ":3:17",
        said: &["mcpServers.a.callTimeout", "`30s`"],
    },
    Fault {
        text: "{\"mcpServers\": {\n  \"a\": {\"command\": \"${NOT_SET_ANYWHERE}\"}}}",
        place: ":2:20",
        said: &["NOT_SET_ANYWHERE", "${NOT_SET_ANYWHERE:-"],
    },
    Fault {
        text: "{\"mcpServers\": {\n  \"a\": {\"command\": \"${file:no-such-secret}\"}}}",
        place: ":2:20",
        said: &["no-such-secret"],
    },
    Fault {
        text: "{\"mcpServers\": {\n  \"a\": {\"command\": \"${aws-secret:no-such-secret}\"}}}",
        place: ":2:20",
        said: &["no-such-secret", "ResourceNotFoundException"],
    },
];

/// Goes through all changes at one place.
fn follow(place: &Place<'_>) {
    let steady = StateFile::new();
    let good = |others: Value| {
        let mut servers = json!({"steady": entry(&steady.fixture(&[]))});
        for (name, server) in others.as_object().unwrap() {
            servers[name] = server.clone();
        }
        json!({"mcpServers": servers}).to_string()
    };
    let other = |flags: &[&str]| json!({"other": entry(&fixture(flags))});
    let what = place.what;
    (place.write)(&good(json!({})));
    let mut launch = Launch::new()
        .key("top-secret")
        .flags(["--config", &place.location, "--hot-reload"])
        .flags(["--poll-interval", "1s"]);
    for (name, value) in &place.environment {
        launch = launch.env(name, value);
    }
    let gateway = launch.start();
    let is_steady = |after: &str| {
        gateway.call("/steady/echo_raw", &json!({})).expect(200);
        let pids = steady.pids("start ");
        assert_eq!(pids.len(), 1, "{what}, {after}: {:?}", steady.lines());
        assert!(is_alive(pids[0]), "{what}, {after}");
    };
    is_steady("the start");

    (place.write)(&good(other(&[])));
    wait_for(&gateway, what, "another server", |status| {
        server_in(status, "other").is_some_and(|it| it["state"] == "ready")
    });
    gateway.call("/other/echo_raw", &json!({})).expect(200);
    is_steady("another server");

    for Fault {
        text,
        place: at,
        said,
    } in &FAULTS
    {
        (place.write)(text);
        let at = format!("{}{at}", place.shown);
        wait_for(&gateway, what, &format!("{at} and {said:?}"), |status| {
            let error = status["config"]["error"].as_str().unwrap_or_default();
            error.contains(&at) && said.iter().all(|said| error.contains(said))
        });
        gateway.call("/other/echo_raw", &json!({})).expect(200);
        is_steady(text);
    }

    (place.take_away)();
    if place.is_polled {
        gateway.wait_for_log("can't be looked at for changes");
        gateway.request("POST", "/-/reload").send().expect(422);
    }
    wait_for(&gateway, what, place.absent, |status| {
        let error = status["config"]["error"].as_str().unwrap_or_default();
        error.contains(&place.location) && error.contains(place.absent)
    });
    gateway.call("/other/echo_raw", &json!({})).expect(200);
    is_steady("nothing is there");

    (place.write)(&good(other(&["--protocol-version", "2025-06-18"])));
    wait_for(
        &gateway,
        what,
        "it is back, and says something else",
        |status| {
            let starts = |it: &Value| it["state"] == "ready" && it.get("successor").is_none();
            status["config"].get("error").is_none()
                && server_in(status, "other").is_some_and(starts)
        },
    );
    gateway.call("/other/echo_raw", &json!({})).expect(200);
    (place.write)(&good(json!({})));
    wait_for(&gateway, what, "it is removed", |status| {
        server_in(status, "other").is_none()
    });
    gateway.call("/other/echo_raw", &json!({})).expect(404);
    assert!(config_of(&gateway).get("error").is_none());
    is_steady("the end");
}

#[track_caller]
fn wait_for(gateway: &Gateway, what: &str, change: &str, holds: impl Fn(&Value) -> bool) {
    let mut last = Value::Null;
    let began = std::time::Instant::now();
    while began.elapsed() < crate::gateway::SOON {
        last = gateway.get("/status").expect(200).json();
        if holds(&last) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{what}: waited in vain for {change}: {last:#}");
}

/// The ways in which files are changed.
const WAYS: [(&str, Way); 4] = [
    ("written in place", Way::InPlace),
    ("renamed over", Way::Rename),
    ("a link of a ConfigMap", Way::ConfigMap),
    ("deleted and recreated", Way::Recreate),
];

#[derive(Clone, Copy)]
enum Way {
    InPlace,
    Rename,
    ConfigMap,
    Recreate,
}

impl Way {
    fn write(self, file: &Path, text: &str) {
        static TIMES: AtomicUsize = AtomicUsize::new(0);
        match self {
            Self::InPlace => fs::write(file, text).unwrap(),
            Self::Rename => rename_over(file, text),
            Self::Recreate => {
                let _ = fs::remove_file(file);
                thread::sleep(Duration::from_millis(30));
                fs::write(file, text).unwrap();
            }
            // `config.json` leads to `..data/config.json`, and `..data` to a folder that is new
            // each time.
            Self::ConfigMap => {
                let folder = file.parent().unwrap();
                let time = TIMES.fetch_add(1, Ordering::Relaxed);
                let data = folder.join(format!("..{time}"));
                fs::create_dir(&data).unwrap();
                fs::write(data.join("config.json"), text).unwrap();
                let link = folder.join("..data_tmp");
                symlink(&data, &link).unwrap();
                let before = fs::read_link(folder.join("..data")).ok();
                fs::rename(&link, folder.join("..data")).unwrap();
                if fs::symlink_metadata(file).is_err() {
                    symlink("..data/config.json", file).unwrap();
                }
                if let Some(before) = before {
                    let _ = fs::remove_dir_all(before);
                }
            }
        }
    }

    fn take_away(self, file: &Path) {
        match self {
            Self::ConfigMap => fs::remove_file(file.parent().unwrap().join("..data")).unwrap(),
            Self::InPlace | Self::Rename | Self::Recreate => fs::remove_file(file).unwrap(),
        }
    }
}

/// A file in a folder, or the folder itself, where there is another file besides.
fn on_disk<'a>(folder: &TempDir, what: &'static str, way: Way, is_folder: bool) -> Place<'a> {
    let file: PathBuf = folder.path().join("config.json");
    let location = if is_folder { folder.path() } else { &file };
    let written = file.clone();
    let taken = file.clone();
    Place {
        what,
        location: location.to_str().unwrap().to_owned(),
        shown: file.to_str().unwrap().to_owned(),
        is_polled: false,
        write: Box::new(move |text| way.write(&written, text)),
        take_away: Box::new(move || way.take_away(&taken)),
        absent: match (is_folder, way) {
            (true, Way::InPlace | Way::Rename | Way::Recreate) => "has no config file",
            (false, _) | (true, Way::ConfigMap) => "can't read",
        },
        environment: Vec::new(),
    }
}

#[test]
fn at_every_place_only_what_changed_is_touched_and_what_is_wrong_is_told() {
    let moto = Moto::start();
    let facts = &moto.facts;
    let made = self_signed();
    let web = Web::with_certificate("{}", &made);
    let folders: Vec<TempDir> = (0..2 * WAYS.len())
        .map(|_| tempfile::tempdir().unwrap())
        .collect();
    let mut places = Vec::new();
    for (folder, (what, way)) in folders.iter().zip(WAYS.iter().chain(&WAYS)) {
        places.push(on_disk(folder, what, *way, places.len() >= WAYS.len()));
    }
    places.extend([web_page(&web), object(facts), parameter(facts)]);
    let certificate = made.certificate_file.to_str().unwrap();
    for place in &mut places {
        place.environment = vec![
            ("SSL_CERT_FILE", certificate.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL", facts.get("origin").to_owned()),
            ("AWS_REGION", facts.get("region").to_owned()),
            ("AWS_ACCESS_KEY_ID", facts.get("access_key").to_owned()),
            ("AWS_SECRET_ACCESS_KEY", facts.get("secret_key").to_owned()),
        ];
    }
    thread::scope(|scope| {
        for place in &places {
            scope.spawn(|| follow(place));
        }
    });
}

fn web_page(web: &Web) -> Place<'_> {
    Place {
        what: "https",
        location: web.url(),
        shown: web.url(),
        is_polled: true,
        write: Box::new(|text| web.give(200, text)),
        take_away: Box::new(|| web.give(503, "")),
        absent: "503",
        environment: Vec::new(),
    }
}

fn object(facts: &Facts) -> Place<'_> {
    const KEY: &str = "matrix/config.json";
    Place {
        what: "s3",
        location: format!("s3://shop/{KEY}"),
        shown: format!("s3://shop/{KEY}"),
        is_polled: true,
        write: Box::new(|text| change_object(facts, KEY, Some(text))),
        take_away: Box::new(|| change_object(facts, KEY, None)),
        absent: "NoSuchKey",
        environment: Vec::new(),
    }
}

fn parameter(facts: &Facts) -> Place<'_> {
    const NAME: &str = "/matrix/config";
    Place {
        what: "ssm",
        location: format!("ssm:{NAME}"),
        shown: format!("ssm:{NAME}"),
        is_polled: true,
        // Of a parameter that needs more, the name is written with its version.
        write: Box::new(|text| put_parameter(facts, NAME, text)),
        take_away: Box::new(|| {
            let parameters = json!({"Name": NAME});
            facts.ask("ssm", "AmazonSSM", "DeleteParameter", &parameters);
        }),
        absent: "ParameterNotFound",
        environment: Vec::new(),
    }
}
