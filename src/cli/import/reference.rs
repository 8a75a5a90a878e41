//! What strings refer to, as other programs write it and as it is written here.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::config::expansion::pieces;

/// Translates the references of one file.
pub(super) struct References<'f> {
    file: &'f Path,
    /// What the file says of the values that its program asks for, by their ids.
    inputs: BTreeMap<String, Value>,
    /// Variables that must be set, each with what is said of it.
    pub(super) variables: BTreeMap<String, String>,
    /// What became of the others.
    pub(super) notes: Vec<String>,
}

impl<'f> References<'f> {
    pub(super) fn new(file: &'f Path, inputs: Option<&Value>) -> Self {
        let inputs = inputs.and_then(Value::as_array).into_iter().flatten();
        let named =
            inputs.filter_map(|input| Some((input.get("id")?.as_str()?.to_owned(), input.clone())));
        Self {
            file,
            inputs: named.collect(),
            variables: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// All strings in a value. `place` is what the value is called in notes.
    pub(super) fn translate(&mut self, value: &mut Value, place: &str) {
        match value {
            Value::String(text) => *text = self.translate_text(text, place),
            Value::Array(items) => {
                for item in items {
                    self.translate(item, place);
                }
            }
            Value::Object(members) => {
                for (key, value) in members {
                    self.translate(value, &format!("{place}.{key}"));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn translate_text(&mut self, text: &str, place: &str) -> String {
        let mut translated = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, found) = rest.split_at(at);
            translated.push_str(before);
            let Some((inside, after)) = found
                .strip_prefix("${")
                .and_then(|found| found.split_once('}'))
            else {
                // It is no reference, and must not be taken for one.
                translated.push('$');
                translated.push_str(found);
                return translated;
            };
            if before.ends_with('$') {
                for part in ["${", inside, "}"] {
                    translated.push_str(part);
                }
            } else {
                translated.push_str(&self.reference(inside, place));
            }
            rest = after;
        }
        translated.push_str(rest);
        translated
    }

    fn reference(&mut self, inside: &str, place: &str) -> String {
        let (kind, name) = inside.split_once(':').unwrap_or((inside, ""));
        match kind {
            "input" if !name.is_empty() => self.input(name),
            "env" => {
                let reference = format!("${{{name}}}");
                if pieces(&reference).is_ok() {
                    let name = name.split(":-").next().unwrap_or(name);
                    self.note_variable(name, "");
                    return reference;
                }
                self.unknown(inside, place)
            }
            "userHome" => "${HOME}".to_owned(),
            "pathSeparator" | "/" => "/".to_owned(),
            "workspaceFolder" | "workspaceRoot" => {
                if let Some(folder) = self.workspace() {
                    return folder.display().to_string().replace("${", "$${");
                }
                self.note_variable("WORKSPACE_FOLDER", "the folder that was open in the editor");
                "${WORKSPACE_FOLDER}".to_owned()
            }
            "workspaceFolderBasename" => match self.workspace().and_then(Path::file_name) {
                Some(name) => name.to_string_lossy().replace("${", "$${"),
                None => self.unknown(inside, place),
            },
            _ => {
                let reference = format!("${{{inside}}}");
                if pieces(&reference).is_err() {
                    return self.unknown(inside, place);
                }
                let is_variable = !inside.contains(':') || inside.contains(":-");
                if is_variable && !inside.contains(":-") {
                    self.note_variable(inside, "");
                }
                reference
            }
        }
    }

    /// A value that the other program asks for: here it is a variable.
    fn input(&mut self, id: &str) -> String {
        let upper = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        };
        let mut name: String = id.chars().map(upper).collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            name.insert(0, '_');
        }
        let input = self.inputs.get(id);
        let text = |key: &str| input?.get(key)?.as_str();
        let described = text("description").unwrap_or("the other program asks for it");
        let said = format!("`${{input:{id}}}`: {described}");
        let default = text("default").filter(|default| !default.contains(['}', '$']));
        let reference = match default {
            Some(default) => format!("${{{name}:-{default}}}"),
            None => format!("${{{name}}}"),
        };
        if default.is_some() {
            self.notes.push(format!(
                "{}: the variable {name} can be set where the gateway runs ({said})",
                self.file.display()
            ));
            return reference;
        }
        match self.variables.get(&name) {
            Some(other) if *other != said && !other.is_empty() => self.notes.push(format!(
                "{}: the variable {name} stands for several inputs ({other}; {said}); give one of them another name",
                self.file.display()
            )),
            _ => self.note_variable(&name, &said),
        }
        reference
    }

    fn note_variable(&mut self, name: &str, said: &str) {
        let known = self.variables.entry(name.to_owned()).or_default();
        if known.is_empty() {
            said.clone_into(known);
        }
    }

    fn unknown(&mut self, inside: &str, place: &str) -> String {
        let shown: String = inside.chars().take(64).collect();
        self.notes.push(format!(
            "{}: {place}: there is nothing here like `${{{}}}`; it is left as plain text, write what it stands for",
            self.file.display(),
            shown.escape_debug()
        ));
        format!("$${{{inside}}}")
    }

    /// The folder that the config is for, where it is the config of a folder.
    fn workspace(&self) -> Option<&Path> {
        let folder = self.file.parent()?;
        let name = folder.file_name()?.to_str()?;
        let workspace = folder.parent()?;
        (matches!(name, ".vscode" | ".cursor") && workspace.is_absolute()).then_some(workspace)
    }
}
