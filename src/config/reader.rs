//! Reads the config, and reads it again when it may have changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::cli::arguments::ServeArguments;
use crate::config::document::{Document, Text};
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, FetchError};
use crate::config::expansion::Expander;
use crate::config::remote::{Fetched, Fetcher, Remote, fetch_all};
use crate::config::seen::{Recorder, Seen};
use crate::config::source::Source;
use crate::config::watch::ConfigWatch;
use crate::config::{Config, nothing_to_follow};

/// How long files may take to be read: a network file system may never answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads the config of one command line, as often as it is asked to. Clones and watches know of
/// each other's readings.
#[derive(Clone)]
pub struct ConfigReader {
    arguments: ServeArguments,
    environment: Environment,
    seen: Arc<watch::Sender<Arc<Seen>>>,
}

impl ConfigReader {
    /// A reader of what this command line and environment say.
    pub fn new(arguments: ServeArguments, environment: Environment) -> Self {
        Self {
            arguments,
            environment,
            seen: Arc::new(watch::Sender::default()),
        }
    }

    /// Reads everything as it is now. Cancel safe: a reading that is given up counts for nothing.
    pub async fn read(&mut self) -> Result<Config, ConfigError> {
        let recorder = Arc::new(Recorder::default());
        let config = self.read_noting(&recorder).await;
        let poll_interval = match &config {
            Ok(config) => Some(config.reload.poll_interval),
            Err(_) => self.seen.borrow().poll_interval,
        };
        let mut seen = recorder.seen().clone();
        seen.poll_interval = poll_interval;
        self.seen.send_replace(Arc::new(seen));
        config
    }

    async fn read_noting(&self, recorder: &Arc<Recorder>) -> Result<Config, ConfigError> {
        let arguments = Arc::new(self.arguments.clone());
        let environment = self.environment.clone();
        let fetcher = Fetcher::default();

        let noted = (Arc::clone(&arguments), Arc::clone(recorder));
        let (source, warnings) = off_thread(move || {
            let (arguments, recorder) = noted;
            let mut warnings = Vec::new();
            let source = Source::read(&arguments.source, &environment, &recorder, &mut warnings)?;
            Ok((source, warnings))
        })
        .await?;

        let found = fetch_all(&fetcher, source.remotes()).await;
        note(recorder, &found);
        let noted = Arc::clone(recorder);
        let mut source = off_thread(move || {
            source.with_config(|locations, environment| {
                let locations = locations.iter();
                let texts = locations.map(|location| location.texts(&noted, &found));
                let texts: Vec<Vec<Text>> = texts.collect::<Result<_, _>>()?;
                let expander = Expander::new(environment.clone(), noted);
                Document::of_texts(texts.into_iter().flatten().collect(), expander)
            })
        })
        .await?;

        if let Some(document) = source.config_mut() {
            let found = fetch_all(&fetcher, document.remotes()).await;
            note(recorder, &found);
            document.take(found);
        }
        let recorder = Arc::clone(recorder);
        off_thread(move || {
            let mut config = Config::new(&arguments, source, &recorder, warnings)?;
            if config.reload.hot_reload && recorder.is_empty() {
                config.warnings.push(nothing_to_follow());
            }
            Ok(config)
        })
        .await
    }

    /// Reads everything where no runtime is yet.
    pub fn read_blocking(&mut self) -> Result<Config, ConfigError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ConfigError::Runtime)?;
        let config = runtime.block_on(self.read());
        // A thread that waits for a disk is not waited for.
        runtime.shutdown_background();
        config
    }

    /// Watches what the readings of this reader and its clones look at. To be called within a
    /// runtime, and after a reading: until then there is nothing to watch.
    pub fn watch(&self) -> ConfigWatch {
        ConfigWatch::new(self.seen.subscribe())
    }
}

fn note(recorder: &Recorder, fetched: &HashMap<Remote, Result<Fetched, FetchError>>) {
    for (remote, fetched) in fetched {
        recorder.fetched(remote, fetched.as_ref());
    }
}

/// Does what may wait for a disk where it holds up nobody else.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ConfigError> + Send + 'static,
) -> Result<T, ConfigError> {
    match tokio::time::timeout(PATIENCE, spawn_blocking(work)).await {
        Ok(Ok(done)) => done,
        // A bug that one config brings to light must not end the reloads of all that come after.
        Ok(Err(failure)) => Err(ConfigError::Runtime(failure.into())),
        Err(_) => Err(ConfigError::Slow(PATIENCE)),
    }
}
