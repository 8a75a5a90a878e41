//! What a server writes to its stderr: to our log, in bounds, and the last lines kept for error
//! messages.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::io::AsyncRead;

use crate::{
    gateway::ServerName,
    mcp::lines::{Line, LineReader},
};

/// How many lines are kept.
const KEPT: usize = 10;

/// How much of a line is kept and logged, in characters.
const MAX_CHARACTERS: usize = 1000;

/// How long a line may be before it is only counted, in bytes.
const MAX_LINE: usize = 64 * 1024;

/// How many lines are logged in each [`WINDOW`].
const LINES_PER_WINDOW: u32 = 100;

const WINDOW: Duration = Duration::from_secs(5);

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
    let mut window = Window::new();
    while let Ok(Some(line)) = reader.next().await {
        let line = match line {
            Line::Text(text) => readable(&text),
            Line::TooLong { length, .. } => format!("[a line of {length} bytes]"),
            Line::NotUtf8 { .. } => "[a line that is no UTF-8]".into(),
        };
        if line.is_empty() {
            continue;
        }
        if let Some(left_out) = window.admit() {
            if left_out > 0 {
                tracing::warn!(target: "viceversa::server", server = %name, "{left_out} lines of its stderr were left out");
            }
            tracing::info!(target: "viceversa::server", server = %name, "{line}");
        }
        last_words.push(line);
    }
    if window.left_out > 0 {
        tracing::warn!(target: "viceversa::server", server = %name, "{} lines of its stderr were left out", window.left_out);
    }
}

/// The line without what could steer a terminal, cut to a sensible length.
fn readable(line: &str) -> String {
    line.chars()
        .filter(|character| *character == '\t' || !character.is_control())
        .take(MAX_CHARACTERS)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// Admits so many lines in each stretch of time.
struct Window {
    start: Instant,
    admitted: u32,
    left_out: u64,
}

impl Window {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            admitted: 0,
            left_out: 0,
        }
    }

    /// Whether one more line may be logged; if so, how many were left out before it.
    fn admit(&mut self) -> Option<u64> {
        if self.start.elapsed() >= WINDOW {
            self.start = Instant::now();
            self.admitted = 0;
        }
        if self.admitted < LINES_PER_WINDOW {
            self.admitted += 1;
            Some(std::mem::take(&mut self.left_out))
        } else {
            self.left_out += 1;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_counted() {
        let mut window = Window::new();
        let admitted = (0..1000).filter(|_| window.admit().is_some()).count();
        assert_eq!(admitted, LINES_PER_WINDOW as usize);
        assert_eq!(window.left_out, 1000 - u64::from(LINES_PER_WINDOW));
        window.start -= WINDOW;
        assert_eq!(window.admit(), Some(1000 - u64::from(LINES_PER_WINDOW)));
        assert_eq!(window.admit(), Some(0));
    }

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
