//! Reads the config, and reads it again when it may have changed.

use crate::cli::arguments::ServeArguments;
use crate::config::Config;
use crate::config::environment::Environment;
use crate::config::error::ConfigError;

/// Reads the config of one command line, as often as it is asked to.
#[derive(Clone)]
pub struct ConfigReader {
    arguments: ServeArguments,
    environment: Environment,
}

impl ConfigReader {
    /// A reader of what this command line and environment say.
    pub fn new(arguments: ServeArguments, environment: Environment) -> Self {
        Self {
            arguments,
            environment,
        }
    }

    /// Reads everything as it is now. Cancel safe.
    #[expect(
        clippy::unused_async,
        reason = "a config may stand where it must be fetched from"
    )]
    pub async fn read(&mut self) -> Result<Config, ConfigError> {
        Config::load(&self.arguments, &self.environment)
    }

    /// Reads everything where no runtime is yet.
    pub fn read_blocking(&mut self) -> Result<Config, ConfigError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ConfigError::Runtime)?;
        runtime.block_on(self.read())
    }
}
