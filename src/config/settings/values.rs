//! How the value of each setting is read.

use std::path::PathBuf;

use crate::config::document::Node;
use crate::config::error::ConfigError;
use crate::config::foreign_variables::FastMcpTransport;
use crate::config::log::LogFormat;
use crate::config::openapi::KeyPlace;
use crate::config::openapi_mcp_server::AuthType;
use crate::config::server::ServerType;
use crate::config::value::{
    AllowedOrigin, EndpointPath, Host, InvalidValue, LogFilter, NameSeparator, Number, PathPrefix,
    Patience, Peer, ReplicaName, RootPath, Size, Timeout, parse_boolean,
};
use crate::gateway::Discovery;
use crate::openapi::{OperationIds, Recursion};
use crate::schema::Validation;
use crate::secrets::Secret;
use crate::upstream::rest::settings::ValidateOutput;

/// A setting's value, which can be read from text and from the config file.
pub(crate) trait Value: Sized {
    fn from_text(text: &str) -> Result<Self, InvalidValue>;
    fn from_node(node: &Node<'_>) -> Result<Self, ConfigError>;
    /// The value as it may be shown to whoever checks a config: a secret is hidden.
    fn shown(&self) -> String;
}

/// Values that are one scalar, read from its text.
macro_rules! scalar_values {
    ($($type:ty: $expected:literal, $example:literal;)*) => {
        $(impl Value for $type {
            fn from_text(text: &str) -> Result<Self, InvalidValue> {
                text.parse()
            }

            fn from_node(node: &Node<'_>) -> Result<Self, ConfigError> {
                node.parsed($expected, $example)
            }

            fn shown(&self) -> String {
                self.to_string()
            }
        })*
    };
}

scalar_values! {
    Timeout: "a duration", "\"30s\"";
    Patience: "a duration", "\"30s\"";
    Size: "a size", "\"16MiB\"";
    Host: "a string", "\"127.0.0.1\"";
    PathPrefix: "a string", "\"/tools\"";
    RootPath: "a string", "\"/tools\"";
    EndpointPath: "a string", "\"/sse\"";
    NameSeparator: "a string", "\"__\"";
    ReplicaName: "a string", "\"gateway-0\"";
    LogFilter: "a string", "\"INFO\"";
    LogFormat: "a string", "\"text\"";
    Validation: "a string", "\"coerce\"";
    Discovery: "a string", "\"search\"";
    OperationIds: "a string", "\"tool\"";
    Recursion: "a string", "\"keep\"";
    ServerType: "a string", "\"stdio\"";
    FastMcpTransport: "a string", "\"stdio\"";
    ValidateOutput: "a string", "\"strict\"";
    KeyPlace: "a string", "\"header\"";
    AuthType: "a string", "\"bearer\"";
}

impl<const FROM: u64, const TO: u64> Value for Number<FROM, TO> {
    fn from_text(text: &str) -> Result<Self, InvalidValue> {
        text.trim().parse()
    }

    fn from_node(node: &Node<'_>) -> Result<Self, ConfigError> {
        node.parsed("a number", "500")
    }

    fn shown(&self) -> String {
        self.get().to_string()
    }
}

impl Value for u16 {
    fn from_text(text: &str) -> Result<Self, InvalidValue> {
        text.trim().parse().map_err(|_| InvalidValue::Number {
            from: 0,
            to: u64::from(Self::MAX),
        })
    }

    fn from_node(node: &Node<'_>) -> Result<Self, ConfigError> {
        let text = node.scalar("a number", "8000")?;
        Self::from_text(&text).map_err(|problem| node.invalid(&text, problem))
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    fn from_text(text: &str) -> Result<Self, InvalidValue> {
        parse_boolean(text)
    }

    fn from_node(node: &Node<'_>) -> Result<Self, ConfigError> {
        node.boolean()
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    fn from_text(text: &str) -> Result<Self, InvalidValue> {
        Ok(text.to_owned())
    }

    fn from_node(node: &Node<'_>) -> Result<Self, ConfigError> {
        node.string("\"text\"")
    }

    fn shown(&self) -> String {
        self.clone()
    }
}

impl Value for Secret {
    fn from_text(text: &str) -> Result<Self, InvalidValue> {
        Ok(Self::new(text))
    }

    fn from_node(node: &Node<'_>) -> Result<Self, ConfigError> {
        node.string("\"top-secret\"").map(Self::new)
    }

    fn shown(&self) -> String {
        "(hidden)".to_owned()
    }
}

impl Value for PathBuf {
    fn from_text(text: &str) -> Result<Self, InvalidValue> {
        Ok(text.into())
    }

    fn from_node(node: &Node<'_>) -> Result<Self, ConfigError> {
        match node.string("\"/etc/viceversa/key\"")? {
            path if path.is_empty() => Err(node.invalid("", InvalidValue::Empty)),
            path => Ok(path.into()),
        }
    }

    fn shown(&self) -> String {
        self.display().to_string()
    }
}

impl Value for Vec<AllowedOrigin> {
    fn from_text(text: &str) -> Result<Self, InvalidValue> {
        text.split(',').map(str::parse).collect()
    }

    fn from_node(node: &Node<'_>) -> Result<Self, ConfigError> {
        let example = "[\"https://chat.example.com\"]";
        if let Ok(text) = node.string(example) {
            return Self::from_text(&text).map_err(|problem| node.invalid(&text, problem));
        }
        let items = node.list("a list of origins", example)?;
        items
            .iter()
            .map(|item| item.parsed("a string", "\"https://chat.example.com\""))
            .collect()
    }

    fn shown(&self) -> String {
        let origins = self.iter().map(|origin| match origin {
            AllowedOrigin::Any => "*",
            AllowedOrigin::One(origin) => origin.as_str(),
        });
        origins.collect::<Vec<_>>().join(",")
    }
}

impl Value for Vec<Peer> {
    fn from_text(text: &str) -> Result<Self, InvalidValue> {
        text.split(',').map(str::parse).collect()
    }

    fn from_node(node: &Node<'_>) -> Result<Self, ConfigError> {
        let example = "[\"gateway-1=http://10.0.0.2:8000\"]";
        // A URL may hold a secret, so it is not repeated.
        let name = |text: &str| text.split('=').next().unwrap_or_default().to_owned();
        let invalid = |node: &Node<'_>, text: &str, problem| node.invalid(&name(text), problem);
        if let Ok(text) = node.string(example) {
            return Self::from_text(&text).map_err(|problem| invalid(node, &text, problem));
        }
        let items = node.list("a list of replicas", example)?;
        let peer = |item: &Node<'_>| {
            let text = item.string("\"gateway-1=http://10.0.0.2:8000\"")?;
            text.parse()
                .map_err(|problem| invalid(item, &text, problem))
        };
        items.iter().map(peer).collect()
    }

    fn shown(&self) -> String {
        let peers = self
            .iter()
            .map(|peer| format!("{}={}", peer.name, peer.url));
        peers.collect::<Vec<_>>().join(",")
    }
}
