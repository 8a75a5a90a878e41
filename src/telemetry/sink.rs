//! Where log lines go.
//!
//! Writing a line costs a copy: a thread of its own writes what has gathered every few
//! milliseconds, and is woken only by the first line after a silence. Only that thread ever
//! writes, so a reader of stderr that falls behind or stops loses lines, and holds up nobody.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use indicatif::MultiProgress;
use tracing_subscriber::fmt::MakeWriter;

/// How long lines gather.
const GATHER: Duration = Duration::from_millis(20);

/// How long [`Sink::flush`] waits for a reader that may have stopped reading.
const FLUSH: Duration = Duration::from_secs(1);

/// How many bytes may wait.
const MAX_WAITING: usize = 4 * 1024 * 1024;

/// The way to stderr. Clones share it.
#[derive(Clone, Debug)]
pub struct Sink {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    gathered: Mutex<Gathered>,
    /// The first line after a silence, or something to hurry for.
    news: Condvar,
    /// All that had gathered was written.
    written: Condvar,
    display: Mutex<Option<MultiProgress>>,
}

#[derive(Debug, Default)]
struct Gathered {
    bytes: Vec<u8>,
    left_out: u64,
    /// How much was gathered and written so far, in bytes.
    taken_in: u64,
    put_out: u64,
    /// Somebody waits: don't gather first.
    hurry: bool,
}

impl Sink {
    /// Starts the thread that writes.
    pub(super) fn start() -> Self {
        let sink = Self {
            shared: Arc::default(),
        };
        let shared = Arc::clone(&sink.shared);
        let thread = thread::Builder::new().name("log".into()).spawn(move || {
            loop {
                shared.write_next();
            }
        });
        if let Err(error) = thread {
            eprintln!("viceversa: there will be no log: {error}");
        }
        sink
    }

    /// Waits until all that has gathered is written, or for a second.
    pub fn flush(&self) {
        let deadline = Instant::now() + FLUSH;
        let mut gathered = self.shared.gathered();
        let target = gathered.taken_in;
        gathered.hurry = true;
        self.shared.news.notify_one();
        while gathered.put_out < target {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            gathered = self
                .shared
                .written
                .wait_timeout(gathered, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Writes text that is no log line, in order with the lines.
    pub fn print(&self, text: &str) {
        self.shared.push(text.as_bytes());
    }

    /// Lets lines pass above a progress display, or no longer.
    pub fn share_with(&self, display: Option<MultiProgress>) {
        *self.shared.display() = display;
    }
}

impl Shared {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn display(&self) -> MutexGuard<'_, Option<MultiProgress>> {
        self.display.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut gathered = self.gathered();
        if gathered.bytes.len() + line.len() > MAX_WAITING {
            gathered.left_out += 1;
            return;
        }
        let first = gathered.bytes.is_empty();
        gathered.bytes.extend_from_slice(line);
        gathered.taken_in += line.len() as u64;
        drop(gathered);
        if first {
            self.news.notify_one();
        }
    }

    /// Waits for lines, lets some more gather, and writes them.
    fn write_next(&self) {
        let wait = |gathered| {
            self.news
                .wait(gathered)
                .unwrap_or_else(PoisonError::into_inner)
        };
        let mut gathered = self.gathered();
        while gathered.bytes.is_empty() {
            gathered.hurry = false;
            gathered = wait(gathered);
        }
        if !gathered.hurry {
            gathered = self
                .news
                .wait_timeout_while(gathered, GATHER, |gathered| !gathered.hurry)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let bytes = std::mem::take(&mut gathered.bytes);
        let left_out = std::mem::take(&mut gathered.left_out);
        drop(gathered);

        let write = || {
            let mut stderr = io::stderr().lock();
            // Without a reader there is nobody to tell.
            let _ = stderr.write_all(&bytes);
            if left_out > 0 {
                let _ = writeln!(
                    stderr,
                    "viceversa: {left_out} log lines were lost, since stderr was not read"
                );
            }
        };
        let display = self.display().clone();
        match display {
            Some(display) => display.suspend(write),
            None => write(),
        }
        self.gathered().put_out += bytes.len() as u64;
        self.written.notify_all();
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(&self.shared)
    }
}

/// Takes one log line.
#[derive(Debug)]
pub struct Line<'a>(&'a Shared);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
