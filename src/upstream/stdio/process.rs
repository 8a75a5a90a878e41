//! A server's process: its pipes, its end, and how it is ended.

use std::{
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use command_fds::{CommandFdExt, FdMapping};
use tokio::{
    io::AsyncWriteExt,
    net::unix::pipe,
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::watch,
    task::{AbortHandle, JoinHandle},
};

use super::{Launch, guard, stderr};
use crate::{
    gateway::ServerName,
    mcp::{
        Peer,
        lines::{Line, LineReader},
        peer::Outgoing,
    },
    telemetry::untrusted,
    upstream::Ended,
};

/// How long the guard may take to end all that is left, once it was told to.
const KILL_PATIENCE: Duration = Duration::from_secs(5);

/// Larger buffers are given back after use.
const MAX_IDLE_BUFFER: usize = 256 * 1024;

/// A server's process. Dropping it kills the process and all its descendants; [`Process::stop`]
/// lets it end by itself first.
#[derive(Debug)]
pub struct Process {
    peer: Peer,
    grace: Duration,
    /// The guard's id, which stands for the process.
    id: Option<u32>,
    /// The pipe at whose end the guard waits. Taken when the process is to be killed.
    control: Option<pipe::Sender>,
    /// Why the process ended, once it has.
    ended: Ended,
    last_words: stderr::LastWords,
    writer: AbortHandle,
}

impl Process {
    /// Starts the process under a guard, and moves `peer`'s messages over its pipes.
    pub(super) fn spawn(launch: &Launch, peer: &Peer, outgoing: Outgoing) -> Result<Self, String> {
        launch.check()?;
        let (control, guard_end) = std::io::pipe()
            .and_then(|(reader, writer)| Ok((pipe::Sender::from_owned_fd(writer.into())?, reader)))
            .map_err(|error| format!("no pipe could be made: {error}"))?;
        let mut command = guard_command(launch);
        command
            .as_std_mut()
            .fd_mappings(vec![FdMapping {
                parent_fd: guard_end.into(),
                child_fd: guard::CONTROL_FD,
            }])
            .map_err(|error| format!("the guard's pipe could not be passed: {error}"))?;
        let mut child = command
            .spawn()
            .map_err(|error| format!("the process could not be started: {error}"))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(errors)) = pipes else {
            return Err("the process was started without its pipes".into());
        };
        let id = child.id();
        let last_words = stderr::LastWords::default();
        let writing = tokio::spawn(write(stdin, outgoing));
        let writer = writing.abort_handle();
        let reader = tokio::spawn(read(
            stdout,
            launch.name.clone(),
            launch.max_line_length,
            peer.clone(),
        ));
        let follower = tokio::spawn(stderr::follow(
            errors,
            launch.name.clone(),
            last_words.clone(),
        ));
        let (said, ended) = watch::channel(None);
        tokio::spawn(watch_end(
            child,
            peer.clone(),
            (reader, writing, follower),
            said,
        ));
        Ok(Self {
            peer: peer.clone(),
            grace: launch.grace,
            id,
            control: Some(control),
            ended,
            last_words,
            writer,
        })
    }

    /// The process's id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.id
    }

    /// Waits for the end of the process and says what is known of it. Cancel safe.
    pub async fn ended(&self) -> Arc<str> {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(reason)) => Arc::clone(reason),
            Ok(None) | Err(_) => "its watcher ended".into(),
        }
    }

    /// What the process last wrote to its stderr, if anything. It may hold secrets.
    pub fn last_words(&self) -> Option<String> {
        let lines = self.last_words.lines();
        (!lines.is_empty()).then(|| lines.join(" | "))
    }

    /// Ends the process: its stdin is closed; after a grace it gets SIGTERM; after another it
    /// and all its descendants get SIGKILL (MCP, stdio, shutdown).
    pub async fn stop(mut self) {
        self.peer.close("the server is being stopped");
        self.writer.abort();
        let grace = self.grace;
        if tokio::time::timeout(grace, self.ended()).await.is_ok() {
            return;
        }
        if let Some(control) = &mut self.control {
            // A guard that has just ended needs no order.
            let _ = control.write_all(guard::TERMINATE).await;
        }
        if tokio::time::timeout(grace, self.ended()).await.is_ok() {
            return;
        }
        self.control = None;
        if tokio::time::timeout(KILL_PATIENCE, self.ended())
            .await
            .is_err()
        {
            tracing::error!(
                process = self.id,
                "the process and its guard could not be ended"
            );
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.peer.close("the server was ended");
        self.writer.abort();
        // With `control` the guard's pipe closes, and the guard ends all that is left.
    }
}

/// The guard's own command line: this program, guarding the server's.
fn guard_command(launch: &Launch) -> Command {
    let program = std::env::current_exe()
        .ok()
        .filter(|path| path.exists())
        // Replaced while it runs, the program is still there under this name.
        .unwrap_or_else(|| "/proc/self/exe".into());
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where servers' processes are made"
    )]
    let mut command = Command::new(program);
    command
        .arg("guard")
        .arg("--")
        .arg(&launch.command)
        .args(&launch.arguments)
        .env_clear()
        .envs(&launch.environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C in a terminal is for the gateway, which then ends its servers in order.
        .process_group(0);
    if let Some(directory) = &launch.directory {
        command.current_dir(directory);
    }
    command
}

/// Writes what waits, as much as waits at once.
async fn write(mut stdin: ChildStdin, mut outgoing: Outgoing) {
    let mut buffer = Vec::new();
    while outgoing.next(&mut buffer).await {
        let written = match stdin.write(&buffer).await {
            Ok(written) => {
                let rest = buffer.get(written..).unwrap_or_default();
                stdin.write_all(rest).await
            }
            Err(error) => {
                outgoing.nothing_was_written();
                Err(error)
            }
        };
        if let Err(error) = written {
            tracing::debug!(%error, "the process reads no more");
            return;
        }
        buffer.clear();
        buffer.shrink_to(MAX_IDLE_BUFFER);
    }
}

/// Reads messages to the end of stdout.
async fn read(stdout: ChildStdout, name: ServerName, max_line_length: usize, peer: Peer) {
    let mut reader = LineReader::new(stdout, max_line_length);
    let mut log = untrusted::Log::new(name.as_str());
    loop {
        let (problem, id) = match reader.next().await {
            Ok(Some(Line::Text(text))) => {
                if !text.trim().is_empty() {
                    peer.receive(text).await;
                    // One server's flood of lines must not keep others on this thread waiting.
                    tokio::task::coop::consume_budget().await;
                }
                continue;
            }
            Ok(Some(Line::TooLong { length, id })) => (
                format!(
                    "the server sent a line of {length} bytes, more than the {max_line_length} \
                     that are taken (--max-line-size)"
                ),
                id,
            ),
            Ok(Some(Line::NotUtf8 { id })) => {
                ("the server sent a line that is no UTF-8".to_owned(), id)
            }
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(server = %name, %error, "its stdout can't be read");
                return;
            }
        };
        let told = id.is_some_and(|id| peer.fail(id, problem.clone()));
        if !told {
            log.warn(&problem);
        }
    }
}

/// Waits until the process has ended, or has closed its stdin or stdout, and tells all who wait.
async fn watch_end(
    mut child: Child,
    peer: Peer,
    (mut reader, writing, mut follower): (JoinHandle<()>, JoinHandle<()>, JoinHandle<()>),
    said: watch::Sender<Option<Arc<str>>>,
) {
    /// How long after the exit the pipes may still hold what was written before it.
    const DRAIN: Duration = Duration::from_millis(500);
    let status = tokio::select! {
        status = child.wait() => {
            // What was answered before the exit still counts.
            let _ = tokio::time::timeout(DRAIN, &mut reader).await;
            Some(status)
        }
        _ = &mut reader => tokio::time::timeout(DRAIN, child.wait()).await.ok(),
        () = ended_by_itself(writing) => {
            // What was answered before still counts.
            let _ = tokio::time::timeout(DRAIN, &mut reader).await;
            tokio::time::timeout(Duration::ZERO, child.wait()).await.ok()
        }
    };
    let _ = tokio::time::timeout(DRAIN, &mut follower).await;
    let reason = match status {
        Some(Ok(status)) => describe(status),
        Some(Err(error)) => format!("the server's end can't be known: {error}"),
        None => "the server closed its stdin or stdout".to_owned(),
    };
    peer.close(&reason);
    reader.abort();
    follower.abort();
    said.send_replace(Some(reason.into()));
    // A process that closed its pipes is of no use; its guard is told by whoever holds it.
    let _ = child.wait().await;
}

/// Waits until a task ends other than by being aborted.
async fn ended_by_itself(task: JoinHandle<()>) {
    if task.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The guard gives its child's exit code, or 128 and the signal's number as shells do.
fn describe(status: ExitStatus) -> String {
    match status.code() {
        Some(code @ 129..=192) => format!("the server was ended by signal {}", code - 128),
        Some(code) => format!("the server exited with status {code}"),
        None => format!("the server's guard ended: {status}"),
    }
}
