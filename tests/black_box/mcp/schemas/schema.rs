//! The schema of a version, and what is held against it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::super::callers::{Caller as _, Client};

/// The schema of one version.
pub struct Schema {
    pub version: String,
    document: Value,
    validators: RefCell<HashMap<String, Validator>>,
}

impl Schema {
    /// Nothing where the schemas are not there.
    pub fn of(version: &str) -> Option<Self> {
        let folder = std::env::var_os("VICEVERSA_TEST_SCHEMAS").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/mcp"),
            PathBuf::from,
        );
        let path = folder.join(format!("schema-{version}.json"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: {} is not there", path.display());
            return None;
        };
        Some(Self {
            version: version.to_owned(),
            document: serde_json::from_str(&text).unwrap(),
            validators: RefCell::default(),
        })
    }

    fn definitions(&self) -> &'static str {
        if self.document.get("$defs").is_some() {
            "$defs"
        } else {
            "definitions"
        }
    }

    /// Fails unless the value is what the definition says.
    #[track_caller]
    pub fn check(&self, definition: &str, value: &Value) {
        let at = self.definitions();
        assert!(
            self.document[at].get(definition).is_some(),
            "{} knows no {definition}",
            self.version
        );
        let mut validators = self.validators.borrow_mut();
        let validator = validators.entry(definition.to_owned()).or_insert_with(|| {
            let schema = json!({
                "$schema": self.document["$schema"],
                "$ref": format!("#/{at}/{definition}"),
                at: self.document[at],
            });
            jsonschema::validator_for(&schema).unwrap()
        });
        let errors = validator.iter_errors(value);
        let errors: Vec<String> = errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(
            errors.is_empty(),
            "no {definition} of {}: {value:#}\n{errors:#?}",
            self.version
        );
    }

    /// A message of the gateway. The result of a request is what this definition says.
    #[track_caller]
    pub fn message(&self, text: &str, result: &str) {
        let message: Value = serde_json::from_str(text).unwrap();
        self.check("JSONRPCMessage", &message);
        match (message.get("method"), message.get("id")) {
            (Some(_), Some(_)) => self.check("ServerRequest", &message),
            (Some(_), None) => self.check("ServerNotification", &message),
            (None, _) if message.get("error").is_some() => {
                let error = match self.definitions() {
                    "$defs" => "JSONRPCErrorResponse",
                    _ => "JSONRPCError",
                };
                self.check(error, &message);
                assert_eq!(result, "", "an error: {text}");
            }
            (None, _) => self.check(result, &message["result"]),
        }
    }

    /// Asks, and checks all that comes. An empty definition means an error.
    #[track_caller]
    pub fn ask(&self, client: &Client<'_>, method: &str, members: &str, result: &str) {
        let meta = r#""progressToken":7,"io.modelcontextprotocol/logLevel":"debug""#;
        let answer = client.ask(method, members, meta);
        for said in &answer.said {
            self.message(said, "");
        }
        self.message(&answer.response, result);
    }

    #[track_caller]
    pub fn call(&self, client: &Client<'_>, tool: &str, arguments: &str, result: &str) {
        let members = format!(r#""name":"{tool}","arguments":{arguments}"#);
        self.ask(client, "tools/call", &members, result);
    }
}
