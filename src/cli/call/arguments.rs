//! What a command line gives a tool: `--arg` and `--json`.

use std::{fs, io::Read as _};

use bytestring::ByteString;
use indexmap::IndexMap;

use crate::{
    cli::failure::Failure,
    json::{Raw, edit},
};

/// The arguments that were given.
#[derive(Debug)]
pub(super) struct Given {
    /// A JSON object.
    pub(super) arguments: Raw,
    /// Whether some of it are words of the command line, which have no type.
    pub(super) is_untyped: bool,
}

/// One `--arg`.
#[derive(Debug, PartialEq, Eq)]
struct Argument<'a> {
    name: &'a str,
    value: &'a str,
    /// Whether the value is JSON, and not text.
    is_json: bool,
}

impl Given {
    /// Reads what was given; `--arg` adds to `--json`, and wins over it.
    pub(super) fn read(arguments: &[String], json: Option<&str>) -> Result<Self, Failure> {
        let mut object = match json {
            None => Raw::from_static("{}"),
            Some(json) => read_object(json)?,
        };
        let mut by_name: IndexMap<&str, Vec<Raw>> = IndexMap::new();
        let mut is_untyped = false;
        for argument in arguments {
            let argument = Argument::split(argument)?;
            is_untyped |= !argument.is_json;
            by_name
                .entry(argument.name)
                .or_default()
                .push(argument.read()?);
        }
        for (name, values) in by_name {
            let value = match values.as_slice() {
                [value] => value.clone(),
                values => {
                    let values: Vec<&str> = values.iter().map(Raw::get).collect();
                    Raw::assume_valid(format!("[{}]", values.join(",")).into())
                }
            };
            object = edit::with_member(&object, name, &value);
        }
        Ok(Self {
            arguments: object,
            is_untyped,
        })
    }
}

impl<'a> Argument<'a> {
    /// `name=value` or `name:=json`.
    fn split(text: &'a str) -> Result<Self, Failure> {
        let (name, value) = text.split_once('=').unwrap_or_default();
        let (name, is_json) = match name.strip_suffix(':') {
            Some(name) => (name, true),
            None => (name, false),
        };
        if name.is_empty() {
            return Err(Failure::Usage(
                "--arg takes a name, `=` and a value, or `:=` and JSON, such as \
                 `--arg city=Lisbon` or `--arg days:=3`"
                    .to_owned(),
            ));
        }
        Ok(Self {
            name,
            value,
            is_json,
        })
    }

    /// Its value as JSON.
    fn read(&self) -> Result<Raw, Failure> {
        let text = match self.value.strip_prefix('@') {
            Some(file) => read_file(file, &format!("--arg {}", self.name))?,
            None => self.value.to_owned(),
        };
        if !self.is_json {
            return Ok(Raw::from_value(&text));
        }
        Raw::parse(ByteString::from(text.trim())).map_err(|error| {
            Failure::Usage(format!(
                "--arg {}: what stands after `:=` is no JSON: {error}; a text is given by `=`",
                self.name
            ))
        })
    }
}

/// What `--json` gives.
fn read_object(json: &str) -> Result<Raw, Failure> {
    let text = match (json, json.strip_prefix('@')) {
        ("-", _) => read_file("-", "--json")?,
        (_, Some(file)) => read_file(file, "--json")?,
        (text, None) => text.to_owned(),
    };
    let object = Raw::parse(ByteString::from(text.trim()))
        .map_err(|error| Failure::Usage(format!("--json: it is no JSON: {error}")))?;
    if object.get().starts_with('{') {
        Ok(object)
    } else {
        Err(Failure::Usage(
            "--json takes an object that holds all arguments by their names, such as \
             '{\"city\": \"Lisbon\"}'"
                .to_owned(),
        ))
    }
}

/// The text of a file, or of standard input where its name is `-`.
fn read_file(file: &str, flag: &str) -> Result<String, Failure> {
    let bytes = if file == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map(|_| bytes)
    } else {
        fs::read(file)
    };
    let name = if file == "-" { "standard input" } else { file };
    let bytes =
        bytes.map_err(|error| Failure::Input(format!("{flag}: {name} can't be read: {error}")))?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::Usage(format!(
            "{flag}: {name} is no text in UTF-8, and JSON holds nothing else"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(arguments: &[&str], json: Option<&str>) -> Result<Given, Failure> {
        let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
        Given::read(&arguments, json)
    }

    #[test]
    fn words_are_texts_and_json_is_marked() {
        let read = given(&["a=7", "b:=7.10", "c=x=y", "d=", "e:={\"f\": null}"], None).unwrap();
        assert_eq!(
            read.arguments.get(),
            r#"{"a":"7","b":7.10,"c":"x=y","d":"","e":{"f": null}}"#
        );
        assert!(read.is_untyped);
        assert!(!given(&["a:=1"], None).unwrap().is_untyped);
    }

    #[test]
    fn a_name_that_is_given_twice_makes_a_list() {
        let read = given(&["a=1", "b=2", "a:=3"], None).unwrap();
        assert_eq!(read.arguments.get(), r#"{"a":["1",3],"b":"2"}"#);
    }

    #[test]
    fn single_arguments_win_over_the_whole() {
        let read = given(&["b=2"], Some(r#" {"a": 1e400, "b": 1} "#)).unwrap();
        assert_eq!(read.arguments.get(), r#"{"a": 1e400, "b": "2"}"#);
    }

    #[test]
    fn a_file_is_read_where_its_name_stands_behind_an_at_sign() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        fs::write(&file, "{\"a\":\n[1, 2]}\n").unwrap();
        let name = file.display();
        let read = given(&[&format!("t=@{name}"), &format!("j:=@{name}")], None).unwrap();
        assert_eq!(
            read.arguments.get(),
            "{\"t\":\"{\\\"a\\\":\\n[1, 2]}\\n\",\"j\":{\"a\":\n[1, 2]}}"
        );
        let whole = given(&[], Some(&format!("@{name}"))).unwrap();
        assert_eq!(whole.arguments.get(), "{\"a\":\n[1, 2]}");
        fs::write(&file, [0xff]).unwrap();
        assert_eq!(
            given(&[&format!("t=@{name}")], None)
                .unwrap_err()
                .exit_code(),
            64
        );
    }

    #[test]
    fn what_is_no_argument_is_said_to_be_none() {
        for (arguments, json, code) in [
            (&["a"][..], None, 64),
            (&["=1"], None, 64),
            (&[":=1"], None, 64),
            (&["a:=x"], None, 64),
            (&["a=@/no/such/file"], None, 66),
            (&[], Some("[1]"), 64),
            (&[], Some("{"), 64),
            (&[], Some("@/no/such/file"), 66),
        ] {
            let failure = given(arguments, json).unwrap_err();
            assert_eq!(
                failure.exit_code(),
                code,
                "{arguments:?} {json:?} {failure}"
            );
        }
    }
}
