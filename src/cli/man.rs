//! `viceversa man`: manual pages.

use std::{fs, io, path::Path, process::ExitCode};

use clap_mangen::Man;

use super::{
    arguments::{ManArguments, visible_command},
    asking::end,
    failure::Failure,
    terminal,
};

/// Prints a page, or writes all of them into a folder.
pub(super) fn run(arguments: &ManArguments) -> ExitCode {
    end(match &arguments.dir {
        Some(folder) => write_all(folder),
        None => print(arguments.page.as_deref()),
    })
}

fn print(name: Option<&str>) -> Result<(), Failure> {
    let pages = pages();
    let wanted = name.map_or_else(
        || "viceversa".to_owned(),
        |name| format!("viceversa-{name}"),
    );
    let Some(page) = pages.iter().find(|page| page.get_name() == wanted) else {
        let known = pages
            .iter()
            .filter_map(|page| page.get_name().strip_prefix("viceversa-"));
        return Err(Failure::Unknown {
            what: "command",
            name: name.unwrap_or_default().to_owned(),
            known: known.map(str::to_owned).collect(),
        });
    };
    let page = render(page).map_err(Failure::Output)?;
    terminal::print(&page).map_err(Failure::Output)
}

fn write_all(folder: &Path) -> Result<(), Failure> {
    let failed = |file: &Path, problem| Failure::Save {
        file: file.to_owned(),
        problem,
    };
    fs::create_dir_all(folder).map_err(|problem| failed(folder, problem))?;
    for page in pages() {
        let file = folder.join(format!("{}.1", page.get_name()));
        let written = render(&page).and_then(|page| fs::write(&file, page));
        written.map_err(|problem| failed(&file, problem))?;
        terminal::note(&file.display().to_string());
    }
    Ok(())
}

/// What each page is about: the program, and each command under its name behind the program's.
fn pages() -> Vec<clap::Command> {
    let program = visible_command();
    let commands = program.get_subcommands().map(|command| {
        let name = command.get_name();
        let about = command.get_about().cloned().unwrap_or_default();
        let usage = format!("viceversa {name}");
        { command.clone() }
            .name(format!("viceversa-{name}"))
            .bin_name(usage.clone())
            .display_name(usage)
            .about(about)
    });
    let commands: Vec<clap::Command> = commands.collect();
    [program].into_iter().chain(commands).collect()
}

fn render(page: &clap::Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let title = page.get_name().to_owned();
    Man::new(page.clone())
        .title(title)
        .manual("viceversa")
        .render(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_page_that_tells_its_flags() {
        let names: Vec<String> = pages()
            .iter()
            .map(|page| page.get_name().to_owned())
            .collect();
        assert!(names.contains(&"viceversa".to_owned()), "{names:?}");
        assert!(names.contains(&"viceversa-call".to_owned()), "{names:?}");
        assert!(
            !names.iter().any(|name| name.contains("guard")),
            "{names:?}"
        );
        for page in pages() {
            let roff = String::from_utf8(render(&page).unwrap()).unwrap();
            for section in [".TH", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
                assert!(roff.contains(section), "{}: {section}", page.get_name());
            }
        }
        let call = pages()
            .into_iter()
            .find(|page| page.get_name() == "viceversa-call");
        let roff = String::from_utf8(render(&call.unwrap()).unwrap()).unwrap();
        assert!(roff.contains("\\-\\-arg"), "{roff}");
    }
}
