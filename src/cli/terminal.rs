//! What commands write: to a terminal coloured, in its width and without what could steer it;
//! to a pipe or a file as it is.

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
};

use anstream::{AutoStream, ColorChoice};
use comfy_table::{Attribute, Cell, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

use crate::telemetry::untrusted;

/// How wide tables are where there is no terminal to fit.
const WIDTH_ELSEWHERE: u16 = 120;

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` says otherwise; or where `CLICOLOR_FORCE` says so.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorWhen {
    /// What a command line says, which may be wrong otherwise: its complaint is coloured too.
    pub(super) fn of_command_line(words: &[OsString]) -> Self {
        let own = words.iter().skip(1).take_while(|word| *word != "--");
        let mut words = own.filter_map(|word| word.to_str());
        let mut when = Self::Auto;
        while let Some(word) = words.next() {
            let value = match word.strip_prefix("--color") {
                Some("") => words.next(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            when = match value {
                Some("always") => Self::Always,
                Some("never") => Self::Never,
                Some("auto") => Self::Auto,
                Some(_) | None => when,
            };
        }
        when
    }

    /// Has it hold for all that this process writes from now on.
    pub(super) fn hold(self) {
        let choice = match self {
            Self::Auto => ColorChoice::Auto,
            // Terminals that don't know colours by ANSI's codes are not supported.
            Self::Always => ColorChoice::AlwaysAnsi,
            Self::Never => ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// Whether standard output shows colours.
pub(super) fn stdout_is_coloured() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Whether somebody looks at standard output.
pub(super) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Prints a result as it is. Whoever stops reading has read enough.
pub(super) fn print(result: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let printed = stdout.write_all(result).and_then(|()| stdout.flush());
    printed.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}

/// Prints text that others wrote: as it is, but on a terminal without what could steer that.
/// It ends with a line break in any case.
pub(super) fn print_text(text: &str) -> io::Result<()> {
    let mut text = if stdout_is_terminal() {
        untrusted::lines(text)
    } else {
        text.to_owned()
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    print(text.as_bytes())
}

/// Says on standard error what is wrong.
pub(super) fn complain(problem: &impl std::fmt::Display) {
    let name = if AutoStream::choice(&io::stderr()) == ColorChoice::Never {
        "viceversa:"
    } else {
        "\u{1b}[1;31mviceversa:\u{1b}[0m"
    };
    eprintln!("{name} {}", untrusted::lines(&problem.to_string()));
}

/// Says something else on standard error.
pub(super) fn note(text: &str) {
    eprintln!("{}", untrusted::lines(text));
}

/// A table with these headings, for standard output.
pub(super) fn table<'a>(headings: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(headings.into_iter().map(heading));
    if !stdout_is_terminal() {
        table.set_width(WIDTH_ELSEWHERE);
    }
    if stdout_is_coloured() {
        table.enforce_styling();
    } else {
        // A table that knows of a terminal styles its cells: the width is found out before.
        table.set_width(table.width().unwrap_or(WIDTH_ELSEWHERE));
        table.force_no_tty();
    }
    table
}

fn heading(text: &str) -> Cell {
    let cell = Cell::new(text);
    if stdout_is_coloured() {
        cell.add_attribute(Attribute::Bold)
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_colours_counts_up_to_the_servers_command() {
        for (line, when) in [
            ("check", ColorWhen::Auto),
            ("check --color always", ColorWhen::Always),
            (
                "--color=always check --color never --prot",
                ColorWhen::Never,
            ),
            ("--color", ColorWhen::Auto),
            ("--color=never --color=perhaps", ColorWhen::Never),
            ("-- x --color always", ColorWhen::Auto),
        ] {
            let words = std::iter::once("viceversa").chain(line.split(' '));
            let words: Vec<OsString> = words.map(OsString::from).collect();
            assert_eq!(ColorWhen::of_command_line(&words), when, "{line}");
        }
    }
}
