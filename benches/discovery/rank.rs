//! Indexes a catalog and asks it questions, so that the index can be measured by itself.
//!
//! ```text
//! rank-tools CATALOG.json QUESTIONS.json
//! ```
//!
//! The catalog is a list of MCP tools, the questions a list of strings. What comes out is one JSON
//! object: how long it took to build the index and to search it, how many bytes it holds, and for
//! each question the positions of the first ten tools.

use std::{
    hint::black_box,
    io::{self, Write},
    time::{Duration, Instant},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use viceversa::gateway::{IndexedTool, ToolIndex};

/// How many tools an answer has.
const FIRST: usize = 10;

/// How often building is timed; the fastest counts, since all else is the machine's noise.
const BUILDS: usize = 15;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tool {
    name: String,
    title: Option<String>,
    description: Option<String>,
    input_schema: Box<RawValue>,
}

#[derive(Serialize)]
struct Report {
    tools: usize,
    build_ms: f64,
    index_bytes: usize,
    search_us: f64,
    answers: Vec<Vec<usize>>,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let mut next = || {
        arguments
            .next()
            .context("rank-tools CATALOG.json QUESTIONS.json")
    };
    let tools: Vec<Tool> = serde_json::from_slice(&std::fs::read(next()?)?)?;
    let questions: Vec<String> = serde_json::from_slice(&std::fs::read(next()?)?)?;

    let mut build = Duration::MAX;
    for _ in 0..BUILDS {
        let started = Instant::now();
        black_box(index(&tools));
        build = build.min(started.elapsed());
    }
    let index = index(&tools);
    let started = Instant::now();
    let answers: Vec<Vec<usize>> = questions
        .iter()
        .map(|question| {
            let hits = index.search(question, FIRST);
            hits.into_iter().map(|hit| hit.position).collect()
        })
        .collect();
    let search = started.elapsed() / u32::try_from(questions.len().max(1))?;

    let report = Report {
        tools: index.len(),
        build_ms: build.as_secs_f64() * 1e3,
        index_bytes: index.heap_bytes(),
        search_us: search.as_secs_f64() * 1e6,
        answers,
    };
    writeln!(io::stdout(), "{}", serde_json::to_string(&report)?)?;
    Ok(())
}

fn index(tools: &[Tool]) -> ToolIndex {
    ToolIndex::new(tools.iter().map(|tool| IndexedTool {
        name: &tool.name,
        title: tool.title.as_deref(),
        description: tool.description.as_deref(),
        input_schema: tool.input_schema.get(),
    }))
}
