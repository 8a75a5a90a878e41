//! Folders of config files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How the names of config files end.
const ENDINGS: [&str; 5] = ["json", "jsonc", "yaml", "yml", "toml"];

/// The config files of a folder, in the order of their names. Hidden files and what editors leave
/// beside the files that they edit are none.
pub(crate) fn config_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // A link that leads nowhere is told of when it is read.
        if is_config_file(&path) && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_config_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    // Emacs locks `x` by `.#x`, and keeps `#x#` beside it.
    let is_shown = name.is_some_and(|name| !name.starts_with(['.', '#', '~']));
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_known = |ending: &str| {
        let mut known = ENDINGS.iter();
        known.any(|known| ending.eq_ignore_ascii_case(known))
    };
    is_shown && ending.is_some_and(is_known)
}
