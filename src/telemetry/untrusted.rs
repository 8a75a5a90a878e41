//! What servers say, for our log: in bounds, and without what could steer a terminal.

use std::time::{Duration, Instant};

/// How much of a line is kept and logged, in characters.
const MAX_CHARACTERS: usize = 1000;

/// How many lines are logged in each [`WINDOW`].
const LINES_PER_WINDOW: u32 = 100;

const WINDOW: Duration = Duration::from_secs(5);

/// The log of one server.
#[derive(Debug)]
pub struct Log {
    server: String,
    start: Instant,
    admitted: u32,
    left_out: u64,
}

impl Log {
    /// The log under a server's name.
    pub fn new(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            start: Instant::now(),
            admitted: 0,
            left_out: 0,
        }
    }

    /// Logs what the server says.
    pub fn info(&mut self, text: &str) {
        if self.admit() {
            tracing::info!(target: "viceversa::server", server = self.server, "{}", readable(text));
        }
    }

    /// Logs what is wrong with the server.
    pub fn warn(&mut self, text: &str) {
        if self.admit() {
            tracing::warn!(target: "viceversa::server", server = self.server, "{}", readable(text));
        }
    }

    /// Whether one more line may be logged.
    fn admit(&mut self) -> bool {
        if self.start.elapsed() >= WINDOW {
            self.start = Instant::now();
            self.admitted = 0;
            self.own_up();
        }
        if self.admitted < LINES_PER_WINDOW {
            self.admitted += 1;
            return true;
        }
        self.left_out += 1;
        false
    }

    /// Says how many lines were left out since it was last said.
    fn own_up(&mut self) {
        let left_out = std::mem::take(&mut self.left_out);
        if left_out > 0 {
            tracing::warn!(target: "viceversa::server", server = self.server, "{left_out} of its lines were left out");
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.own_up();
    }
}

/// The text without what could steer a terminal, cut to a sensible length.
pub fn readable(text: &str) -> String {
    text.chars()
        .filter(|character| *character == '\t' || !steers(*character))
        .take(MAX_CHARACTERS)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// The whole text, with its lines, without what could steer a terminal.
pub fn lines(text: &str) -> String {
    text.chars()
        .filter(|character| matches!(character, '\t' | '\n') || !steers(*character))
        .collect()
}

/// Whether a terminal does something else than show the character: control characters, and those
/// that make text run the other way, so that it reads as what it is not.
fn steers(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_counted() {
        let mut log = Log::new("x");
        let admitted = (0..1000).filter(|_| log.admit()).count();
        assert_eq!(admitted, LINES_PER_WINDOW as usize);
        assert_eq!(log.left_out, 1000 - u64::from(LINES_PER_WINDOW));
        log.start -= WINDOW;
        assert!(log.admit());
        assert_eq!(log.left_out, 0);
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(readable("\u{1b}[31mred\r\u{7}\n"), "[31mred");
        assert_eq!(readable(&"x".repeat(5000)).len(), MAX_CHARACTERS);
        assert_eq!(readable("a\u{202e}b\u{9b}2J"), "ab2J");
        assert_eq!(lines("one\r\n\ttwo\u{1b}]0;x\u{7}\n"), "one\n\ttwo]0;x\n");
    }
}
