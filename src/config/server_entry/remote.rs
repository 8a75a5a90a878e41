//! The keys of a server that is reached over HTTP.

use std::path::PathBuf;

use indexmap::IndexMap;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use crate::config::document::{Kind, Node, Object};
use crate::config::error::{ConfigError, Problem};
use crate::config::oauth::OAuthConfig;
use crate::config::server::RemoteConfig;
use crate::config::server_entry::{Common, forwarding};
use crate::config::value::{InvalidValue, Size, Timeout};
use crate::config::warning::Warning;
use crate::http_client::{ClientCertificate, HttpSettings};
use crate::secrets::Secret;
use crate::upstream::remote::Transport;

/// The values as they stand in the file.
pub(super) struct RemoteKeys<'d> {
    url: Node<'d>,
    transport: Transport,
    headers: Option<Node<'d>>,
    forwarding: Option<Node<'d>>,
    oauth: Option<Node<'d>>,
    ca_file: Option<Node<'d>>,
    client_cert: Option<Node<'d>>,
    client_key: Option<Node<'d>>,
    insecure: Option<Node<'d>>,
    connect_timeout: Option<Node<'d>>,
    first_byte_timeout: Option<Node<'d>>,
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
            headers: object.take("headers"),
            forwarding: forwarding::take(object)?,
            oauth: object.take("oauth"),
            ca_file: object.take_either("caFile", "ca_file")?,
            client_cert: object.take_either("clientCert", "client_cert")?,
            client_key: object.take_either("clientKey", "client_key")?,
            insecure: object.take_either("insecureSkipVerify", "insecure_skip_verify")?,
            connect_timeout: object.take("connectTimeout"),
            first_byte_timeout: object.take("firstByteTimeout"),
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
        let timeout = |node: &Option<Node<'_>>| {
            let timeout = node.as_ref().map(|node| {
                node.parsed::<Timeout>("a duration", "\"30s\"")
                    .map(Timeout::get)
            });
            timeout.transpose()
        };
        let mut http = HttpSettings::default();
        if let Some(connect_timeout) = timeout(&self.connect_timeout)? {
            http.connect_timeout = connect_timeout;
        }
        http.ca_file = self.ca_file.as_ref().map(read_file).transpose()?;
        http.client_certificate = match (&self.client_cert, &self.client_key) {
            (Some(certificate), key) => Some(ClientCertificate {
                certificate_file: read_file(certificate)?,
                key_file: read_file(key.as_ref().unwrap_or(certificate))?,
            }),
            (None, Some(key)) => return Err(key.error(Problem::KeyWithoutCertificate)),
            (None, None) => None,
        };
        if let Some(insecure) = &self.insecure
            && insecure.boolean()?
        {
            http.insecure_skip_verify = true;
            warnings.push(Warning::new(format!(
                "`{}`: certificates of this server are not checked: whoever is on the way can \
                 read and change everything; give its certificate as `caFile` instead",
                insecure.path()
            )));
        }
        let oauth = self.oauth.as_ref().map(OAuthConfig::read);
        let max_line_size = self.max_line_size;
        let headers = match self.headers {
            Some(headers) => read_headers(headers, warnings)?,
            None => IndexMap::new(),
        };
        let forwarding = match self.forwarding {
            Some(forwarding) => forwarding::read(forwarding, &headers, warnings)?,
            None => None,
        };
        Ok(RemoteConfig {
            transport: self.transport,
            url,
            headers,
            forwarding,
            oauth: oauth.transpose()?.map(Box::new),
            http,
            first_byte_timeout: timeout(&self.first_byte_timeout)?,
            idle_timeout: timeout(&self.idle_timeout)?,
            max_message_size: max_line_size
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

/// A URL of HTTP or HTTPS.
pub(crate) fn read_url(text: &str) -> Result<Url, InvalidValue> {
    let url = Url::parse(text.trim()).map_err(|_| InvalidValue::Url)?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err(InvalidValue::Url)
    }
}

/// Headers that the transport itself sets, each request's own: another value would break it.
const OF_THE_TRANSPORT: [&str; 16] = [
    "accept",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "keep-alive",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A header as a request can carry it.
pub(crate) fn read_header(name: &str, value: &str) -> Result<(HeaderName, Secret), InvalidValue> {
    let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| InvalidValue::HeaderName)?;
    if OF_THE_TRANSPORT.contains(&header.as_str()) {
        return Err(InvalidValue::HeaderOfTransport);
    }
    HeaderValue::from_str(value)
        .ok()
        .filter(|value| value.to_str().is_ok())
        .ok_or(InvalidValue::HeaderValue)?;
    Ok((header, Secret::new(value)))
}

fn read_headers(
    node: Node<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<IndexMap<HeaderName, Secret>, ConfigError> {
    let mut headers = IndexMap::new();
    for member in node
        .object("{\"Authorization\": \"Bearer …\"}")?
        .into_members()
    {
        let text = match member.value.kind() {
            Kind::Null => continue,
            _ => member.value.scalar("a string", "\"Bearer …\"")?,
        };
        if text.contains("${") {
            warnings.push(Warning::new(format!(
                "`{}`: `${{…}}` is sent as it is: variables are not supported yet in this file",
                member.value.path()
            )));
        }
        // Its value may be a secret, so it is not repeated.
        let (name, value) = read_header(&member.key, &text)
            .map_err(|problem| member.value.invalid(&member.key, problem))?;
        if headers.insert(name, value).is_some() {
            return Err(member.error(Problem::Duplicate));
        }
    }
    Ok(headers)
}

fn read_file(node: &Node<'_>) -> Result<PathBuf, ConfigError> {
    let file = PathBuf::from(node.string("\"/etc/ssl/own-ca.pem\"")?);
    if file.is_file() {
        Ok(file)
    } else {
        Err(node.error(Problem::NoFile(file)))
    }
}
