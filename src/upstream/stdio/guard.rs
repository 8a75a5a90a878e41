//! The guard: a small process of our own binary between the gateway and a server's process.
//!
//! It starts the server's process in a group of its own, hands it the pipes to the gateway, and
//! waits at the end of a pipe that only the gateway holds open. When that pipe closes, however
//! the gateway ended, the guard ends the server and all its descendants. As their subreaper
//! (`prctl(2)`, `PR_SET_CHILD_SUBREAPER`) it becomes the parent of each that is orphaned, so
//! none escapes by leaving the group or the session.

use std::{
    ffi::OsString,
    os::fd::{OwnedFd, RawFd},
    process::{ExitCode, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe,
    signal::unix::{SignalKind, signal},
    time::Instant,
};

/// The descriptor at which the guard finds its pipe.
pub const CONTROL_FD: RawFd = 3;

/// The order to send SIGTERM to the server's process group.
pub const TERMINATE: &[u8] = b"T";

/// How long descendants may take after the guard's own SIGTERM.
const ORPHAN_GRACE: Duration = Duration::from_millis(500);

/// How often the guard looks whether all have ended, where no signal says so.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Guards one command until it and all its descendants have ended. The exit code is the
/// command's own, 128 and the number of the signal that ended it, or 127 when it could not be
/// started.
pub fn run(control: OwnedFd, command: &[OsString]) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = runtime.and_then(|runtime| runtime.block_on(guard(control, command)));
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let command = command.first().map(|word| word.to_string_lossy());
            eprintln!(
                "viceversa: the command {:?} could not be run: {error}",
                command.unwrap_or_default()
            );
            ExitCode::from(127)
        }
    }
}

async fn guard(control: OwnedFd, command: &[OsString]) -> std::io::Result<u8> {
    let mut control = pipe::Receiver::from_owned_fd(control)?;
    // Signals that are meant for the server's group reach the guard only by mistake; the
    // gateway's pipe alone decides when it ends.
    let mut children = signal(SignalKind::child())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;

    let server = start(command)?;
    let mut order = [0_u8; 1];
    let code = loop {
        if let Some(code) = reap(server) {
            break code;
        }
        tokio::select! {
            _ = children.recv() => {}
            _ = terminate.recv() => signal_group(server, Signal::TERM),
            _ = interrupt.recv() => signal_group(server, Signal::INT),
            _ = hangup.recv() => signal_group(server, Signal::HUP),
            read = control.read(&mut order) => match read {
                Ok(1..) => signal_group(server, Signal::TERM),
                // The gateway is gone, or its patience is at its end.
                Ok(0) | Err(_) => break 128 + 9,
            },
        }
    };
    end_descendants(server).await;
    Ok(code)
}

/// Starts the server's process with our stdin, stdout and stderr, and lets go of them, so that
/// their other ends see when the server closes them.
fn start(command: &[OsString]) -> std::io::Result<Pid> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| std::io::Error::other("no command was given"))?;
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(false) {
        eprintln!("viceversa: the server has to do without huge pages: {error}");
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the guard is where servers' processes are made"
    )]
    let mut command = std::process::Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn()?;
    let nothing = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| std::io::Error::other("the process has no id"))
}

/// Collects all children that have ended; the server's exit code, if it was among them.
fn reap(server: Pid) -> Option<u8> {
    let mut code = None;
    while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
        if pid == server {
            code = Some(exit_code(status));
        }
    }
    code
}

fn exit_code(status: WaitStatus) -> u8 {
    let code = status
        .exit_status()
        .or_else(|| status.terminating_signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Ends all that descends from the guard: SIGTERM and a grace first, then SIGKILL until nobody
/// is left.
async fn end_descendants(server: Pid) {
    for pid in descendants(server) {
        signal_one(pid, Signal::TERM);
    }
    let deadline = Instant::now() + ORPHAN_GRACE;
    while Instant::now() < deadline {
        reap(server);
        if descendants(server).is_empty() {
            return;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    loop {
        reap(server);
        let left = descendants(server);
        if left.is_empty() {
            return;
        }
        for pid in left {
            signal_one(pid, Signal::KILL);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// All processes that descend from this one.
#[cfg(target_os = "linux")]
fn descendants(_server: Pid) -> Vec<Pid> {
    let parents: Vec<(i32, i32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may hold anything; the parent is the second field after it.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
            Some((pid, parent.parse().ok()?))
        })
        .collect();
    let mut found = Vec::new();
    let mut ancestors = vec![rustix::process::getpid().as_raw_nonzero().get()];
    while let Some(ancestor) = ancestors.pop() {
        for (pid, _) in parents.iter().filter(|(_, parent)| *parent == ancestor) {
            ancestors.push(*pid);
            found.extend(Pid::from_raw(*pid));
        }
    }
    found
}

/// Without subreapers, the server's process group is all that can be found.
#[cfg(not(target_os = "linux"))]
fn descendants(server: Pid) -> Vec<Pid> {
    match rustix::process::test_kill_process_group(server) {
        Ok(()) => vec![server],
        Err(_) => Vec::new(),
    }
}

#[cfg(target_os = "linux")]
fn signal_one(pid: Pid, signal: Signal) {
    // One that has just ended needs no signal.
    let _ = rustix::process::kill_process(pid, signal);
}

#[cfg(not(target_os = "linux"))]
fn signal_one(pid: Pid, signal: Signal) {
    signal_group(pid, signal);
}

fn signal_group(group: Pid, signal: Signal) {
    // A group whose last process has just ended needs no signal.
    let _ = rustix::process::kill_process_group(group, signal);
}
