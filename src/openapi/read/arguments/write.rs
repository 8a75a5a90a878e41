//! The schemas of arguments.

use crate::openapi::api::BodyForm;
use crate::openapi::read::body::{BodyContent, BodyView, is_file};
use crate::openapi::read::parameters::Field;
use crate::openapi::read::schemas::{Direction, Schemas, Words};
use crate::openapi::read::text::{Fragment, ObjectText};

/// What a file is given as.
const FILE: &str = "A file: a data URI (data:<media type>;base64,…), or its bytes in Base64.";

/// What several files are given as.
const FILES: &str = "Files: each a data URI (data:<media type>;base64,…), or its bytes in Base64.";

/// How an argument is sent as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upload<'d> {
    /// It is none.
    No,
    /// It is one, of these media types, where the document says so.
    File(Option<&'d str>),
    /// It is a list of them.
    Files(Option<&'d str>),
}

impl Upload<'_> {
    /// What is said of it.
    fn words(self) -> Option<String> {
        let (said, types) = match self {
            Self::No => return None,
            Self::File(types) => (FILE, types),
            Self::Files(types) => (FILES, types),
        };
        let types = types.map(|types| {
            let types: Vec<&str> = types.split(',').map(str::trim).collect();
            format!(" Of the type {}.", types.join(" or "))
        });
        Some(format!("{said}{}", types.unwrap_or_default()))
    }
}

/// An argument, and how it is sent as a file.
pub(super) fn write_field<'d>(
    schemas: &mut Schemas<'_, 'd>,
    field: &Field<'d>,
    upload: Upload<'_>,
    out: &mut Fragment,
) -> Result<(), String> {
    let mut words = field.words.clone();
    if let Some(upload) = upload.words() {
        let said = words.description.take();
        let said = said.or_else(|| {
            let text = field.schema?.text("description")?;
            Some(text.to_owned())
        });
        words.description = Some(match said {
            Some(said) => format!("{said}\n\n{upload}"),
            None => upload,
        });
    }
    if let Some(schema) = field.schema {
        schemas.write_with(schema, &words, Direction::Request, out)?;
    } else {
        write_typed(None, &words, out);
    }
    Ok(())
}

/// A body that is one argument.
pub(super) fn write_whole<'d>(
    schemas: &mut Schemas<'_, 'd>,
    body: &BodyView<'d>,
    out: &mut Fragment,
) -> Result<(), String> {
    let described = |words: &Words<'d>, default: String| {
        let mut words = words.clone();
        words.description = Some(match words.description {
            Some(said) => format!("{said}\n\n{default}"),
            None => default,
        });
        words
    };
    match &body.content {
        BodyContent::Schema(field) => {
            let is_file = field
                .schema
                .is_some_and(|schema| is_file(schemas.resolver, schemas.version, schema));
            let upload = if is_file && body.form != BodyForm::Json {
                Upload::File(None)
            } else {
                Upload::No
            };
            write_field(schemas, field, upload, out)
        }
        BodyContent::Text(words) => {
            let words = described(words, format!("The body, as {}.", body.media_type));
            write_typed(Some("string"), &words, out);
            Ok(())
        }
        BodyContent::Binary(words) => {
            let words = described(words, FILE.to_owned());
            write_typed(Some("string"), &words, out);
            Ok(())
        }
        BodyContent::Fields(_) => Ok(()),
    }
}

fn write_typed(name: Option<&str>, words: &Words<'_>, out: &mut Fragment) {
    let mut object = ObjectText::begin(out);
    if let Some(name) = name {
        object.member("type").string(name);
    }
    words.write(&mut object);
    object.end();
}
