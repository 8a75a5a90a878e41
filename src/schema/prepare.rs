//! A call's arguments, checked and made ready to travel.

use std::sync::OnceLock;

use bytestring::ByteString;
use jsonschema::Validator;
use serde_json::{Map, Value};

use super::coerce::{Changes, adapt};
use super::compile::Readable;
use super::cost::Costs;
use super::shape::Shapes;
use super::{Defaults, SchemaError, Validation, Violation, compile, explain};
use crate::json::{Raw, strict, tree::Tree};

/// What a tool's arguments must be. Compiled once per catalog snapshot, shared by all calls.
#[derive(Debug)]
pub struct ArgumentSchema {
    /// The text of a schema that is compiled when it is needed first.
    source: Option<Raw>,
    compiled: OnceLock<Compiled>,
}

/// What is made of a schema.
#[derive(Debug)]
struct Compiled {
    /// `None` takes any object.
    validator: Option<Validator>,
    shapes: Shapes,
    costs: Costs,
    note: Option<String>,
    /// The schema, where its numbers are written otherwise than the validator has them.
    spelling: Option<Tree>,
}

impl ArgumentSchema {
    /// Compiles the JSON text of a tool's `inputSchema`: 2020-12, or an older dialect, back to
    /// draft-04, that its `$schema` names or, where it names none, that it can only be. Nothing is ever fetched.
    pub fn compile(input_schema: &str) -> Result<Self, SchemaError> {
        Ok(Self {
            source: None,
            compiled: Compiled::new(input_schema)?.into(),
        })
    }

    /// Compiles a schema of our own making, which is known to be sound, when the first call needs
    /// it: a thousand tools of one document would keep the gateway waiting, and few are called.
    /// Should it be broken all the same, it takes any object.
    pub fn compile_later(input_schema: Raw) -> Self {
        Self {
            source: Some(input_schema),
            compiled: OnceLock::new(),
        }
    }

    /// Takes any object: for tools whose schema is broken.
    pub fn free_form() -> Self {
        Self {
            source: None,
            compiled: Compiled::free_form().into(),
        }
    }

    /// Whether any object is taken. Of a schema that no call has needed yet that is not assumed.
    pub fn is_free_form(&self) -> bool {
        let compiled = self.compiled.get();
        compiled.is_some_and(|compiled| compiled.validator.is_none())
    }

    /// Something that the tool's author should know about the schema, although it works.
    pub fn note(&self) -> Option<&str> {
        self.compiled().note.as_deref()
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let compiled = self.source.as_ref().map(|text| Compiled::new(text.get()));
            compiled
                .and_then(Result::ok)
                .unwrap_or_else(Compiled::free_form)
        })
    }

    /// Checks arguments, and makes them fit as `validation` and `defaults` allow. Returns the
    /// text to send: the same bytes if nothing had to change, else the text with only the
    /// members changed that had to be.
    pub fn prepare(
        &self,
        arguments: &Raw,
        validation: Validation,
        defaults: Defaults,
    ) -> Result<Raw, Vec<Violation>> {
        let compiled = self.compiled();
        let changed = compiled.prepare_text(arguments.get(), validation, defaults)?;
        Ok(changed.map_or_else(
            || arguments.clone(),
            |text| Raw::assume_valid(ByteString::from(text)),
        ))
    }
}

impl Compiled {
    fn new(input_schema: &str) -> Result<Self, SchemaError> {
        let Readable {
            schema,
            dialect,
            note,
        } = compile::read(input_schema)?;
        let costs = Costs::new(&schema, dialect);
        costs.check()?;
        let validator = compile::validator(&schema, dialect)?;
        let shapes = Shapes::build(&schema, dialect);
        let admits_objects = shapes.admit(&shapes.root(), &Value::Object(Map::new()));
        if !admits_objects || schema == Tree::Bool(false) {
            return Err(SchemaError::NoObject);
        }
        Ok(Self {
            validator: Some(validator),
            shapes,
            costs,
            note,
            spelling: (!schema.is_spelt_plainly()).then_some(schema),
        })
    }

    fn free_form() -> Self {
        Self {
            validator: None,
            shapes: Shapes::anything(),
            costs: Costs::default(),
            note: None,
            spelling: None,
        }
    }

    /// `None` if the text is good as it is.
    fn prepare_text(
        &self,
        text: &str,
        validation: Validation,
        defaults: Defaults,
    ) -> Result<Option<String>, Vec<Violation>> {
        let mut value =
            strict::parse(text).map_err(|error| vec![Violation::unreadable(text, error)])?;
        if !value.is_object() {
            return Err(vec![Violation::not_an_object(Vec::new(), &value)]);
        }
        let Some(validator) = self.validator.as_ref() else {
            return Ok(None);
        };
        if validation == Validation::Off {
            return Ok(None);
        }
        let valid = validator.is_valid(&value);
        let changes = Changes {
            convert: !valid && validation == Validation::Coerce,
            fill: defaults == Defaults::Fill && self.shapes.has_defaults,
        };
        if changes.convert || changes.fill {
            let edits = adapt(text, &mut value, &self.shapes, changes);
            if !edits.is_empty() && validator.is_valid(&value) {
                return Ok(Some(edits.apply(text)));
            }
        }
        if valid {
            // Nothing to fill in, or defaults that the schema itself does not admit.
            return Ok(None);
        }
        if changes.fill {
            // Were it the defaults that don't fit?
            return self.prepare_text(text, validation, Defaults::Leave);
        }
        Err(explain::violations(
            validator,
            &self.costs,
            self.spelling.as_ref(),
            &value,
            text.len(),
        ))
    }
}
