//! Files of a result.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::cli::failure::Failure;

/// How many files of one name are looked past.
const MOST_NUMBERS: u32 = 100_000;

/// What files of a media type are called (IANA media types, and what programs use beside).
/// Anything else is `.bin`: a server is not to choose what a program makes of its file.
const EXTENSIONS: [(&str, &str); 32] = [
    ("application/gzip", "gz"),
    ("application/json", "json"),
    ("application/msword", "doc"),
    ("application/pdf", "pdf"),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pptx",
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    ("application/xml", "xml"),
    ("application/yaml", "yaml"),
    ("application/zip", "zip"),
    ("audio/aac", "aac"),
    ("audio/flac", "flac"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/wav", "wav"),
    ("audio/webm", "weba"),
    ("audio/x-wav", "wav"),
    ("image/avif", "avif"),
    ("image/bmp", "bmp"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tiff"),
    ("image/webp", "webp"),
    ("text/css", "css"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/markdown", "md"),
    ("text/plain", "txt"),
    ("video/mp4", "mp4"),
    ("video/webm", "webm"),
];

/// Where the files of a result go.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// What they are called, before the number.
    stem: String,
    /// The next number.
    next: u32,
}

impl Folder {
    /// Files of a tool's result in this folder, which is made when the first comes.
    pub(super) fn new(path: &Path, tool: &str) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let stem: String = { tool.chars() }
            .map(|c| if plain(c) { c } else { '-' })
            .take(100)
            .collect();
        // No hidden files, no `..`.
        let stem = match stem.trim_start_matches(['.', '-']) {
            "" => "tool",
            stem => stem,
        };
        Self {
            path: path.to_owned(),
            stem: stem.to_owned(),
            next: 1,
        }
    }

    /// Writes a file under a name that is free: what is there is never overwritten.
    pub(super) fn save(&mut self, media_type: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let failed = |file: &Path, problem| Failure::Save {
            file: file.to_owned(),
            problem,
        };
        fs::create_dir_all(&self.path).map_err(|problem| failed(&self.path, problem))?;
        let extension = extension(media_type);
        while self.next < MOST_NUMBERS {
            let name = format!("{}-{}.{extension}", self.stem, self.next);
            self.next += 1;
            let file = self.path.join(name);
            // In one step with the look whether it is there, links that lead nowhere included.
            let created = OpenOptions::new().write(true).create_new(true).open(&file);
            match created.and_then(|mut created| created.write_all(bytes)) {
                Ok(()) => return Ok(file),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(problem) => return Err(failed(&file, problem)),
            }
        }
        let problem = io::Error::other("too many files of this name are there already");
        Err(failed(&self.path.join(&self.stem), problem))
    }
}

fn extension(media_type: &str) -> &'static str {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let known = EXTENSIONS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(essence));
    known.map_or("bin", |(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_tool_number_and_type_and_none_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/for/it");
        let save = |tool: &str, media_type| {
            let file = Folder::new(&path, tool).save(media_type, b"new").unwrap();
            file.strip_prefix(&path)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(save("chart", "image/png"), "chart-1.png");
        assert_eq!(save("chart", "image/PNG; x=y"), "chart-2.png");
        assert_eq!(save("../../etc/x", "text/plain"), "etc-x-1.txt");
        assert_eq!(save("..", "application/x-sh"), "tool-1.bin");
        fs::write(path.join("a-1.jpg"), "old").unwrap();
        std::os::unix::fs::symlink(path.join("elsewhere"), path.join("a-2.jpg")).unwrap();
        assert_eq!(save("a", "image/jpeg"), "a-3.jpg");
        assert_eq!(fs::read_to_string(path.join("a-1.jpg")).unwrap(), "old");
        assert!(!path.join("elsewhere").exists());
    }

    #[test]
    fn a_folder_that_can_t_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut folder = Folder::new(file.path(), "a");
        let failure = folder.save("image/png", b"").unwrap_err();
        assert_eq!(failure.exit_code(), 73);
        let name = file.path().to_str().unwrap();
        assert!(failure.to_string().starts_with(name), "{failure}");
    }
}
