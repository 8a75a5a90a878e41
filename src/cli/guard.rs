//! `viceversa guard -- COMMAND`: between the gateway and a server's process.

use std::{ffi::OsString, process::ExitCode};

use command_fds::inherited;

use crate::{config::error::sysexits, upstream::stdio::guard};

/// The guarded command, when the command line is the guard's.
pub(super) fn command_line(mut words: impl Iterator<Item = OsString>) -> Option<Vec<OsString>> {
    let is_guard = words.nth(1)? == "guard" && words.next()? == "--";
    is_guard.then(|| words.collect())
}

/// Runs the command under guard.
#[expect(
    unsafe_code,
    reason = "descriptors that a parent passes on can't be taken over in another way"
)]
pub(super) fn run(command: &[OsString]) -> ExitCode {
    // SAFETY: nothing else has run in this process yet, so no descriptor has another owner.
    let taken = unsafe { inherited::init_inherited_fds() };
    let control = taken
        .map_err(anyhow::Error::from)
        .and_then(|()| Ok(inherited::take_fd_ownership(guard::CONTROL_FD)?));
    match control {
        Ok(control) => guard::run(control, command),
        Err(error) => {
            eprintln!("viceversa: guard is a part of the gateway, not for use by hand: {error}");
            ExitCode::from(sysexits::USAGE)
        }
    }
}
