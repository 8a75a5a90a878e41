//! How references are written.

use std::fmt;

use crate::config::error::ReferenceProblem;
use crate::config::remote::Remote;

/// A part of a string.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// Text that stands for itself.
    Text(&'t str),
    /// Something that stands for something else.
    Reference(Reference<'t>),
}

/// Something that stands for what is kept elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference<'t> {
    pub(crate) target: Target<'t>,
    /// What it stands for where the other is not to be had.
    pub(crate) default: Option<&'t str>,
}

/// Where what a reference stands for is kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'t> {
    /// In an environment variable.
    Variable(&'t str),
    /// In a file.
    File(&'t str),
    /// In AWS Secrets Manager.
    Secret {
        /// The secret's name or ARN.
        name: &'t str,
        /// Which member of it, if it is an object.
        key: Option<&'t str>,
    },
    /// In the parameter store of AWS Systems Manager.
    Parameter(&'t str),
}

impl Target<'_> {
    /// What must be fetched for it.
    pub(crate) fn remote(&self) -> Option<Remote> {
        match self {
            Self::Variable(_) | Self::File(_) => None,
            Self::Secret { name, .. } => Some(Remote::Secret((*name).to_owned())),
            Self::Parameter(name) => Some(Remote::Parameter((*name).to_owned())),
        }
    }
}

/// As it may be shown: its default may be a secret.
impl fmt::Display for Reference<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Variable(name) => write!(formatter, "${{{name}}}"),
            Target::File(file) => write!(formatter, "${{file:{file}}}"),
            Target::Secret { name, key: None } => write!(formatter, "${{aws-secret:{name}}}"),
            Target::Secret {
                name,
                key: Some(key),
            } => write!(formatter, "${{aws-secret:{name}#{key}}}"),
            Target::Parameter(name) => write!(formatter, "${{ssm:{name}}}"),
        }
    }
}

/// The parts of a string.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, ReferenceProblem> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, found) = rest.split_at(at);
        if let Some(escaped) = before.strip_suffix('$') {
            pieces.push(Piece::Text(escaped));
            let (brace, after) = found.split_at("${".len());
            pieces.push(Piece::Text(brace));
            rest = after;
            continue;
        }
        pieces.push(Piece::Text(before));
        let (reference, after) = found
            .strip_prefix("${")
            .and_then(|inside| inside.split_once('}'))
            .ok_or(ReferenceProblem::NotClosed)?;
        pieces.push(Piece::Reference(read(reference)?));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    Ok(pieces)
}

fn read(inside: &str) -> Result<Reference<'_>, ReferenceProblem> {
    let (target, default) = match inside.split_once(":-") {
        Some((target, default)) => (target, Some(default)),
        None => (inside, None),
    };
    let target = match target.split_once(':') {
        Some(("file", file)) if !file.is_empty() => Target::File(file),
        Some(("ssm", name)) if !name.is_empty() => Target::Parameter(name),
        Some(("aws-secret", name)) => match name.split_once('#') {
            Some((name, key)) if !name.is_empty() && !key.is_empty() => Target::Secret {
                name,
                key: Some(key),
            },
            None if !name.is_empty() => Target::Secret { name, key: None },
            _ => return Err(ReferenceProblem::Unknown(kind(target))),
        },
        // Other programs write variables so.
        Some(("env", name)) if is_name(name) => Target::Variable(name),
        None if is_name(target) => Target::Variable(target),
        _ => return Err(ReferenceProblem::Unknown(kind(target))),
    };
    Ok(Reference { target, default })
}

/// Whether it is the name of a variable.
fn is_name(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(is_letter) && text.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

/// What a reference begins with, to be shown: the rest may be anything.
fn kind(target: &str) -> String {
    let word = target.split(':').next().unwrap_or_default();
    let word: String = word.chars().take(32).collect();
    format!("${{{}…}}", word.escape_debug())
}
