//! Results of commands on standard output.

use std::io::Write as _;
use std::process::ExitCode;

use crate::config::error::sysexits;

/// Prints a result. Whoever stops reading has read enough.
pub(super) fn print(text: &str) -> ExitCode {
    let mut stdout = std::io::stdout();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => sysexits::IOERR.into(),
        _ => ExitCode::SUCCESS,
    }
}
