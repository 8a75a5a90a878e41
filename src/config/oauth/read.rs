//! Reads the key `oauth`.

use serde_json::{Map, Value};
use url::Url;

use super::{
    CallbackConfig, ClientConfig, GrantConfig, GrantType, LoginConfig, OAuthConfig, TokenStorage,
};
use crate::config::document::{Kind, Node, Object};
use crate::config::error::{ConfigError, Problem};
use crate::config::server_entry::http::read_url;
use crate::config::value::InvalidValue;
use crate::http_client::is_loopback;
use crate::secrets::Secret;

/// mcpo's port, which `use_loopback` means where no port is given.
const MCPO_CALLBACK_PORT: u16 = 3030;

impl OAuthConfig {
    /// Reads the value of `oauth`. An empty object will do: all is discovered.
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, ConfigError> {
        let mut keys = node.clone().object("{}")?;
        let server_url = keys
            .take_either("serverUrl", "server_url")?
            .map(|node| http_url(&node, "\"https://mcp.example.com\""))
            .transpose()?;
        let issuer = keys
            .take("issuer")
            .map(|node| http_url(&node, "\"https://login.example.com\""))
            .transpose()?;
        let storage = keys
            .take_either("storageType", "storage_type")?
            .map(|node| node.parsed("a string", "\"file\""))
            .transpose()?;
        let metadata = keys.take_either("clientMetadata", "client_metadata")?;
        let metadata = metadata
            .map(|node| read_metadata(&node))
            .transpose()?
            .unwrap_or_default();
        let scopes = read_scopes(&mut keys, &metadata)?;
        let grant = read_grant(node, &mut keys, metadata)?;
        keys.finish()?;
        Ok(Self {
            server_url,
            issuer,
            grant,
            scopes,
            storage: storage.unwrap_or(TokenStorage::File),
        })
    }
}

fn read_grant(
    node: &Node<'_>,
    keys: &mut Object<'_>,
    metadata: Map<String, Value>,
) -> Result<GrantConfig, ConfigError> {
    let grant_type = keys
        .take_either("grantType", "grant_type")?
        .map(|node| node.parsed("a string", "\"client_credentials\""))
        .transpose()?;
    let client_id = keys
        .take_either("clientId", "client_id")?
        .map(|node| not_empty(&node, "\"my-client\""))
        .transpose()?;
    let secret_node = keys.take_either("clientSecret", "client_secret")?;
    let client_secret = secret_node
        .as_ref()
        .map(|node| not_empty(node, "\"secret\"").map(Secret::new))
        .transpose()?;
    let metadata_url = keys
        .take_either("clientMetadataUrl", "client_metadata_url")?
        .map(|node| document_url(&node))
        .transpose()?;
    let callback = read_callback(keys, &metadata)?;
    match grant_type.unwrap_or(GrantType::AuthorizationCode) {
        GrantType::ClientCredentials => match (client_id, client_secret) {
            (Some(client_id), Some(client_secret)) => Ok(GrantConfig::ClientCredentials {
                client_id,
                client_secret,
            }),
            _ => Err(node.error(Problem::NoClientCredentials)),
        },
        GrantType::AuthorizationCode => {
            let client = match (client_id, secret_node) {
                (Some(client_id), _) => ClientConfig::Registered {
                    client_id,
                    client_secret,
                },
                (None, Some(secret)) => return Err(secret.error(Problem::SecretWithoutClient)),
                (None, None) => ClientConfig::Dynamic {
                    metadata_url,
                    metadata,
                },
            };
            Ok(GrantConfig::Login(Box::new(LoginConfig {
                client,
                callback,
            })))
        }
    }
}

/// Where the browser comes back to: `client_metadata.redirect_uris` first, as in mcpo, then
/// `redirect_uri`, then a port of this machine, then the gateway itself.
fn read_callback(
    keys: &mut Object<'_>,
    metadata: &Map<String, Value>,
) -> Result<CallbackConfig, ConfigError> {
    let port = keys
        .take_either("callbackPort", "callback_port")?
        .map(|node| read_port(&node))
        .transpose()?;
    let use_loopback = keys
        .take_either("useLoopback", "use_loopback")?
        .map(|node| node.boolean())
        .transpose()?;
    let own_url = keys
        .take_either("redirectUri", "redirect_uri")?
        .map(|node| http_url(&node, "\"https://gateway.example.com/oauth/callback\""))
        .transpose()?;
    // `read_metadata` has seen that these are URLs.
    let registered_url = metadata
        .get("redirect_uris")
        .and_then(|uris| uris.get(0))
        .and_then(Value::as_str)
        .and_then(|uri| Url::parse(uri).ok());
    let listens = use_loopback.unwrap_or(true);
    Ok(match (registered_url, own_url, port) {
        (Some(url), ..) => {
            let named = url
                .port()
                .filter(|_| url.scheme() == "http" && is_loopback(&url));
            let listen = port.or(named).filter(|_| listens);
            CallbackConfig::Url { url, listen }
        }
        (None, Some(url), _) => CallbackConfig::Url { url, listen: None },
        (None, None, None) if use_loopback.is_none() => CallbackConfig::Gateway,
        (None, None, port) => CallbackConfig::Loopback {
            port: port.unwrap_or(MCPO_CALLBACK_PORT),
            listen: listens,
        },
    })
}

/// What we say of ourselves: an object, of which some members must be what we can work with.
fn read_metadata(node: &Node<'_>) -> Result<Map<String, Value>, ConfigError> {
    let example = "{\"client_name\": \"My gateway\"}";
    let mut known = node.clone().object(example)?;
    if let Some(uris) = known.take("redirect_uris") {
        let callback = "[\"http://localhost:3030/callback\"]";
        for uri in uris.list("a list of URLs", callback)? {
            http_url(&uri, "\"http://localhost:3030/callback\"")?;
        }
    }
    if let Some(name) = known.take("client_name") {
        name.string("\"My gateway\"")?;
    }
    if let Some(scope) = known.take("scope") {
        scope.string("\"read write\"")?;
    }
    serde_json::from_str(&node.json()?).map_err(|_| node.wrong_kind("an object", example))
}

fn read_scopes(
    keys: &mut Object<'_>,
    metadata: &Map<String, Value>,
) -> Result<Vec<String>, ConfigError> {
    let Some(node) = keys.take_either("scopes", "scope")? else {
        let scope = metadata.get("scope").and_then(Value::as_str);
        return Ok(words_of(scope.unwrap_or_default()));
    };
    match node.kind() {
        Kind::String => Ok(words_of(&node.string("\"read write\"")?)),
        _ => node.strings("[\"read\", \"write\"]"),
    }
}

fn words_of(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn read_port(node: &Node<'_>) -> Result<u16, ConfigError> {
    let text = node.scalar("a port", "3030")?;
    match text.parse() {
        Ok(0) | Err(_) => Err(node.invalid(&text, InvalidValue::Number { from: 1, to: 65535 })),
        Ok(port) => Ok(port),
    }
}

fn http_url(node: &Node<'_>, example: &'static str) -> Result<Url, ConfigError> {
    let text = node.string(example)?;
    read_url(&text).map_err(|problem| node.invalid(&text, problem))
}

/// The URL of a client-metadata document, which is the client's name as well, and so must be
/// https with a path (draft-ietf-oauth-client-id-metadata-document, section 3).
fn document_url(node: &Node<'_>) -> Result<Url, ConfigError> {
    let url = http_url(node, "\"https://gateway.example.com/client.json\"")?;
    if url.scheme() == "https" && url.path() != "/" {
        Ok(url)
    } else {
        Err(node.invalid(url.as_str(), InvalidValue::DocumentUrl))
    }
}

fn not_empty(node: &Node<'_>, example: &'static str) -> Result<String, ConfigError> {
    let text = node.string(example)?;
    if text.is_empty() {
        Err(node.error(Problem::Empty("write it, or remove the key")))
    } else {
        Ok(text)
    }
}
