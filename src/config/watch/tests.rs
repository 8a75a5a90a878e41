use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::*;
use crate::cli::arguments::{ServeArguments, parse_from};
use crate::config::environment::Environment;
use crate::config::reader::ConfigReader;

/// A folder with a config that is watched.
struct Scene {
    folder: TempDir,
    reader: ConfigReader,
    watch: ConfigWatch,
}

fn arguments(line: &str) -> ServeArguments {
    let words = line.split_whitespace().map(Into::into);
    let line = std::iter::once("viceversa".into()).chain(words);
    parse_from(line).unwrap().serve
}

fn config(name: &str) -> String {
    format!(r#"{{"mcpServers": {{"{name}": {{"command": "x"}}}}}}"#)
}

impl Scene {
    /// `prepare` writes files; `@` stands for the folder.
    async fn new(line: &str, prepare: impl FnOnce(&std::path::Path)) -> Self {
        let folder = TempDir::new().unwrap();
        prepare(folder.path());
        let line = line.replace('@', &format!("{}/", folder.path().display()));
        let mut reader = ConfigReader::new(arguments(&line), [("SET", "1")].into_iter().collect());
        let _ = reader.read().await;
        let watch = reader.watch();
        let mut scene = Self {
            folder,
            reader,
            watch,
        };
        scene.nothing_happens().await;
        scene
    }

    async fn of_file() -> Self {
        Self::new("--config @config.json", |folder| {
            fs::write(folder.join("config.json"), config("a")).unwrap();
        })
        .await
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    async fn changed(&mut self) {
        let changed = timeout(Duration::from_secs(5), self.watch.changed());
        changed.await.expect("the change is noticed");
    }

    async fn nothing_happens(&mut self) {
        let changed = timeout(Duration::from_millis(400), self.watch.changed());
        assert!(changed.await.is_err(), "nothing changed");
    }

    /// The names of the servers once the change was noticed and read.
    async fn servers(&mut self) -> Vec<String> {
        self.changed().await;
        let config = self.reader.read().await.unwrap();
        self.nothing_happens().await;
        config.servers.keys().map(ToString::to_string).collect()
    }
}

#[tokio::test]
async fn a_file_that_is_written_in_place_is_seen() {
    let mut scene = Scene::of_file().await;
    scene.write("config.json", &config("b"));
    assert_eq!(scene.servers().await, ["b"]);
}

#[tokio::test]
async fn a_file_that_an_editor_renames_over_it_is_seen() {
    let mut scene = Scene::of_file().await;
    for name in ["b", "c"] {
        scene.write(".config.json.swp", &config(name));
        fs::rename(scene.path(".config.json.swp"), scene.path("config.json")).unwrap();
        assert_eq!(scene.servers().await, [name]);
    }
}

#[tokio::test]
async fn a_file_that_is_away_for_a_moment_is_waited_for() {
    let mut scene = Scene::of_file().await;
    let file = scene.path("config.json");
    tokio::spawn(async move {
        fs::remove_file(&file).unwrap();
        sleep(Duration::from_millis(600)).await;
        fs::write(&file, config("b")).unwrap();
    });
    assert_eq!(scene.servers().await, ["b"]);
}

#[tokio::test]
async fn a_file_that_stays_away_is_told_of_and_seen_when_it_comes_back() {
    let mut scene = Scene::of_file().await;
    fs::remove_file(scene.path("config.json")).unwrap();
    scene.changed().await;
    scene.reader.read().await.unwrap_err();
    scene.nothing_happens().await;
    scene.write("config.json", &config("b"));
    assert_eq!(scene.servers().await, ["b"]);
}

#[tokio::test]
async fn a_link_of_kubernetes_that_is_swapped_is_seen_each_time() {
    let mut scene = Scene::new("--config @config.json", |folder| {
        for (version, name) in [("..1", "a"), ("..2", "b"), ("..3", "c")] {
            fs::create_dir(folder.join(version)).unwrap();
            fs::write(folder.join(version).join("config.json"), config(name)).unwrap();
        }
        symlink("..1", folder.join("..data")).unwrap();
        symlink("..data/config.json", folder.join("config.json")).unwrap();
    })
    .await;
    for (version, name) in [("..2", "b"), ("..3", "c")] {
        symlink(version, scene.path("..data_tmp")).unwrap();
        fs::rename(scene.path("..data_tmp"), scene.path("..data")).unwrap();
        assert_eq!(scene.servers().await, [name]);
    }
}

#[tokio::test]
async fn a_folder_that_is_replaced_is_seen_each_time() {
    let mut scene = Scene::new("--config @etc/config.json", |folder| {
        fs::create_dir(folder.join("etc")).unwrap();
        fs::write(folder.join("etc/config.json"), config("a")).unwrap();
    })
    .await;
    for name in ["b", "c"] {
        fs::create_dir(scene.path("new")).unwrap();
        scene.write("new/config.json", &config(name));
        fs::rename(scene.path("etc"), scene.path(&format!("before-{name}"))).unwrap();
        fs::rename(scene.path("new"), scene.path("etc")).unwrap();
        assert_eq!(scene.servers().await, [name]);
    }
    fs::remove_dir_all(scene.path("etc")).unwrap();
    scene.changed().await;
    scene.reader.read().await.unwrap_err();
    fs::create_dir(scene.path("etc")).unwrap();
    sleep(Duration::from_millis(200)).await;
    scene.write("etc/config.json", &config("d"));
    assert_eq!(scene.servers().await, ["d"]);
}

#[tokio::test]
async fn a_file_that_was_not_there_is_seen_when_it_appears() {
    let mut scene = Scene::new("--config @deep/er/config.json", |_| {}).await;
    fs::create_dir_all(scene.path("deep/er")).unwrap();
    scene.nothing_happens().await;
    scene.write("deep/er/config.json", &config("a"));
    assert_eq!(scene.servers().await, ["a"]);
}

#[tokio::test]
async fn ten_saves_a_second_are_told_of_while_they_go_on() {
    let mut scene = Scene::of_file().await;
    let file = scene.path("config.json");
    let saving = tokio::spawn(async move {
        for count in 0.. {
            fs::write(&file, config(&format!("s{count}"))).unwrap();
            sleep(Duration::from_millis(90)).await;
        }
    });
    let begin = Instant::now();
    let mut told = 0;
    while begin.elapsed() < Duration::from_secs(3) {
        scene.changed().await;
        scene.reader.read().await.unwrap();
        told += 1;
    }
    saving.abort();
    assert!((3..=9).contains(&told), "told {told} times in 3 s");
}

#[tokio::test]
async fn a_content_that_is_the_same_again_is_no_change() {
    let mut scene = Scene::of_file().await;
    scene.write("config.json", &config("a"));
    scene.nothing_happens().await;
    scene.write("config.json", &config("b"));
    scene.write("config.json", &config("a"));
    scene.nothing_happens().await;
    scene.write("other.json", &config("b"));
    scene.nothing_happens().await;
}

#[tokio::test]
async fn an_invalid_file_is_told_of_once() {
    let mut scene = Scene::of_file().await;
    scene.write("config.json", "{");
    scene.changed().await;
    scene.changed().await;
    scene.reader.read().await.unwrap_err();
    scene.nothing_happens().await;
    scene.write("config.json", &config("a"));
    assert_eq!(scene.servers().await, ["a"]);
}

#[tokio::test]
async fn a_change_between_the_reading_and_the_watching_is_seen() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("config.json");
    fs::write(&file, config("a")).unwrap();
    let line = format!("--config {}", file.display());
    let mut reader = ConfigReader::new(arguments(&line), Environment::default());
    reader.read().await.unwrap();
    fs::write(&file, config("b")).unwrap();
    let mut watch = reader.watch();
    timeout(Duration::from_secs(5), watch.changed())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_watch_that_is_given_up_and_called_again_misses_nothing() {
    let mut scene = Scene::of_file().await;
    scene.write("config.json", &config("b"));
    let told = async {
        while timeout(Duration::from_millis(30), scene.watch.changed())
            .await
            .is_err()
        {}
    };
    timeout(Duration::from_secs(5), told).await.unwrap();
}

#[tokio::test]
async fn files_that_the_config_names_are_watched_too() {
    let mut scene = Scene::new("--config @config.json --env-path @.env", |folder| {
        let key = folder.join("key");
        fs::write(&key, "one").unwrap();
        fs::write(folder.join(".env"), "A=1").unwrap();
        let text = format!(
            r#"{{"mcpServers": {{"a": {{"command": "x"}}}}, "gateway": {{"apiKeyFile": {key:?}}}}}"#
        );
        fs::write(folder.join("config.json"), text).unwrap();
    })
    .await;
    scene.write("key", "two");
    assert_eq!(scene.servers().await, ["a"]);
    scene.write(".env", "A=2");
    assert_eq!(scene.servers().await, ["a"]);
}

#[tokio::test]
async fn files_that_strings_refer_to_are_watched_too() {
    let mut scene = Scene::new("--config @config.yaml", |folder| {
        let text = "mcpServers: {a: {command: x, env: {T: '${file:token:-none}'}}}";
        fs::write(folder.join("config.yaml"), text).unwrap();
    })
    .await;
    for token in ["one", "two"] {
        scene.write("token", token);
        assert_eq!(scene.servers().await, ["a"]);
    }
}

#[tokio::test]
async fn files_that_come_to_a_folder_and_leave_it_are_seen() {
    let mut scene = Scene::new("--config @etc", |folder| {
        fs::create_dir(folder.join("etc")).unwrap();
        fs::write(folder.join("etc/10.json"), config("a")).unwrap();
    })
    .await;
    scene.write("etc/20.json", &config("b"));
    assert_eq!(scene.servers().await, ["a", "b"]);
    scene.write("etc/20.json", &config("c"));
    assert_eq!(scene.servers().await, ["a", "c"]);
    scene.write("etc/README.md", "text");
    scene.write("etc/.20.json.swp", "text");
    scene.nothing_happens().await;
    fs::remove_file(scene.path("etc/10.json")).unwrap();
    assert_eq!(scene.servers().await, ["c"]);
    fs::rename(scene.path("etc/20.json"), scene.path("etc/15.json")).unwrap();
    assert_eq!(scene.servers().await, ["c"]);
}

#[tokio::test]
async fn a_folder_that_is_a_link_is_seen_to_lead_elsewhere() {
    let mut scene = Scene::new("--config @etc", |folder| {
        for (version, name) in [("1", "a"), ("2", "b")] {
            fs::create_dir(folder.join(version)).unwrap();
            fs::write(folder.join(version).join("config.json"), config(name)).unwrap();
        }
        symlink("1", folder.join("etc")).unwrap();
    })
    .await;
    symlink("2", scene.path("new")).unwrap();
    fs::rename(scene.path("new"), scene.path("etc")).unwrap();
    assert_eq!(scene.servers().await, ["b"]);
    scene.write("2/more.json", &config("c"));
    assert_eq!(scene.servers().await, ["b", "c"]);
}

#[tokio::test]
async fn where_the_system_gives_no_notice_files_are_looked_at() {
    let mut scene = Scene::of_file().await;
    scene.watch.notices.give_up();
    scene.write("config.json", &config("b"));
    assert_eq!(scene.servers().await, ["b"]);
    scene.write("config.json", &config("c"));
    assert_eq!(scene.servers().await, ["c"]);
}
