//! Finds out a server's era and opens the connection in it.

use std::{borrow::Cow, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{About, Capabilities, Client, read_error};
use crate::{
    json::{self, Raw},
    mcp::{Era, LEGACY_VERSIONS, NEWEST_LEGACY_VERSION, Peer, PeerError, STATELESS_VERSION, codes},
};

/// What is declared in `initialize` for a caller that has a connection for itself, answers
/// requests of the server, and is no MCP client that would declare something of its own.
pub const LEGACY_CAPABILITIES_WITH_INPUT: &str =
    r#"{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}"#;

/// What callers that answer no requests of the server declare. Tasks are polled to their end.
pub(super) const STATELESS_CAPABILITIES: &str =
    r#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;

/// What callers declare that answer requests of the server.
pub(super) const STATELESS_CAPABILITIES_WITH_INPUT: &str = r#"{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;

/// Who uses a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// Many callers: nothing is declared that would need to know which of them is meant.
    Shared,
    /// One caller, and the capabilities that are declared for it: a JSON object.
    Isolated(Arc<str>),
}

/// How to open a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// `server/discover` first; a server that refuses it, or stays silent for that long, gets
    /// `initialize`.
    Discover {
        /// How long the server may stay silent.
        patience: Duration,
    },
    /// The era is known: from an earlier connection, or from the config.
    Known(Era),
}

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The connection ended on the way. `after_discover`: it may have been the probe that the
    /// server did not survive.
    #[error("{error}")]
    Ended {
        /// What happened.
        error: PeerError,
        /// Whether only `server/discover` had been sent.
        after_discover: bool,
    },
    /// The server answered `server/discover` after it had been taken for one that does not
    /// know it; on a new connection it is known to be stateless.
    #[error("the server knows server/discover, but was slow to answer it")]
    LateDiscover,
    /// No version in common, or an answer that can't be used.
    #[error("{0}")]
    Refused(String),
}

/// Opens the connection.
pub async fn connect(peer: &Peer, probe: &Probe, by: &Use) -> Result<Client, ConnectError> {
    match probe {
        Probe::Known(Era::Legacy(version)) => initialize(peer, version, by).await,
        Probe::Known(Era::Stateless(_)) => match discover(peer, by).await? {
            Discovered::Stateless(client) => Ok(*client),
            Discovered::Legacy(problem) => Err(ConnectError::Refused(format!(
                "the server does not speak {STATELESS_VERSION}: {problem}"
            ))),
        },
        Probe::Discover { patience } => {
            let mut discovery = std::pin::pin!(discover(peer, by));
            match tokio::time::timeout(*patience, &mut discovery).await {
                Ok(discovered) => match discovered? {
                    Discovered::Stateless(client) => Ok(*client),
                    Discovered::Legacy(_) => initialize(peer, NEWEST_LEGACY_VERSION, by).await,
                },
                Err(_) => {
                    // The probe stays open: an answer that comes after all says what it is.
                    tokio::select! {
                        biased;
                        Ok(Discovered::Stateless(_)) = &mut discovery => Err(ConnectError::LateDiscover),
                        // A server that ends now may have ended of the probe, which it has not
                        // answered.
                        client = initialize(peer, NEWEST_LEGACY_VERSION, by) => {
                            client.map_err(|error| match error {
                                ConnectError::Ended { error, .. } => ConnectError::Ended {
                                    error,
                                    after_discover: true,
                                },
                                other => other,
                            })
                        }
                    }
                }
            }
        }
    }
}

/// Who the gateway says it is, as JSON text.
pub(super) fn client_info() -> &'static str {
    concat!(
        r#"{"name":"viceversa","version":""#,
        env!("CARGO_PKG_VERSION"),
        r#""}"#
    )
}

enum Discovered {
    Stateless(Box<Client>),
    /// It is of the legacy era; what it said to the probe.
    Legacy(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DiscoverResult<'a> {
    supported_versions: Vec<String>,
    #[serde(borrow)]
    capabilities: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "json::lenient")]
    instructions: Option<String>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct DiscoverMeta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/serverInfo")]
    server_info: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Implementation {
    name: Option<String>,
    title: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InitializeResult<'a> {
    #[serde(borrow)]
    protocol_version: Cow<'a, str>,
    #[serde(borrow)]
    capabilities: Option<&'a RawValue>,
    #[serde(borrow)]
    server_info: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "json::lenient")]
    instructions: Option<String>,
}

/// The `server/discover` probe (MCP 2026-07-28, stdio, backward compatibility). A server that
/// refuses its version and names the same one as supported is asked once more.
async fn discover(peer: &Peer, by: &Use) -> Result<Discovered, ConnectError> {
    let asked = match ask_to_discover(peer).await {
        Err(PeerError::Rpc(error)) if names(&error, STATELESS_VERSION) => {
            ask_to_discover(peer).await
        }
        asked => asked,
    };
    let result = match asked {
        Ok(result) => result,
        Err(PeerError::Rpc(error)) => return after_refusal(&error),
        // MCP 2026-07-28, Streamable HTTP, backward compatibility. Other statuses tell of who
        // we are or of how the server fares: no other handshake would mend that, and a server
        // of both eras would be taken for a legacy one.
        Err(PeerError::Refused {
            status: 400 | 404 | 405 | 406 | 415 | 501,
            message,
        }) => return Ok(Discovered::Legacy(message)),
        Err(error) => {
            return Err(ConnectError::Ended {
                error,
                after_discover: true,
            });
        }
    };
    let Ok(discovered) = serde_json::from_str::<DiscoverResult<'_>>(result.get()) else {
        return Ok(Discovered::Legacy(
            "its answer to server/discover is no DiscoverResult".into(),
        ));
    };
    let versions = &discovered.supported_versions;
    if !versions.iter().any(|version| version == STATELESS_VERSION) {
        return no_stateless_version(versions);
    }
    let meta: DiscoverMeta<'_> = discovered
        .meta
        .and_then(|meta| serde_json::from_str(meta.get()).ok())
        .unwrap_or_default();
    let about = about(
        &result,
        meta.server_info,
        discovered.instructions,
        discovered.capabilities,
    );
    Ok(Discovered::Stateless(Box::new(Client::new(
        peer.clone(),
        Era::Stateless(STATELESS_VERSION),
        by.clone(),
        about,
    ))))
}

async fn ask_to_discover(peer: &Peer) -> Result<Raw, PeerError> {
    let write_params = |_, line: &mut Vec<u8>| {
        line.extend_from_slice(
            format!(
                r#"{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"{STATELESS_VERSION}","io.modelcontextprotocol/clientInfo":{},"io.modelcontextprotocol/clientCapabilities":{STATELESS_CAPABILITIES}}}}}"#,
                client_info()
            )
            .as_bytes(),
        );
    };
    peer.request("server/discover", write_params, None).await
}

/// Only an unsupported version is a modern server's answer; any other error is a legacy one's.
fn after_refusal(error: &Raw) -> Result<Discovered, ConnectError> {
    match supported_versions(error) {
        Some(supported) => no_stateless_version(&supported),
        None => Ok(Discovered::Legacy(match read_error(error) {
            Some((_, message, _)) => message,
            None => error.get().chars().take(200).collect(),
        })),
    }
}

fn names(error: &Raw, version: &str) -> bool {
    supported_versions(error).is_some_and(|supported| supported.iter().any(|it| it == version))
}

/// What an `UnsupportedProtocolVersionError` names as supported (MCP 2026-07-28, schema).
fn supported_versions(error: &Raw) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Unsupported {
        supported: Vec<String>,
    }
    let (code, _, data) = read_error(error)?;
    let data = data.filter(|_| code == codes::UNSUPPORTED_PROTOCOL_VERSION)?;
    let unsupported: Unsupported = serde_json::from_str(data.get()).ok()?;
    Some(unsupported.supported)
}

/// A server that answers the probe and names legacy versions alone knows `initialize`; the
/// specification foresees no such server, but to refuse it would help nobody.
fn no_stateless_version(versions: &[String]) -> Result<Discovered, ConnectError> {
    let known = |version: &String| LEGACY_VERSIONS.contains(&version.as_str());
    if versions.iter().any(known) {
        Ok(Discovered::Legacy(format!("it supports {versions:?}")))
    } else if versions.iter().any(|version| version == STATELESS_VERSION) {
        Err(ConnectError::Refused(format!(
            "the server names {STATELESS_VERSION} as supported, and refuses it"
        )))
    } else {
        Err(ConnectError::Refused(format!(
            "the server supports the protocol versions {versions:?}, and viceversa none of them; \
             it speaks {STATELESS_VERSION} and {LEGACY_VERSIONS:?}"
        )))
    }
}

/// The `initialize` handshake (MCP 2025-11-25, lifecycle).
async fn initialize(peer: &Peer, version: &str, by: &Use) -> Result<Client, ConnectError> {
    let capabilities = match by {
        Use::Shared => "{}",
        Use::Isolated(capabilities) => capabilities,
    };
    let ended = |error| ConnectError::Ended {
        error,
        after_discover: false,
    };
    let write_params = |_, line: &mut Vec<u8>| {
        line.extend_from_slice(
            format!(
                r#"{{"protocolVersion":"{version}","capabilities":{capabilities},"clientInfo":{}}}"#,
                client_info()
            )
            .as_bytes(),
        );
    };
    let result = match peer.request("initialize", write_params, None).await {
        Ok(result) => result,
        Err(PeerError::Rpc(error)) => {
            let reason = match read_error(&error) {
                Some((code, message, _)) => format!("{message} ({code})"),
                None => error.get().chars().take(200).collect(),
            };
            return Err(ConnectError::Refused(format!(
                "the server refused to initialize: {reason}"
            )));
        }
        Err(error) => return Err(ended(error)),
    };
    let initialized: InitializeResult<'_> =
        serde_json::from_str(result.get()).map_err(|error| {
            ConnectError::Refused(format!("the answer to initialize can't be read: {error}"))
        })?;
    let Some(era @ Era::Legacy(_)) = Era::of_version(&initialized.protocol_version) else {
        return Err(ConnectError::Refused(format!(
            "the server answered initialize with the protocol version {:?}, which viceversa does \
             not speak",
            initialized.protocol_version
        )));
    };
    let about = about(
        &result,
        initialized.server_info,
        initialized.instructions,
        initialized.capabilities,
    );
    peer.notify("notifications/initialized", "{}")
        .await
        .map_err(ended)?;
    Ok(Client::new(peer.clone(), era, by.clone(), about))
}

/// What a server says of itself, in a result. What can't be read of it is taken as not said.
fn about(
    result: &Raw,
    server_info: Option<&RawValue>,
    instructions: Option<String>,
    capabilities: Option<&RawValue>,
) -> About {
    fn read<T: Default + serde::de::DeserializeOwned>(raw: Option<&RawValue>) -> T {
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }
    let is_object = |raw: &&RawValue| raw.get().starts_with('{');
    let info: Implementation = read(server_info);
    About {
        name: info.name,
        title: info.title,
        version: info.version,
        instructions,
        server_info: server_info.filter(is_object).map(|raw| result.part(raw)),
        capabilities: read::<Capabilities>(capabilities),
        declared: capabilities.filter(is_object).map(|raw| result.part(raw)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSAL: &str = r#""error":{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"],"requested":""}}"#;

    /// Connects to a server that gives these answers in turn; what was asked of it.
    async fn connect_to(answers: &[&str]) -> (Result<Client, ConnectError>, Vec<String>) {
        let (peer, mut outgoing, _notices) = Peer::new(1024 * 1024);
        let asking = peer.clone();
        let probe = Probe::Discover {
            patience: Duration::from_mins(1),
        };
        let client = tokio::spawn(async move { connect(&asking, &probe, &Use::Shared).await });
        let mut methods = Vec::new();
        for answer in answers {
            let mut line = Vec::new();
            assert!(outgoing.next(&mut line).await);
            let request: serde_json::Value = serde_json::from_slice(&line).unwrap();
            methods.push(request["method"].as_str().unwrap().to_owned());
            let text = format!(r#"{{"jsonrpc":"2.0","id":{},{answer}}}"#, request["id"]);
            peer.receive(text.into()).await;
        }
        (client.await.unwrap(), methods)
    }

    #[tokio::test]
    async fn a_server_that_refuses_the_version_which_it_supports_is_asked_once_more() {
        let discovered = r#""result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{}}"#;
        let (client, methods) = connect_to(&[REFUSAL, discovered]).await;
        assert_eq!(client.unwrap().era().version(), STATELESS_VERSION);
        assert_eq!(methods, ["server/discover", "server/discover"]);
    }

    #[tokio::test]
    async fn only_a_status_that_refuses_the_request_itself_leads_to_initialize() {
        for (status, is_legacy) in [
            (400, true),
            (404, true),
            (405, true),
            (406, true),
            (415, true),
            (501, true),
            (307, false),
            (401, false),
            (408, false),
            (429, false),
            (500, false),
            (503, false),
        ] {
            let (peer, mut outgoing, _notices) = Peer::new(1024 * 1024);
            let asking = peer.clone();
            let probe = Probe::Discover {
                patience: Duration::from_mins(1),
            };
            let client = tokio::spawn(async move { connect(&asking, &probe, &Use::Shared).await });
            let discover = outgoing.next_message().await.unwrap();
            let message = "not that".to_owned();
            peer.end(discover.id.unwrap(), PeerError::Refused { status, message });
            if is_legacy {
                let next = outgoing.next_message().await.unwrap().text;
                assert!(
                    String::from_utf8_lossy(&next).contains("initialize"),
                    "{status}"
                );
            } else {
                let Err(ConnectError::Ended { error, .. }) = client.await.unwrap() else {
                    panic!("{status} is a failure");
                };
                assert!(matches!(error, PeerError::Refused { .. }), "{status}");
            }
        }
    }

    #[tokio::test]
    async fn a_server_that_goes_on_refusing_its_own_version_is_given_up() {
        let (client, _) = connect_to(&[REFUSAL, REFUSAL]).await;
        let Err(ConnectError::Refused(reason)) = client else {
            panic!("{client:?}");
        };
        assert!(reason.contains("and refuses it"), "{reason}");
    }
}
