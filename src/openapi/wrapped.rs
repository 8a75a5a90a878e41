//! The wrapper that SDKs put around a result that is not an object.

use serde_json::Value;

/// Whether the structured result is `{"result": …}` only because MCP demands an object:
/// `FastMCP` says `x-fastmcp-wrap-result`; the Python SDK's has `result` as its only, required
/// property, under a title that ends in `Output`.
pub fn is_wrapped_result(output_schema: &str) -> bool {
    if !output_schema.contains("\"result\"") {
        // Most are none, and some are large.
        return false;
    }
    let Ok(schema) = serde_json::from_str::<Value>(output_schema) else {
        return false;
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let Some(properties) = properties.filter(|properties| properties.contains_key("result")) else {
        return false;
    };
    if schema.get("x-fastmcp-wrap-result") == Some(&Value::Bool(true)) {
        return true;
    }
    let required = schema.get("required").and_then(Value::as_array);
    let title = schema.get("title").and_then(Value::as_str);
    properties.len() == 1
        && required.is_some_and(|names| names.len() == 1 && names.iter().all(|n| n == "result"))
        && title.is_some_and(|title| title.ends_with("Output"))
}
