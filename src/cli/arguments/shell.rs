//! The arguments of commands for the shell: `completions`, `man`.

use std::path::PathBuf;

use clap::Args;

/// The arguments of `completions`.
#[derive(Clone, Copy, Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(
        value_enum,
        value_name = "bash|zsh|fish|powershell|elvish",
        hide_possible_values = true
    )]
    pub shell: clap_complete::Shell,
}

/// The arguments of `man`.
#[derive(Clone, Debug, Args)]
pub struct ManArguments {
    /// The command that the page is about [default: all in one overview]
    #[arg(conflicts_with = "dir", value_name = "COMMAND")]
    pub page: Option<String>,

    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
}
