//! How long it takes to make tools of `OpenAPI` documents.
//!
//! ```text
//! cargo run --release --example read-openapi -- FILE...
//! ```
//!
//! For each document: the time from its bytes to its values, from these to what the API offers,
//! from that to tools that can be called, and what it would take to compile all their schemas at
//! once. With `--tools` every tool's definition is printed,
//! with `--warnings` everything that was left out.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for developers, which ends where something is wrong"
)]

use std::time::{Duration, Instant};

use indexmap::IndexMap;
use url::Url;
use viceversa::gateway::Tool;
use viceversa::openapi::api::ReadOptions;
use viceversa::openapi::read::{Documents, Limits, parse, read};

fn main() {
    let (flags, files): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let shows = |flag: &str| flags.iter().any(|given| given == flag);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let start = Instant::now();
        let parsed = match parse(&bytes, &Limits::default()) {
            Ok(parsed) => parsed,
            Err(error) => {
                println!("{file}: {error}");
                continue;
            }
        };
        let parsing = start.elapsed();
        let path = std::fs::canonicalize(file).unwrap();
        let mut documents = Documents::new(Url::from_file_path(path).unwrap(), parsed);
        for missing in documents.missing_references() {
            documents.add_failure(missing, "this program reads one file");
        }
        let options = ReadOptions {
            resources: true,
            ..ReadOptions::default()
        };
        let start = Instant::now();
        let api = match read(&documents, &options) {
            Ok(api) => api,
            Err(error) => {
                println!("{file}: {error}");
                continue;
            }
        };
        let reading = start.elapsed();
        let start = Instant::now();
        drop(documents);
        let dropping = start.elapsed();
        let start = Instant::now();
        let tools: Vec<Tool> = api
            .operations
            .iter()
            .filter_map(|one| Some(Tool::read_made(&one.definition, &IndexMap::new()).ok()?.0))
            .collect();
        let making = start.elapsed();
        drop(tools);
        let start = Instant::now();
        let mut oddities = Vec::new();
        for operation in &api.operations {
            match Tool::read(&operation.definition) {
                Ok((_, warnings)) => oddities.extend(warnings),
                Err(warning) => oddities.push(warning),
            }
        }
        let compiling = start.elapsed();
        let definitions = api.operations.iter().map(|one| one.definition.get().len());
        println!(
            "{file}: {} tools of {} bytes, {} resources, {} prompts, {} warnings, {} oddities; \
             parsed in {}, read in {}, dropped in {}, tools in {}, \
             all schemas compiled in {}",
            api.operations.len(),
            definitions.sum::<usize>(),
            api.resources.len(),
            api.prompts.len(),
            api.warnings.len(),
            oddities.len(),
            milliseconds(parsing),
            milliseconds(reading),
            milliseconds(dropping),
            milliseconds(making),
            milliseconds(compiling),
        );
        if shows("--tools") {
            for operation in &api.operations {
                println!("{}", operation.definition.get());
            }
        }
        if shows("--warnings") {
            for (about, message) in &api.warnings {
                println!("  {about}: {message}");
            }
            for warning in &oddities {
                println!("  {}: {}", warning.about, warning.message);
            }
        }
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.0} ms", duration.as_secs_f64() * 1000.0)
}
