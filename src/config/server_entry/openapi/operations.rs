//! `operations`: which operations become tools.

use reqwest::Method;

use crate::config::document::{Kind, Node};
use crate::config::error::{ConfigError, OpenApiProblem};
use crate::config::spelling;
use crate::config::value::InvalidValue;
use crate::openapi::api::OperationFilter;

const EXAMPLE: &str = "{\"include\": [{\"tag\": \"pets\"}], \"exclude\": [\"delete*\"]}";
const FILTER: &str = "{\"tag\": \"pets\"}";

/// The methods that a path item has members for (`OpenAPI` 3.2, path item object).
const METHODS: [&str; 9] = [
    "GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY",
];

/// What is wanted, and what of that is not.
pub(super) fn read(
    node: Node<'_>,
) -> Result<(Vec<OperationFilter>, Vec<OperationFilter>), ConfigError> {
    let mut keys = node.object(EXAMPLE)?;
    let include = keys.take("include").map(|node| read_list(&node));
    let exclude = keys.take("exclude").map(|node| read_list(&node));
    keys.finish()?;
    let (include, exclude) = (include.transpose()?, exclude.transpose()?);
    Ok((include.unwrap_or_default(), exclude.unwrap_or_default()))
}

fn read_list(node: &Node<'_>) -> Result<Vec<OperationFilter>, ConfigError> {
    let items = node.list("a list of filters", "[{\"tag\": \"pets\"}]")?;
    items.iter().map(read_filter).collect()
}

fn read_filter(node: &Node<'_>) -> Result<OperationFilter, ConfigError> {
    if node.kind() == Kind::String {
        return Ok(OperationFilter {
            operation_id: Some(text(node, "\"listPets\"")?),
            ..OperationFilter::default()
        });
    }
    let mut keys = node.clone().object(FILTER)?;
    let tag = keys.take("tag").map(|node| text(&node, "\"pets\""));
    let method = keys.take("method").map(|node| read_method(&node));
    let path = keys.take("path").map(|node| text(&node, "\"/pets/*\""));
    let operation_id = keys
        .take("operationId")
        .map(|node| text(&node, "\"listPets\""));
    keys.finish()?;
    let filter = OperationFilter {
        tag: tag.transpose()?,
        method: method.transpose()?,
        path: path.transpose()?,
        operation_id: operation_id.transpose()?,
    };
    if filter == OperationFilter::default() {
        return Err(node.error(OpenApiProblem::EmptyFilter.into()));
    }
    Ok(filter)
}

fn text(node: &Node<'_>, example: &'static str) -> Result<String, ConfigError> {
    match node.string(example)? {
        text if text.is_empty() => Err(node.invalid("", InvalidValue::Empty)),
        text => Ok(text),
    }
}

fn read_method(node: &Node<'_>) -> Result<String, ConfigError> {
    let method = text(node, "\"GET\"")?;
    // An API may have methods of its own; what only resembles a known one is a slip. A filter with
    // `*` may mean any.
    let near = (!method.contains('*'))
        .then(|| spelling::nearest(&method, METHODS.into_iter()))
        .flatten()
        .filter(|near| !near.eq_ignore_ascii_case(&method));
    if Method::from_bytes(method.as_bytes()).is_ok() && near.is_none() {
        Ok(method)
    } else {
        let near = near.map(str::to_owned);
        Err(node.invalid(&method, InvalidValue::Method(near)))
    }
}
