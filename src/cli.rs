//! The command line: one file per command.

pub mod arguments;
mod check;
mod demo;
mod demo_server;
mod guard;
mod health;
mod import;
mod login;
mod output;
mod schema;
mod serve;
mod stdio;

use std::process::ExitCode;

use crate::cli::arguments::Command;
use crate::config::error::sysexits;

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    use_small_pages();
    // The guard must be small and quick: it needs none of what follows.
    if let Some(command) = guard::command_line(std::env::args_os()) {
        return guard::run(&command);
    }
    let arguments = match arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            return match error.print() {
                // Of an error there is nobody left to tell.
                Err(_) if error.exit_code() == 0 => sysexits::IOERR.into(),
                _ => error.exit_code().into(),
            };
        }
    };
    match arguments.command {
        None => serve::run(&arguments.serve),
        Some(Command::Stdio(stdio)) => stdio::run(&stdio),
        Some(Command::Demo(demo)) => demo::run(&demo),
        Some(Command::Login(login)) => login::run(&login),
        Some(Command::Check(check)) => check::run(&check),
        Some(Command::Import(import)) => import::run(&import),
        Some(Command::Schema) => schema::run(),
        Some(Command::Health(health)) => health::run(&health),
        Some(Command::DemoServer) => demo_server::run(),
        Some(Command::Guard(guard)) => guard::run(&guard.args),
    }
}

/// The allocator asks for huge pages, of which a program as small as this one leaves most
/// unused: they would make up half of its memory. The guard undoes this for its server, which
/// inherits it otherwise.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    {
        // Where this can't be done, only memory is at stake.
        let _ = rustix::thread::disable_transparent_huge_pages(true);
    }
}
