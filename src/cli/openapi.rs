//! `viceversa openapi`: the document of a server, of a group, or of all.

use std::{process::ExitCode, slice};

use bytes::Bytes;

use super::{
    asking::{Asked, Meant, end, read_access, worst},
    failure::Failure,
    gateway::RunningGateway,
    terminal,
    tools::print_value,
};
use crate::{
    app::Down,
    cli::arguments::{DocumentArguments, DocumentFormat},
    frontend::route::Format,
    json::Raw,
};

/// Prints the document.
pub(super) fn run(arguments: &DocumentArguments) -> ExitCode {
    end(print(arguments))
}

fn print(arguments: &DocumentArguments) -> Result<(), Failure> {
    let (document, down) = match &arguments.ask.url {
        Some(url) => ask(arguments, url)?,
        None => write(arguments)?,
    };
    if let Some(document) = document {
        let text = String::from_utf8_lossy(&document);
        match (arguments.output, Raw::parse((&*text).into())) {
            (DocumentFormat::Json, Ok(value)) => print_value(&value)?,
            (DocumentFormat::Json, Err(_)) | (DocumentFormat::Yaml, _) => {
                terminal::print_text(&text).map_err(Failure::Output)?;
            }
        }
    }
    worst(&down)
}

/// A document, where anything is known of what it is about, and what is not.
type Found = (Option<Bytes>, Vec<Down>);

fn meant(arguments: &DocumentArguments) -> Meant<'_> {
    arguments
        .server
        .as_ref()
        .map_or(Meant::All, |name| Meant::Named(slice::from_ref(name)))
}

/// Starts the servers, and writes the document as the gateway would.
fn write(arguments: &DocumentArguments) -> Result<Found, Failure> {
    let asked = Asked::find(&arguments.ask, meant(arguments))?;
    let format = match arguments.output {
        DocumentFormat::Json => Format::Json,
        DocumentFormat::Yaml => Format::Yaml,
    };
    let name = arguments.server.as_deref();
    let names = asked.names.clone();
    let mut found: Found = (None, Vec::new());
    asked.visit(async |visit, _| {
        let offers = names.iter().filter_map(|name| visit.offer(name));
        let down: Vec<Down> = offers.flat_map(|offer| offer.down).collect();
        if down.iter().all(|down| name != Some(down.server.as_str())) {
            found.0 = Some(visit.document(name, format));
        }
        found.1 = down;
        Ok(())
    })?;
    Ok(found)
}

/// Asks a gateway that runs for it.
fn ask(arguments: &DocumentArguments, url: &str) -> Result<Found, Failure> {
    let access = read_access(&arguments.ask)?;
    let gateway = RunningGateway::ask(url, &access)?;
    let down = gateway.find_down(meant(arguments))?;
    let name = arguments.server.as_deref();
    if down.iter().any(|down| name == Some(down.server.as_str())) {
        return Ok((None, down));
    }
    let file = match arguments.output {
        DocumentFormat::Json => "openapi.json",
        DocumentFormat::Yaml => "openapi.yaml",
    };
    Ok((Some(gateway.document(name, file, &access)?), down))
}
