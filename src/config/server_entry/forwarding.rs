//! `client_header_forwarding`: which headers of its callers a remote server gets.

#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;

use indexmap::IndexMap;
use reqwest::header::HeaderName;

use crate::config::document::{Node, Object};
use crate::config::error::ConfigError;
use crate::config::server::ForwardingConfig;
use crate::config::value::{InvalidValue, Number, Timeout};
use crate::config::warning::Warning;
use crate::gateway::Forwarding;
use crate::gateway::forwarding::{CREDENTIAL_HEADER, Pattern};
use crate::secrets::Secret;
use crate::supervisor::IdentityLimits;

const EXAMPLE: &str = "{\"enabled\": true, \"whitelist\": [\"X-User-*\"]}";

/// The value of the key, in mcpo's spelling or ours.
pub(super) fn take<'d>(object: &mut Object<'d>) -> Result<Option<Node<'d>>, ConfigError> {
    object.take_either("client_header_forwarding", "clientHeaderForwarding")
}

/// Whether it says that headers are forwarded.
pub(super) fn is_enabled(node: Node<'_>) -> Result<bool, ConfigError> {
    let enabled = node.object(EXAMPLE)?.take("enabled");
    enabled.map_or(Ok(false), |enabled| enabled.boolean())
}

/// Reads it; nothing where it is not enabled. `configured` is what the server gets anyway.
pub(super) fn read(
    node: Node<'_>,
    configured: &IndexMap<HeaderName, Secret>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Box<ForwardingConfig>>, ConfigError> {
    let mut object = node.object(EXAMPLE)?;
    let boolean = |node: Option<Node<'_>>| node.map(|node| node.boolean()).transpose();
    let is_enabled = boolean(object.take("enabled"))?;
    let whitelist = read_patterns(object.take("whitelist"))?;
    let blacklist = read_patterns(object.take("blacklist"))?;
    let debug_headers = boolean(object.take_either("debug_headers", "debugHeaders")?)?;
    let credential_header = object.take_either("credential_header", "credentialHeader")?;
    let most = object.take_either("max_identities", "maxIdentities")?;
    let idle_timeout = object.take_either("idle_timeout", "idleTimeout")?;
    object.finish()?;
    if is_enabled != Some(true) {
        return Ok(None);
    }
    for (node, name) in &whitelist {
        if Forwarding::never_passes(name) {
            warnings.push(Warning::at(&node.place(), &never(name)));
        }
    }
    let patterns = |list: Vec<(Node<'_>, String)>| {
        let patterns = list.iter().map(|(_, text)| Pattern::new(text));
        patterns.collect::<Vec<_>>()
    };
    let mut rules = Forwarding::new(patterns(whitelist), patterns(blacklist))
        .beside(configured.keys().map(HeaderName::as_str))
        .logging_names(debug_headers == Some(true));
    if let Some(node) = credential_header {
        let name = node.string("\"X-Upstream-Authorization\"")?;
        if HeaderName::from_bytes(name.as_bytes()).is_err() || Forwarding::never_passes(&name) {
            return Err(node.invalid(&name, InvalidValue::CredentialHeader));
        }
        rules = rules.with_credential_header(&name);
    }
    let default = IdentityLimits::default();
    let most = most.map(|node| node.parsed::<Number<1, 65536>>("a number", "256"));
    let idle_timeout = idle_timeout.map(|node| node.parsed::<Timeout>("a duration", "\"10m\""));
    Ok(Some(Box::new(ForwardingConfig {
        rules,
        limits: IdentityLimits {
            most: most
                .transpose()?
                .and_then(|most| NonZeroUsize::new(most.count()))
                .unwrap_or(default.most),
            idle_timeout: idle_timeout
                .transpose()?
                .map_or(default.idle_timeout, Timeout::get),
        },
    })))
}

fn never(name: &str) -> String {
    let name = name.escape_debug();
    if name.to_string().eq_ignore_ascii_case("authorization") {
        format!(
            "`{name}` is never forwarded, since it is for the gateway itself; callers send the \
             server's credentials as `{CREDENTIAL_HEADER}` (`credentialHeader`)"
        )
    } else {
        format!("`{name}` is never forwarded")
    }
}

/// Names, and starts of names with a `*` behind them.
fn read_patterns(node: Option<Node<'_>>) -> Result<Vec<(Node<'_>, String)>, ConfigError> {
    let example = "[\"X-User-*\"]";
    let Some(node) = node else {
        return Ok(Vec::new());
    };
    let items = node.list("a list of strings", example)?;
    items
        .into_iter()
        .map(|item| {
            let text = item.string("\"X-User-*\"")?;
            let name = text.trim();
            // `*` may stand in names, so that this is what patterns may be.
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(item.invalid(&text, InvalidValue::HeaderName));
            }
            Ok((item, text))
        })
        .collect()
}
