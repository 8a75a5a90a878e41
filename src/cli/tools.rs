//! `viceversa tools`: what can be called.

use std::process::ExitCode;

use comfy_table::{Cell, Color, Table};
use serde::Deserialize;
use serde_json::json;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    asking::{Asked, Meant, end, worst},
    failure::{Failure, explain_down},
    terminal,
};
use crate::{
    app::{Down, Offer, OfferedTool},
    cli::arguments::{OutputFormat, ToolsArguments},
    gateway::Tool,
    json::{self, Raw},
    telemetry::untrusted::readable,
};

/// Lists the tools of the servers that the command line names, or of all.
pub(super) fn run(arguments: &ToolsArguments) -> ExitCode {
    end(list(arguments))
}

/// The tools of one server or group; or why they are not known.
type Listed = (String, Result<Offer, Down>);

fn list(arguments: &ToolsArguments) -> Result<(), Failure> {
    let meant = match arguments.servers.as_slice() {
        [] => Meant::All,
        names => Meant::Named(names),
    };
    let asked = Asked::find(&arguments.ask, meant)?;
    let names = asked.names.clone();
    let mut down = asked.down.clone();
    let mut listed: Vec<Listed> = Vec::new();
    asked.visit(async |visit, _| {
        for name in &names {
            if let Some(offer) = visit.offer(name) {
                // Two groups may have a server in common.
                let unknown = offer.down.iter().filter(|it| !down.contains(it));
                down.extend(unknown.cloned().collect::<Vec<_>>());
                listed.push((name.clone(), Ok(offer)));
            }
            if let Some(itself) = down.iter().find(|down| down.server == *name) {
                listed.retain(|(listed, _)| listed != name);
                listed.push((name.clone(), Err(itself.clone())));
            }
        }
        Ok(())
    })?;
    match arguments.output {
        OutputFormat::Json => print_json(&listed)?,
        OutputFormat::Table => print_tables(&listed)?,
    }
    worst(&down)
}

/// A list with an element for each server, which holds the definitions as they came.
fn print_json(listed: &[Listed]) -> Result<(), Failure> {
    let servers: Vec<String> = listed
        .iter()
        .map(|(name, offer)| {
            let name = Raw::from_value(name);
            match offer {
                Ok(offer) => {
                    let tools: Vec<&str> = { offer.tools.iter() }
                        .map(|tool| tool.definition.get())
                        .collect();
                    format!(
                        r#"{{"server":{},"tools":[{}]}}"#,
                        name.get(),
                        tools.join(",")
                    )
                }
                Err(down) => {
                    json!({"server": down.server, "error": explain_down(down)}).to_string()
                }
            }
        })
        .collect();
    let list = Raw::assume_valid(format!("[{}]", servers.join(",")).into());
    print_value(&list)
}

/// Prints JSON: with lines for people on a terminal, else as it is.
pub(super) fn print_value(value: &Raw) -> Result<(), Failure> {
    let printed = if terminal::stdout_is_terminal() {
        terminal::print_text(&json::pretty::pretty(value))
    } else {
        terminal::print_text(value.get())
    };
    printed.map_err(Failure::Output)
}

fn print_tables(listed: &[Listed]) -> Result<(), Failure> {
    let names_servers = listed.len() > 1;
    let headings = ["server"].into_iter().filter(|_| names_servers);
    let headings = headings.chain(["tool", "what it does", "marks", "required"]);
    let mut table = terminal::table(headings);
    for (name, offer) in listed {
        let Ok(offer) = offer else { continue };
        for tool in &offer.tools {
            add_row(&mut table, names_servers.then_some(name.as_str()), tool);
        }
    }
    if table.is_empty() {
        // What is wrong is said beside; else there is nothing to be said.
        if listed.iter().all(|(_, offer)| offer.is_ok()) {
            terminal::note("There are no tools.");
        }
        return Ok(());
    }
    terminal::print(format!("{table}\n").as_bytes()).map_err(Failure::Output)
}

fn add_row(table: &mut Table, server: Option<&str>, offered: &OfferedTool) {
    let tool = &offered.tool;
    let marks = Marks::of(tool);
    let server = server.map(|server| Cell::new(readable(server)));
    let mut row: Vec<Cell> = server.into_iter().collect();
    row.extend([
        Cell::new(readable(&offered.name)),
        Cell::new(about(tool)),
        marks.cell(),
        Cell::new(required(tool).join(", ")),
    ]);
    table.add_row(row);
}

/// The title, and the first sentence of the description.
fn about(tool: &Tool) -> String {
    let title = tool.title.as_deref().map(readable);
    let sentence = tool.description.as_deref().map(first_sentence);
    let parts = [title, sentence].into_iter().flatten();
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [title, sentence] if sentence.trim_end_matches('.') == title.trim_end_matches('.') => {
            title.clone()
        }
        parts => parts.join(": "),
    }
}

/// The first sentence of the first paragraph, on one line.
fn first_sentence(text: &str) -> String {
    let text = text.trim();
    let end = text.find("\n\n").unwrap_or(text.len());
    let paragraph: Vec<&str> = text.get(..end).unwrap_or(text).split_whitespace().collect();
    let paragraph = paragraph.join(" ");
    let sentence = paragraph.unicode_sentences().next();
    readable(sentence.unwrap_or(&paragraph).trim_end())
}

/// What a tool says of the harm that it may do (MCP, tool annotations).
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, rename_all = "camelCase")]
struct Marks {
    #[serde(rename = "readOnlyHint", deserialize_with = "json::lenient")]
    read_only: bool,
    #[serde(rename = "destructiveHint", deserialize_with = "json::lenient")]
    destructive: bool,
}

impl Marks {
    fn of(tool: &Tool) -> Self {
        let annotations = tool.annotations.as_ref();
        let marks = annotations.and_then(|annotations| json::object(annotations.get()).ok());
        marks.unwrap_or_default()
    }

    fn cell(&self) -> Cell {
        let (word, colour) = match (self.read_only, self.destructive) {
            // Whatever it says beside: what only reads destroys nothing.
            (true, _) => ("read-only", Color::Green),
            (false, true) => ("destructive", Color::Red),
            (false, false) => return Cell::new(""),
        };
        let cell = Cell::new(word);
        if terminal::stdout_is_coloured() {
            cell.fg(colour)
        } else {
            cell
        }
    }
}

/// The names of the arguments that must be given.
pub(super) fn required(tool: &Tool) -> Vec<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Schema {
        #[serde(deserialize_with = "json::lenient")]
        required: Vec<String>,
    }
    let schema: Schema = json::object(tool.input_schema.get()).unwrap_or_default();
    schema.required.iter().map(|name| readable(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(definition: &'static str) -> Tool {
        Tool::read(&Raw::from_static(definition)).unwrap().0
    }

    #[test]
    fn of_a_description_the_first_sentence_is_shown_on_one_line() {
        for (description, expected) in [
            ("Adds\n numbers. Then rests.", "Adds numbers."),
            ("One line\n\nArgs: a, b", "One line"),
            ("  \n", ""),
            ("Ver\u{1b}[2Jy odd", "Ver[2Jy odd"),
        ] {
            assert_eq!(first_sentence(description), expected);
        }
    }

    #[test]
    fn a_title_that_says_the_same_stands_alone() {
        let described = |definition| about(&tool(definition));
        assert_eq!(
            described(r#"{"name":"a","title":"Add","description":"Add.","inputSchema":{}}"#),
            "Add"
        );
        assert_eq!(
            described(r#"{"name":"a","title":"Add","description":"Sums up.","inputSchema":{}}"#),
            "Add: Sums up."
        );
        assert_eq!(described(r#"{"name":"a","inputSchema":{}}"#), "");
    }

    #[test]
    fn marks_and_required_arguments_are_read_however_odd_the_rest_is() {
        let tool = tool(
            r#"{"name":"a","inputSchema":{"type":"object","required":["x","y"]},
                "annotations":{"readOnlyHint":7,"destructiveHint":true}}"#,
        );
        let marks = Marks {
            read_only: false,
            destructive: true,
        };
        assert_eq!(Marks::of(&tool), marks);
        assert_eq!(required(&tool), ["x", "y"]);
    }
}
