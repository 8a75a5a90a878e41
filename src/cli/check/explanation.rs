//! `viceversa check --explain`: each global setting, and what says so.

use crate::{
    cli::{arguments::OutputFormat, terminal},
    config::{
        error::Giver,
        explained::{Explained, Origin},
    },
    telemetry::untrusted::readable,
};

/// What each setting is, and what says so.
pub(super) fn explanation(settings: &[Explained], output: OutputFormat) -> String {
    match output {
        OutputFormat::Json => {
            let settings = settings.iter().map(|setting| {
                let (source, place) = match &setting.origin {
                    Origin::Given(Giver::Flag(_), _) => ("flag", None),
                    Origin::Given(Giver::Variable(_), line) => ("environment", line.clone()),
                    Origin::Given(Giver::File(place), _) => (
                        "file",
                        Some(format!("{}:{}", place.file.display(), place.line)),
                    ),
                    Origin::OtherProgram => ("openapi-mcp-server", None),
                    Origin::Default => ("default", None),
                };
                let name = match &setting.origin {
                    Origin::Given(Giver::Flag(flag), _) => Some(format!("--{flag}")),
                    Origin::Given(Giver::Variable(name), _) => Some((*name).to_owned()),
                    Origin::Given(Giver::File(_), _) | Origin::OtherProgram | Origin::Default => {
                        None
                    }
                };
                serde_json::json!({
                    "setting": setting.key,
                    "value": setting.value,
                    "source": source,
                    "name": name,
                    "place": place,
                })
            });
            format!("{}\n", settings.collect::<serde_json::Value>())
        }
        OutputFormat::Table => {
            let mut table = terminal::table(["SETTING", "VALUE", "SAID BY"]);
            for setting in settings {
                table.add_row([
                    setting.key.clone().into_owned(),
                    readable(&setting.value),
                    setting.origin.to_string(),
                ]);
            }
            format!("{table}\n")
        }
    }
}
