//! What is read out of whole documents.

mod arguments;
mod bodies;
mod documents;
mod names;
mod outputs;
mod responses;
mod round_trip;
mod schemas;

use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::openapi::api::Operation;

/// What is offered by a document.
fn api(document: &Value) -> Api {
    api_with(document, &ReadOptions::default())
}

fn api_with(document: &Value, options: &ReadOptions) -> Api {
    read(&documents(document), options).unwrap()
}

fn documents(document: &Value) -> Documents {
    Documents::new(
        url("https://example.com/api/openapi.json"),
        parsed(document),
    )
}

fn parsed(document: &Value) -> Parsed {
    parse(document.to_string().as_bytes(), &Limits::default()).unwrap()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// A document of version 3.1 with these paths and components.
fn document(paths: &Value, components: &Value) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "paths": paths,
        "components": components,
    })
}

/// A document with one operation, `POST /t`, and these components.
fn one(operation: &Value, components: &Value) -> Value {
    let mut operation = operation.clone();
    operation["operationId"] = "t".into();
    document(&json!({"/t": {"post": operation}}), components)
}

/// The only tool of a document.
fn only(document: &Value) -> Operation {
    let mut api = api(document);
    assert_eq!(api.operations.len(), 1, "{:?}", api.warnings);
    api.operations.remove(0)
}

fn definition(operation: &Operation) -> Value {
    serde_json::from_str(operation.definition.get()).unwrap()
}

fn input(document: &Value) -> Value {
    let operation = only(document);
    let schema = definition(&operation)["inputSchema"].take();
    crate::schema::check(&schema.to_string()).unwrap();
    schema
}

fn body(schema: &Value, required: bool) -> Value {
    json!({"requestBody": {
        "required": required,
        "content": {"application/json": {"schema": schema}}
    }})
}
