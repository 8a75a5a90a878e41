//! Several configs of other programs as one.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::reference::References;
use super::{Failure, Imported, entry, secret};
use crate::config::file::{ConfigFile, Entry, ServerEntry};
use crate::gateway::ServerName;

/// One name for two things.
#[derive(Debug, thiserror::Error)]
#[error(
    "{what} `{name}` stands in {} and, otherwise, in {}; rename one of them, or import the files one by one",
    first.display(),
    second.display()
)]
pub(super) struct Clash {
    what: &'static str,
    name: String,
    first: PathBuf,
    second: PathBuf,
}

/// What was read so far, each thing with the file that it comes from.
#[derive(Default)]
pub(super) struct Merged {
    servers: IndexMap<String, (PathBuf, ServerEntry, Value)>,
    /// Members of `groups` and `gateway`, which configs of ours and mcpo's can have.
    sections: IndexMap<&'static str, IndexMap<String, (PathBuf, Value)>>,
    notes: Vec<String>,
}

impl Merged {
    /// Takes what one file holds.
    pub(super) fn add(&mut self, file: &Path, config: Value) -> Result<(), Failure> {
        let no_config = |problem| Failure::NoConfig {
            file: file.to_owned(),
            problem,
        };
        let Value::Object(mut config) = config else {
            return Err(no_config("it is no object, and so no config"));
        };
        // In VS Code's settings all of it stands below `mcp`.
        if let Some(Value::Object(inner)) = config.shift_remove("mcp")
            && !config.contains_key("servers")
        {
            config.extend(inner);
        }
        let inputs = config.shift_remove("inputs");
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let mut references = References::new(&absolute, inputs.as_ref());
        let mut has_servers = false;
        for key in ["mcpServers", "servers"] {
            let Some(servers) = config.shift_remove(key) else {
                continue;
            };
            let Value::Object(servers) = servers else {
                return Err(no_config("its servers are no object"));
            };
            has_servers = true;
            for (name, value) in servers {
                let Value::Object(value) = value else {
                    return Err(no_config("one of its servers is no object"));
                };
                self.add_server(file, &name, value, &mut references)?;
            }
        }
        if !has_servers {
            return Err(no_config(
                "it has neither `mcpServers` nor `servers`, and so is no config of MCP servers",
            ));
        }
        for section in ["groups", "gateway"] {
            if let Some(Value::Object(members)) = config.shift_remove(section) {
                for (key, value) in members {
                    self.add_member(file, section, key, value)?;
                }
            }
        }
        config.shift_remove("$schema");
        let file = file.display();
        for key in config.keys() {
            let key = key.escape_debug();
            self.notes.push(format!(
                "{file}: `{key}` is left out: it means nothing here"
            ));
        }
        self.notes.append(&mut references.notes);
        for (variable, said) in references.variables {
            let said = if said.is_empty() {
                said
            } else {
                format!(" ({said})")
            };
            self.notes.push(format!(
                "{file}: the variable {variable} must be set where the gateway runs{said}"
            ));
        }
        Ok(())
    }

    fn add_server(
        &mut self,
        file: &Path,
        name: &str,
        mut entry: Map<String, Value>,
        references: &mut References<'_>,
    ) -> Result<(), Failure> {
        let place = format!("{}: `{}`", file.display(), name.escape_debug());
        entry::translate(&mut entry, &place, &mut self.notes);
        for secret in secret::in_plain_text(&entry) {
            self.notes.push(format!(
                "{place}: `{}` holds a secret in plain text, which is kept; rather write a reference, such as `${{VARIABLE}}` or `${{file:/run/secrets/name}}`",
                secret.escape_debug()
            ));
        }
        for (key, value) in &mut entry {
            // A document that stands in the file is no text of another program.
            if key != "spec" {
                references.translate(value, &format!("`{}`.{key}", name.escape_debug()));
            }
        }
        let fitting = fitting_name(name);
        if fitting != name {
            self.notes.push(format!(
                "{place} is called `{fitting}` here, since a name is a segment of URLs"
            ));
        }
        // What serde says of it would repeat values, which may be secrets.
        let wrong = entry.iter().find(|(key, value)| {
            let alone = Value::Object([((*key).clone(), (*value).clone())].into_iter().collect());
            serde_json::from_str::<Entry>(&alone.to_string()).is_err()
        });
        let wrong = wrong.map_or_else(String::new, |(key, _)| format!(".{key}"));
        let value = Value::Object(entry);
        let Ok(Entry(server)) = serde_json::from_str(&value.to_string()) else {
            return Err(Failure::Shape {
                file: file.to_owned(),
                path: format!("{}{wrong}", name.escape_debug()),
            });
        };
        match self.servers.get(&fitting) {
            Some((_, _, known)) if *known == value => {}
            Some((first, ..)) => {
                return Err(Failure::Clash(Clash {
                    what: "the server",
                    name: fitting,
                    first: first.clone(),
                    second: file.to_owned(),
                }));
            }
            None => {
                self.servers
                    .insert(fitting, (file.to_owned(), server, value));
            }
        }
        Ok(())
    }

    fn add_member(
        &mut self,
        file: &Path,
        section: &'static str,
        key: String,
        value: Value,
    ) -> Result<(), Failure> {
        let members = self.sections.entry(section).or_default();
        match members.get(&key) {
            Some((_, known)) if *known == value => {}
            Some((first, _)) => {
                let what = if section == "groups" {
                    "the group"
                } else {
                    "the setting"
                };
                return Err(Failure::Clash(Clash {
                    what,
                    name: key,
                    first: first.clone(),
                    second: file.to_owned(),
                }));
            }
            None => {
                members.insert(key, (file.to_owned(), value));
            }
        }
        Ok(())
    }

    /// The one config.
    pub(super) fn finish(self) -> Result<Imported, Failure> {
        let section = |name: &str| -> Option<Value> {
            let members = self.sections.get(name)?;
            Some(
                members
                    .iter()
                    .map(|(key, (_, value))| (key.clone(), value.clone()))
                    .collect(),
            )
        };
        let mut rest = Map::new();
        for name in ["groups", "gateway"] {
            if let Some(members) = section(name) {
                rest.insert(name.to_owned(), members);
            }
        }
        let file = self.sections.values().flat_map(IndexMap::values).next();
        let file = file.map(|(file, _)| file.clone());
        let Ok(mut config) = serde_json::from_str::<ConfigFile>(&Value::Object(rest).to_string())
        else {
            return Err(Failure::Shape {
                file: file.unwrap_or_default(),
                path: "groups".to_owned(),
            });
        };
        let servers = self.servers.into_iter();
        config.mcp_servers = Some(
            servers
                .map(|(name, (_, server, _))| (name, Entry(server)))
                .collect(),
        );
        Ok(Imported {
            config,
            notes: self.notes,
        })
    }
}

/// The name, or the nearest that a server can have.
fn fitting_name(name: &str) -> String {
    if name.parse::<ServerName>().is_ok() {
        return name.to_owned();
    }
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ') {
                c
            } else {
                '-'
            }
        })
        .take(64)
        .collect();
    match plain.parse::<ServerName>() {
        Ok(_) => plain,
        Err(_) => format!("{}-server", plain.trim_matches(['.', ' '])),
    }
}
