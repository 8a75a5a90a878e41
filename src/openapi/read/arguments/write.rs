//! The schemas of arguments.

use crate::openapi::api::BodyForm;
use crate::openapi::read::body::{BodyContent, BodyView, is_file};
use crate::openapi::read::parameters::Field;
use crate::openapi::read::schemas::{Direction, Schemas, Words};
use crate::openapi::read::text::{Fragment, ObjectText};

/// What a file is given as.
const FILE: &str = "A file: a data URI (data:<media type>;base64,…), or its bytes in Base64.";

/// An argument; `is_file` says that it is sent as one.
pub(super) fn write_field<'d>(
    schemas: &mut Schemas<'_, 'd>,
    field: &Field<'d>,
    is_file: bool,
    out: &mut Fragment,
) -> Result<(), String> {
    let mut words = field.words.clone();
    if is_file {
        let said = words.description.take();
        let said = said.or_else(|| {
            let text = field.schema?.text("description")?;
            Some(text.to_owned())
        });
        words.description = Some(match said {
            Some(said) => format!("{said}\n\n{FILE}"),
            None => FILE.to_owned(),
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
            write_field(schemas, field, is_file && body.form != BodyForm::Json, out)
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
