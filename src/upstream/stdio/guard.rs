//! The guard: a small process of our own binary between the gateway and a server's process.
//!
//! It starts the server's process in a group of its own, hands it the pipes to the gateway, and
//! waits at the end of a pipe that only the gateway holds open. When that pipe closes, however
//! the gateway ended, the guard ends the server and all its descendants. As their subreaper
//! (`prctl(2)`, `PR_SET_CHILD_SUBREAPER`) it becomes the parent of each that is orphaned, so
//! none escapes by leaving the group or the session.

use std::{
    ffi::OsString,
    os::{
        fd::{OwnedFd, RawFd},
        unix::process::CommandExt as _,
    },
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

/// How often the guard looks whether all have ended, where no signal says so: at first, and
/// at last, where something can't be ended.
const LOOK_AGAIN: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(20)..=Duration::from_secs(1);

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
    {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        // So that `killall viceversa` ends the gateway, and leaves the guard to end the server.
        rustix::thread::set_name(c"mcp-guard")?;
    }

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
    command.process_group(0);
    die_with_us(&mut command);
    // Before there is a process that would have to be ended if this failed.
    let nothing = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    let child = command.spawn()?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| std::io::Error::other("the process has no id"))
}

/// Should the guard itself be killed, its server is killed with it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a child can't be told so in another way")]
fn die_with_us(command: &mut std::process::Command) {
    // SAFETY: between fork and exec only the one system call is made, which allocates nothing
    // and takes no lock.
    unsafe {
        command.pre_exec(|| {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            Ok(())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_us(_command: &mut std::process::Command) {}

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
    let kill_at = Instant::now() + ORPHAN_GRACE;
    let mut pause = *LOOK_AGAIN.start();
    let mut is_told = false;
    loop {
        reap(server);
        let left = descendants();
        if left
            .as_ref()
            .map_or_else(|| group_has_ended(server), Vec::is_empty)
        {
            return;
        }
        let is_late = Instant::now() >= kill_at;
        if is_late || !is_told {
            let signal = if is_late { Signal::KILL } else { Signal::TERM };
            is_told = true;
            signal_group(server, signal);
            for pid in left.unwrap_or_default() {
                // One that has just ended needs no signal.
                let _ = rustix::process::kill_process(pid, signal);
            }
        }
        if is_late {
            pause = (pause * 2).min(*LOOK_AGAIN.end());
        }
        tokio::time::sleep(pause).await;
    }
}

/// All processes that descend from this one; `None` where that can't be known: the server's
/// process group is all that can be found then.
#[cfg(target_os = "linux")]
fn descendants() -> Option<Vec<Pid>> {
    let parents: Vec<(i32, i32)> = std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may hold anything; the parent is the second field after it.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
            Some((pid, parent.parse().ok()?))
        })
        .collect();
    let own = rustix::process::getpid().as_raw_nonzero().get();
    // Where /proc is not about this process, it says nothing of its children either.
    parents.iter().find(|(pid, _)| *pid == own)?;
    let mut found = Vec::new();
    let mut ancestors = vec![own];
    while let Some(ancestor) = ancestors.pop() {
        for (pid, _) in parents.iter().filter(|(_, parent)| *parent == ancestor) {
            ancestors.push(*pid);
            found.extend(Pid::from_raw(*pid));
        }
    }
    Some(found)
}

#[cfg(not(target_os = "linux"))]
fn descendants() -> Option<Vec<Pid>> {
    None
}

fn group_has_ended(group: Pid) -> bool {
    rustix::process::test_kill_process_group(group).is_err()
}

fn signal_group(group: Pid, signal: Signal) {
    // A group whose last process has just ended needs no signal.
    let _ = rustix::process::kill_process_group(group, signal);
}
