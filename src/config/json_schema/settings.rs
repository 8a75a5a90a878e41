//! The schema of `gateway`, which comes from the declarations that make its flags and variables.

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use crate::config::file::AuthSection;
use crate::config::settings::Settings;

/// The object `gateway`.
pub(crate) fn of_gateway(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = <Settings as schemars::JsonSchema>::json_schema(generator);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for property in properties.values_mut().filter_map(Value::as_object_mut) {
            // What can be given several times as a flag is separated by commas in one text.
            if let Some(Value::Array(types)) = property.get_mut("type")
                && types.iter().any(|found| found == "array")
            {
                types.push("string".into());
            }
        }
    }
    let mut auth = generator.subschema_for::<AuthSection>();
    auth.insert(
        "description".into(),
        "Who may call, beside who has the key of `apiKey`.".into(),
    );
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("auth".to_owned(), auth.into());
    }
    schema.insert("additionalProperties".into(), false.into());
    schema.insert(
        "description".into(),
        "Settings of the gateway itself. Flags and environment variables of the same name win over \
         them."
        .into(),
    );
    schema
}
