//! Stdio.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::{Answer, Caller, collect, initialize, joined, member, message, stateless_meta};
use crate::gateway::{SOON, binary};

/// A client that spawned the gateway.
pub struct Spawned {
    child: Child,
    input: Mutex<Option<ChildStdin>>,
    lines: Receiver<String>,
    is_stateless: bool,
    capabilities: String,
    next: Cell<u64>,
}

impl Spawned {
    /// `viceversa stdio` with these flags before the server's command.
    #[track_caller]
    pub fn start(flags: &[&str], command: &[String]) -> Self {
        let mut gateway = binary();
        gateway
            .args(["stdio", "--start-wait", "60s"])
            .args(flags)
            .stdin(Stdio::piped())
            .stderr(Stdio::null());
        if !command.is_empty() {
            gateway.arg("--").args(command);
        }
        let mut child = gateway.spawn().expect("the binary starts");
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self {
            input: Mutex::new(child.stdin.take()),
            child,
            lines,
            is_stateless: true,
            capabilities: "{}".to_owned(),
            next: Cell::new(1),
        }
    }

    /// Declares these in each request.
    pub fn with_capabilities(mut self, capabilities: &str) -> Self {
        capabilities.clone_into(&mut self.capabilities);
        self
    }

    /// Goes on with a session of a legacy version.
    #[track_caller]
    pub fn with_session(mut self, version: &str, capabilities: &str) -> Self {
        self.is_stateless = false;
        self.send(&initialize(version, capabilities));
        let initialized = self.line().unwrap();
        assert!(member(&initialized, "result").is_some(), "{initialized}");
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        self
    }

    #[track_caller]
    pub fn send(&self, line: &str) {
        let mut input = self.input.lock().unwrap();
        let input = input.as_mut().expect("stdin is open");
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// The next line; nothing at the end.
    #[track_caller]
    pub fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(SOON) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(error) => panic!("no line: {error}"),
        }
    }

    /// Ends the gateway's standard input.
    pub fn close_input(&self) {
        self.input.lock().unwrap().take();
    }

    /// Whether the gateway has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Caller for Spawned {
    #[track_caller]
    fn ask(&self, method: &str, members: &str, meta: &str) -> Answer {
        let id = self.next.replace(self.next.get() + 1).to_string();
        let own = if self.is_stateless {
            stateless_meta(&self.capabilities)
        } else {
            String::new()
        };
        self.send(&message(&id, method, members, &joined(&[meta, &own])));
        collect(&id, || self.line())
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        self.close_input();
        let deadline = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
