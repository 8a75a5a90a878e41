//! What a server writes to its stderr: to our log, in bounds, and the last lines kept to
//! explain its end.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::AsyncRead;

use crate::{
    gateway::ServerName,
    mcp::lines::{Line, LineReader},
    telemetry::untrusted,
};

/// How many lines are kept.
const KEPT: usize = 10;

/// How long a line may be before it is only counted, in bytes.
const MAX_LINE: usize = 64 * 1024;

/// The last lines that a server wrote to its stderr.
#[derive(Clone, Debug, Default)]
pub(super) struct LastWords(Arc<Mutex<VecDeque<String>>>);

impl LastWords {
    /// The lines, oldest first.
    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// Reads to the end, logging under the server's name.
pub(super) async fn follow(
    stderr: impl AsyncRead + Unpin,
    name: ServerName,
    last_words: LastWords,
) {
    let mut reader = LineReader::new(stderr, MAX_LINE);
    let mut log = untrusted::Log::new(name.as_str());
    while let Ok(Some(line)) = reader.next().await {
        let line = match line {
            Line::Text(text) => untrusted::readable(&text),
            Line::TooLong { length, .. } => format!("[a line of {length} bytes]"),
            Line::NotUtf8 { .. } => "[a line that is no UTF-8]".into(),
        };
        if !line.is_empty() {
            log.info(&line);
            last_words.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_lines_are_kept_without_what_steers_a_terminal() {
        let lines: Vec<String> = (0..50).map(|n| format!("\u{1b}[31mline {n}")).collect();
        let text = lines.join("\n");
        let last_words = LastWords::default();
        let name = "x".parse().unwrap();
        follow(text.as_bytes(), name, last_words.clone()).await;
        let lines = last_words.lines();
        assert_eq!(lines.len(), KEPT);
        assert_eq!(lines.last().unwrap(), "[31mline 49");
    }
}
