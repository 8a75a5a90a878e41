//! How a server's process is started.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::gateway::ServerName;

/// All that is needed to start a server's process. Its `Debug` shows no environment: the values
/// may be secrets.
#[derive(Clone)]
pub struct Launch {
    /// The server, for the log.
    pub name: ServerName,
    /// The program.
    pub command: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its whole environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// Its working directory; ours when there is none.
    pub directory: Option<PathBuf>,
    /// The longest message that is taken from it, in bytes.
    pub max_line_length: usize,
    /// How long it may take to end after its stdin was closed, and again after SIGTERM.
    pub grace: Duration,
}

impl std::fmt::Debug for Launch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Launch")
            .field("name", &self.name)
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

impl Launch {
    /// Looks for what would make the start fail, so that the error can name it.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(directory) = &self.directory
            && !directory.is_dir()
        {
            return Err(format!(
                "the working directory {} does not exist; mend `cwd`",
                directory.display()
            ));
        }
        let command = Path::new(&self.command);
        if command.components().count() > 1 {
            let path = self
                .directory
                .as_ref()
                .map_or_else(|| command.into(), |directory| directory.join(command));
            if !path.exists() {
                return Err(format!("the command {} does not exist", path.display()));
            }
            return Ok(());
        }
        let search = self
            .environment
            .get(&OsString::from("PATH"))
            .map(|path| std::env::split_paths(path).collect::<Vec<_>>())
            .unwrap_or_default();
        if search.iter().any(|folder| folder.join(command).is_file()) {
            return Ok(());
        }
        Err(format!(
            "the command {} is not in PATH; install it, or give its full path",
            self.command.display()
        ))
    }
}
