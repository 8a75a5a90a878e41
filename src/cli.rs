//! The command line: one file per command.

pub mod arguments;
mod asking;
mod call;
mod check;
mod completions;
mod demo;
mod demo_server;
mod failure;
mod gateway;
mod guard;
mod health;
mod import;
mod login;
mod man;
mod openapi;
mod schema;
mod serve;
mod signals;
mod stdio;
pub mod terminal;
mod tools;

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
        Some(Command::Tools(tools)) => tools::run(&tools),
        Some(Command::Call(call)) => call::run(&call),
        Some(Command::OpenApi(document)) => openapi::run(&document),
        Some(Command::Import(import)) => import::run(&import),
        Some(Command::Schema) => schema::run(),
        Some(Command::Health(health)) => health::run(&health),
        Some(Command::Completions(completions)) => completions::run(completions),
        Some(Command::Man(man)) => man::run(&man),
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
