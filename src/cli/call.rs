//! `viceversa call`: calls a tool, shows how it comes along, and what came of it.

mod arguments;
mod progress;
mod result;
mod saved;

use std::{process::ExitCode, slice};

use tokio::sync::mpsc;

use super::{
    asking::{Asked, Meant, end},
    failure::Failure,
    tools::print_value,
};
use crate::{
    app::{Offer, OfferedTool, Visit},
    cli::arguments::{CallArguments, ResultFormat},
    config::error::sysexits,
    gateway::ExchangeError,
    json::Raw,
    schema::{Defaults, Validation},
    telemetry::Sink,
};

use arguments::Given;
use progress::Progress;
use result::ToolResult;
use saved::Folder;

/// How many events wait for a slow terminal before some are dropped.
const EVENTS: usize = 64;

/// Calls the tool that the command line names.
pub(super) fn run(arguments: &CallArguments) -> ExitCode {
    end(call(arguments))
}

fn call(arguments: &CallArguments) -> Result<(), Failure> {
    let (meant, tool) = match arguments.names.as_slice() {
        [server, tool] => (Meant::Named(slice::from_ref(server)), tool),
        [tool] => (Meant::Only, tool),
        _ => return Err(Failure::Usage("name a server and one of its tools".into())),
    };
    // What is wrong with the command line is said before anything starts.
    let given = Given::read(&arguments.arguments, arguments.json.as_deref())?;
    let asked = Asked::find(&arguments.ask, meant)?;
    if let Some(down) = asked
        .down
        .iter()
        .find(|down| asked.names.contains(&down.server))
    {
        return Err(Failure::Down(down.clone()));
    }
    // What is written on a command line has no types.
    let validation = match asked.validation {
        Validation::Strict if given.is_untyped => Validation::Coerce,
        other => other,
    };
    let name = asked.names.first().cloned().unwrap_or_default();
    let mut outcome = None;
    asked.visit(async |visit, sink| {
        let offer = visit.offer(&name).unwrap_or(Offer {
            tools: Vec::new(),
            down: Vec::new(),
        });
        let found = find(&offer, tool)?;
        let prepared = found
            .tool
            .arguments
            .prepare(&given.arguments, validation, Defaults::Leave)
            .map_err(Failure::Arguments)?;
        let result = watch(visit, sink, found, prepared).await?;
        let is_wrapped = found.tool.wrapped_result;
        outcome = Some((result, found.tool.is_structured, is_wrapped));
        Ok(())
    })?;
    let Some((result, is_structured, is_wrapped)) = outcome else {
        return Ok(());
    };
    let read = ToolResult::read(&result, is_structured, is_wrapped).map_err(|error| {
        let problem = format!("the server's result can't be read: {error}");
        Failure::Exchange(ExchangeError::Unusable(problem))
    })?;
    if arguments.output == ResultFormat::Json {
        print_value(&result)?;
        return match read.error() {
            Some(_) => Err(Failure::Told(sysexits::TOOL_FAILED)),
            None => Ok(()),
        };
    }
    read.show(&mut Folder::new(&arguments.save, tool))?;
    match read.error() {
        Some(message) => Err(Failure::Tool(message)),
        None => Ok(()),
    }
}

fn find<'a>(offer: &'a Offer, name: &str) -> Result<&'a OfferedTool, Failure> {
    if let Some(found) = offer.tools.iter().find(|tool| tool.name == name) {
        return Ok(found);
    }
    match offer.down.first() {
        Some(down) => Err(Failure::Down(down.clone())),
        None => Err(Failure::Unknown {
            what: "tool",
            name: name.to_owned(),
            known: offer.tools.iter().map(|tool| tool.name.clone()).collect(),
        }),
    }
}

/// Calls, and shows progress where somebody looks. Dropping the future cancels the call.
async fn watch(
    visit: &Visit,
    sink: &Sink,
    tool: &OfferedTool,
    arguments: Raw,
) -> Result<Raw, Failure> {
    let (sender, mut events) = mpsc::channel(EVENTS);
    let progress = Progress::start(sink, &tool.name);
    let calling = visit.call(tool, arguments, sender);
    let mut calling = std::pin::pin!(calling);
    loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => progress.show(&event),
            outcome = &mut calling => {
                progress.end(sink);
                return outcome.map_err(|error| match error {
                    ExchangeError::InvalidArguments(violations) => Failure::Arguments(violations),
                    other => Failure::Exchange(other),
                });
            }
        }
    }
}
