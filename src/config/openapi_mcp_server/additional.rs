//! `ADDITIONAL_SPECS`: a JSON list of further APIs.

use std::path::Path;
use std::str::FromStr;

use crate::config::document::{Document, Node, Object};
use crate::config::error::{ConfigError, OpenApiProblem, Problem};
use crate::config::openapi_mcp_server::credentials::AuthValues;
use crate::config::value::InvalidValue;
use crate::secrets::Secret;

const LIST: &str =
    "[{\"name\": \"payments\", \"spec_url\": \"https://payments.example.com/openapi.json\"}]";

const ENTRY: &str = "{\"spec_url\": \"https://payments.example.com/openapi.json\"}";

/// A further API, as it stands in the list.
pub(super) struct AdditionalSpec<'d> {
    pub(super) entry: Node<'d>,
    pub(super) name: Option<String>,
    pub(super) spec: Node<'d>,
    pub(super) is_path: bool,
    pub(super) base_url: Option<Node<'d>>,
    pub(super) auth: AuthValues,
}

/// Takes the text apart. `setting` is what holds it.
pub(super) fn parse(setting: &Path, text: &Secret) -> Result<Document, ConfigError> {
    let text = text.reveal();
    Document::parse(setting, text.as_bytes()).map_err(|error| match error {
        ConfigError::InFile { place, problem } => match *problem {
            Problem::Syntax { format, message } => {
                let message = if text.trim_start().starts_with('[') {
                    format!("{message}; write for example {LIST}")
                } else {
                    format!("it does not begin with `[`; write for example {LIST}")
                };
                ConfigError::InFile {
                    place,
                    problem: Problem::Syntax { format, message }.into(),
                }
            }
            problem => ConfigError::InFile {
                place,
                problem: problem.into(),
            },
        },
        error => error,
    })
}

/// Reads the list.
pub(super) fn read<'d>(list: &Node<'d>) -> Result<Vec<AdditionalSpec<'d>>, ConfigError> {
    let items = list.list("a list of APIs", LIST)?;
    items.into_iter().map(read_entry).collect()
}

fn read_entry(entry: Node<'_>) -> Result<AdditionalSpec<'_>, ConfigError> {
    let mut keys = entry.clone().object(ENTRY)?;
    let name = text(&mut keys, "name")?;
    let spec_url = keys.take("spec_url");
    let spec_path = keys.take("spec_path");
    let base_url = keys.take("base_url");
    let auth = AuthValues {
        auth_type: word(&mut keys, "auth_type")?,
        username: text(&mut keys, "auth_username")?,
        password: secret(&mut keys, "auth_password")?,
        token: secret(&mut keys, "auth_token")?,
        api_key: secret(&mut keys, "auth_api_key")?,
        api_key_name: text(&mut keys, "auth_api_key_name")?,
        api_key_in: word(&mut keys, "auth_api_key_in")?,
        client_id: text(&mut keys, "auth_cognito_client_id")?,
        client_secret: secret(&mut keys, "auth_cognito_client_secret")?,
        domain: text(&mut keys, "auth_cognito_domain")?,
        scopes: text(&mut keys, "auth_cognito_scopes")?,
        cognito_username: text(&mut keys, "auth_cognito_username")?,
        cognito_password: secret(&mut keys, "auth_cognito_password")?,
        user_pool_id: text(&mut keys, "auth_cognito_user_pool_id")?,
        region: text(&mut keys, "auth_cognito_region")?,
    };
    keys.finish()?;
    let is_path = spec_url.is_none();
    let Some(spec) = spec_url.or(spec_path) else {
        return Err(entry.error(OpenApiProblem::NoAdditionalSpec.into()));
    };
    Ok(AdditionalSpec {
        entry,
        name,
        spec,
        is_path,
        base_url,
        auth,
    })
}

/// A text; an empty one counts as absent, as in that program.
fn text(keys: &mut Object<'_>, key: &'static str) -> Result<Option<String>, ConfigError> {
    let text = keys.take(key).map(|node| node.string("\"text\""));
    Ok(text.transpose()?.filter(|text| !text.is_empty()))
}

fn word<T: FromStr<Err = InvalidValue>>(
    keys: &mut Object<'_>,
    key: &'static str,
) -> Result<Option<T>, ConfigError> {
    let word = keys.take(key);
    word.map(|node| node.parsed("a string", "\"bearer\""))
        .transpose()
}

fn secret(keys: &mut Object<'_>, key: &'static str) -> Result<Option<Secret>, ConfigError> {
    Ok(text(keys, key)?.map(Secret::new))
}
