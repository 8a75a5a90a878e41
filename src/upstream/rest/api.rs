//! What is known of an API just now: its operations ready to be called.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::server::Server;
use crate::{
    json::{self, Raw},
    openapi::api::{Api, Operation},
    schema::{ArgumentSchema, Defaults, Validation, Violation},
};

/// Output schemas of tools whose definitions are larger than this, in bytes, are compiled on a thread
/// where nobody waits.
const COMPILED_ASIDE: usize = 16 * 1024;

/// An API and where it is.
#[derive(Debug)]
pub(super) struct Known {
    /// What its documents say, without the operations.
    pub api: Api,
    /// The operations, in the document's order.
    pub operations: Vec<Prepared>,
    by_name: HashMap<String, usize>,
    /// What must be said to the operator.
    pub warnings: Vec<(String, String)>,
}

/// An operation, and where it is to be called.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What the document says.
    pub operation: Operation,
    /// Which arguments the tool's schema demands.
    pub required: Vec<String>,
    /// Where it is, or why it can't be called.
    pub server: Result<Arc<Server>, String>,
    output_schema: OnceLock<Result<Option<Arc<OutputSchema>>, String>>,
}

/// What answers are to fit.
#[derive(Debug)]
pub(super) struct OutputSchema(ArgumentSchema);

impl OutputSchema {
    /// What is wrong with an answer, if anything is.
    pub(super) fn prepare_strictly(&self, structured: &Raw) -> Result<(), Vec<Violation>> {
        self.0
            .prepare(structured, Validation::Strict, Defaults::Leave)
            .map(|_| ())
    }
}

/// The members of a tool's definition that matter here.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition<'a> {
    #[serde(borrow)]
    input_schema: Option<&'a RawValue>,
    #[serde(borrow)]
    output_schema: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Schema {
    #[serde(default, deserialize_with = "json::lenient")]
    required: Vec<String>,
}

impl Known {
    /// An API whose operations are where `place` says.
    pub(super) fn new(
        mut api: Api,
        place: impl Fn(&Operation) -> Result<Arc<Server>, String>,
        warnings: Vec<(String, String)>,
    ) -> Self {
        let operations: Vec<Prepared> = std::mem::take(&mut api.operations)
            .into_iter()
            .map(|operation| {
                let server = place(&operation);
                Prepared::new(operation, server)
            })
            .collect();
        let names = operations.iter().enumerate();
        let by_name = names
            .map(|(index, prepared)| (prepared.operation.name.clone(), index))
            .collect();
        Self {
            api,
            operations,
            by_name,
            warnings,
        }
    }

    /// The operation of that name.
    pub(super) fn operation(&self, name: &str) -> Option<&Prepared> {
        self.operations.get(*self.by_name.get(name)?)
    }
}

impl Prepared {
    pub(super) fn new(operation: Operation, server: Result<Arc<Server>, String>) -> Self {
        let required = definition(&operation)
            .input_schema
            .and_then(|schema| json::object::<Schema>(schema.get()).ok())
            .unwrap_or_default()
            .required;
        Self {
            operation,
            required,
            server,
            output_schema: OnceLock::new(),
        }
    }

    /// What answers are to fit: made when the first is looked at, since most tools of a large API
    /// are never called. The error says why answers can't be checked.
    pub(super) async fn output_schema(&self) -> Result<Option<Arc<OutputSchema>>, String> {
        if let Some(known) = self.output_schema.get() {
            return known.clone();
        }
        let text = self.operation.definition.clone();
        let is_large = text.get().len() > COMPILED_ASIDE;
        let compile = move || {
            let definition: Definition<'_> = json::object(text.get()).unwrap_or_default();
            let Some(schema) = definition.output_schema else {
                return Ok(None);
            };
            let compiled = ArgumentSchema::compile(schema.get());
            let compiled = compiled.map_err(|error| error.to_string())?;
            Ok(Some(Arc::new(OutputSchema(compiled))))
        };
        let compiled = if is_large {
            let compiling = tokio::task::spawn_blocking(compile);
            compiling.await.map_err(|error| error.to_string())?
        } else {
            compile()
        };
        self.output_schema.get_or_init(|| compiled).clone()
    }

    /// Whether its method is one that may be sent twice (RFC 9110 section 9.2.2).
    pub(super) fn has_repeatable_method(&self) -> bool {
        let method = self.operation.method.as_str();
        matches!(
            method,
            "GET" | "HEAD" | "OPTIONS" | "QUERY" | "TRACE" | "PUT" | "DELETE"
        )
    }

    /// The schema of an argument.
    pub(super) fn argument_schema(&self, argument: &str) -> Option<&RawValue> {
        #[derive(Deserialize)]
        struct Properties<'a> {
            #[serde(borrow)]
            properties: &'a RawValue,
        }
        let schema = definition(&self.operation).input_schema?;
        let Properties { properties } = json::object(schema.get()).ok()?;
        let members = json::members(properties.get()).ok()?;
        let found = members.into_iter().find(|(name, _)| name == argument);
        found.map(|(_, schema)| schema)
    }
}

/// A definition that can't be read has no members.
fn definition(operation: &Operation) -> Definition<'_> {
    json::object(operation.definition.get()).unwrap_or_default()
}
