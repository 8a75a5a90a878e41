//! Where other programs keep their configs.

use std::path::{Path, PathBuf};

use crate::config::environment::Environment;

/// A place where a program keeps its config.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) program: &'static str,
    pub(super) file: PathBuf,
}

/// The places on an operating system, by the names that Rust has for these, for who works in a
/// folder: those of the folder first.
pub(super) fn well_known(system: &str, environment: &Environment, folder: &Path) -> Vec<Place> {
    let variable = |name: &str| environment.get(name).map(PathBuf::from);
    let home = match system {
        "windows" => variable("USERPROFILE"),
        _ => variable("HOME"),
    };
    let programs = match system {
        "windows" => variable("APPDATA"),
        "macos" => home
            .as_ref()
            .map(|home| home.join("Library/Application Support")),
        _ => variable("XDG_CONFIG_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| Some(home.as_ref()?.join(".config"))),
    };
    let place = |program, base: Option<&Path>, file: &str| {
        let file = base?.join(file);
        Some(Place { program, file })
    };
    let (folder, home) = (Some(folder), home.as_deref());
    let programs = programs.as_deref();
    [
        place("VS Code, for this folder", folder, ".vscode/mcp.json"),
        place("Cursor, for this folder", folder, ".cursor/mcp.json"),
        place("Claude Code, for this folder", folder, ".mcp.json"),
        place(
            "Claude Desktop",
            programs,
            "Claude/claude_desktop_config.json",
        ),
        place("VS Code", programs, "Code/User/mcp.json"),
        place("Cursor", home, ".cursor/mcp.json"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
