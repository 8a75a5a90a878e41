//! Where log lines go.
//!
//! Writing a line costs a copy: a thread of its own writes what has gathered every few
//! milliseconds, and is woken only by the first line after a silence. A reader of stderr that
//! falls behind loses lines rather than hold up calls.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use indicatif::MultiProgress;
use tracing_subscriber::fmt::MakeWriter;

/// How long lines gather.
const GATHER: Duration = Duration::from_millis(20);

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
    first_line: Condvar,
    /// Held while writing, so that [`Sink::flush`] and the thread keep the order of lines.
    output: Mutex<Option<MultiProgress>>,
}

#[derive(Debug, Default)]
struct Gathered {
    bytes: Vec<u8>,
    left_out: u64,
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
                let mut gathered = shared.gathered();
                while gathered.bytes.is_empty() {
                    gathered = shared
                        .first_line
                        .wait(gathered)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                drop(gathered);
                thread::sleep(GATHER);
                shared.write_out();
            }
        });
        if let Err(error) = thread {
            // Without its thread the sink still writes when it is flushed.
            eprintln!("viceversa: logs will come late: {error}");
        }
        sink
    }

    /// Writes all that has gathered.
    pub fn flush(&self) {
        self.shared.write_out();
    }

    /// Writes text that is no log line, in order with the lines.
    pub fn print(&self, text: &str) {
        self.shared.push(text.as_bytes());
        self.flush();
    }

    /// Lets lines pass above a progress display, or no longer.
    pub fn share_with(&self, display: Option<MultiProgress>) {
        *self.shared.output() = display;
    }
}

impl Shared {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn output(&self) -> MutexGuard<'_, Option<MultiProgress>> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut gathered = self.gathered();
        if gathered.bytes.len() + line.len() > MAX_WAITING {
            gathered.left_out += 1;
            return;
        }
        let first = gathered.bytes.is_empty();
        gathered.bytes.extend_from_slice(line);
        drop(gathered);
        if first {
            self.first_line.notify_one();
        }
    }

    fn write_out(&self) {
        let output = self.output();
        let Gathered { bytes, left_out } = std::mem::take(&mut *self.gathered());
        if bytes.is_empty() {
            return;
        }
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
        match &*output {
            Some(display) => display.suspend(write),
            None => write(),
        }
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
