//! The keys of a server that is reached over HTTP.

use indexmap::IndexMap;
use reqwest::Url;
use reqwest::header::HeaderName;

use crate::config::document::{Node, Object};
use crate::config::error::ConfigError;
use crate::config::oauth::OAuthConfig;
use crate::config::server::RemoteConfig;
use crate::config::server_entry::Common;
use crate::config::server_entry::http::{HttpKeys, HttpPart, read_timeout, read_url};
use crate::config::value::Size;
use crate::config::warning::Warning;
use crate::http_client::HttpSettings;
use crate::secrets::Secret;
use crate::upstream::remote::Transport;

/// The values as they stand in the file.
pub(super) struct RemoteKeys<'d> {
    url: Node<'d>,
    transport: Transport,
    http: HttpKeys<'d>,
    oauth: Option<Node<'d>>,
    idle_timeout: Option<Node<'d>>,
    max_line_size: Option<Node<'d>>,
}

impl<'d> RemoteKeys<'d> {
    pub(super) fn take(
        url: Node<'d>,
        transport: Transport,
        object: &mut Object<'d>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            url,
            transport,
            http: HttpKeys::take(object)?,
            oauth: object.take("oauth"),
            idle_timeout: object.take("idleTimeout"),
            max_line_size: object.take("maxLineSize"),
        })
    }

    pub(super) fn read(
        self,
        common: &Common,
        warnings: &mut Vec<Warning>,
    ) -> Result<RemoteConfig, ConfigError> {
        let url = self.url.string("\"https://example.com/mcp\"")?;
        // It may hold a secret, so it is not repeated.
        let url = read_url(&url).map_err(|problem| self.url.invalid("the URL", problem))?;
        let oauth = self.oauth.as_ref().map(OAuthConfig::read);
        let HttpPart {
            headers,
            forwarding,
            http,
            first_byte_timeout,
        } = self.http.read(&common.recorder, warnings)?;
        Ok(RemoteConfig {
            transport: self.transport,
            url,
            headers,
            forwarding,
            oauth: oauth.transpose()?.map(Box::new),
            http,
            first_byte_timeout,
            idle_timeout: read_timeout(self.idle_timeout.as_ref())?,
            max_message_size: self
                .max_line_size
                .map(|size| size.parsed::<Size>("a size", "\"64MiB\""))
                .transpose()?
                .map_or(common.max_line_size, Size::bytes),
        })
    }
}

/// A server that a command line describes.
pub(crate) fn from_command_line(
    transport: Transport,
    url: Url,
    headers: IndexMap<HeaderName, Secret>,
    max_message_size: usize,
) -> RemoteConfig {
    RemoteConfig {
        transport,
        url,
        headers,
        forwarding: None,
        oauth: None,
        http: HttpSettings::default(),
        first_byte_timeout: None,
        idle_timeout: None,
        max_message_size,
    }
}
