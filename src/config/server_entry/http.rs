//! The keys that all servers have which are reached over HTTP.

use std::io;
use std::time::Duration;

use indexmap::IndexMap;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use crate::config::document::{Kind, Node, Object};
use crate::config::error::{ConfigError, Problem};
use crate::config::seen::Recorder;
use crate::config::server::ForwardingConfig;
use crate::config::server_entry::forwarding;
use crate::config::value::{InvalidValue, Number, Timeout};
use crate::config::warning::Warning;
use crate::http_client::{ClientCertificate, HttpSettings};
use crate::secrets::{Secret, SecretFile};

/// The values as they stand in the file.
pub(super) struct HttpKeys<'d> {
    headers: Option<Node<'d>>,
    forwarding: Option<Node<'d>>,
    ca_file: Option<Node<'d>>,
    client_cert: Option<Node<'d>>,
    client_key: Option<Node<'d>>,
    insecure: Option<Node<'d>>,
    connect_timeout: Option<Node<'d>>,
    first_byte_timeout: Option<Node<'d>>,
    max_idle_connections: Option<Node<'d>>,
}

/// What they say.
pub(super) struct HttpPart {
    pub(super) headers: IndexMap<HeaderName, Secret>,
    pub(super) forwarding: Option<Box<ForwardingConfig>>,
    pub(super) http: HttpSettings,
    pub(super) first_byte_timeout: Option<Duration>,
}

impl<'d> HttpKeys<'d> {
    pub(super) fn take(object: &mut Object<'d>) -> Result<Self, ConfigError> {
        Ok(Self {
            headers: object.take("headers"),
            forwarding: forwarding::take(object)?,
            ca_file: object.take_either("caFile", "ca_file")?,
            client_cert: object.take_either("clientCert", "client_cert")?,
            client_key: object.take_either("clientKey", "client_key")?,
            insecure: object.take_either("insecureSkipVerify", "insecure_skip_verify")?,
            connect_timeout: object.take("connectTimeout"),
            first_byte_timeout: object.take("firstByteTimeout"),
            max_idle_connections: object.take("maxIdleConnections"),
        })
    }

    pub(super) fn read(
        self,
        recorder: &Recorder,
        warnings: &mut Vec<Warning>,
    ) -> Result<HttpPart, ConfigError> {
        let read_file = |node: &Node<'_>| read_file(node, recorder);
        let mut http = HttpSettings::default();
        if let Some(connect_timeout) = read_timeout(self.connect_timeout.as_ref())? {
            http.connect_timeout = connect_timeout;
        }
        http.ca_file = self.ca_file.as_ref().map(read_file).transpose()?;
        http.client_certificate = match (&self.client_cert, &self.client_key) {
            (Some(certificate), key) => Some(ClientCertificate {
                certificate: read_file(certificate)?,
                key: read_file(key.as_ref().unwrap_or(certificate))?,
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
        let most = self.max_idle_connections;
        let most = most.map(|node| node.parsed::<Number<0, 65536>>("a number", "20"));
        http.max_idle_connections = most.transpose()?.map(Number::count);
        let headers = match self.headers {
            Some(headers) => read_headers(headers)?,
            None => IndexMap::new(),
        };
        let forwarding = match self.forwarding {
            Some(forwarding) => forwarding::read(forwarding, &headers, warnings)?,
            None => None,
        };
        Ok(HttpPart {
            headers,
            forwarding,
            http,
            first_byte_timeout: read_timeout(self.first_byte_timeout.as_ref())?,
        })
    }
}

/// A deadline.
pub(super) fn read_timeout(node: Option<&Node<'_>>) -> Result<Option<Duration>, ConfigError> {
    let timeout = node.map(|node| {
        node.parsed::<Timeout>("a duration", "\"30s\"")
            .map(Timeout::get)
    });
    timeout.transpose()
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

fn read_headers(node: Node<'_>) -> Result<IndexMap<HeaderName, Secret>, ConfigError> {
    let mut headers = IndexMap::new();
    for member in node
        .object("{\"Authorization\": \"Bearer …\"}")?
        .into_members()
    {
        let text = match member.value.kind() {
            Kind::Null => continue,
            _ => member.value.scalar("a string", "\"Bearer …\"")?,
        };
        // Its value may be a secret, so it is not repeated.
        let (name, value) = read_header(&member.key, &text)
            .map_err(|problem| member.value.invalid(&member.key, problem))?;
        if headers.insert(name, value).is_some() {
            return Err(member.error(Problem::Duplicate));
        }
    }
    Ok(headers)
}

fn read_file(node: &Node<'_>, recorder: &Recorder) -> Result<SecretFile, ConfigError> {
    let file = node.resolve(&node.string("\"/etc/ssl/own-ca.pem\"")?);
    match recorder.read(&file) {
        Ok(content) => Ok(SecretFile::new(file, content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound || file.is_dir() => {
            Err(node.error(Problem::NoFile(file)))
        }
        Err(error) => Err(node.error(Problem::UnreadableFile(file, error.to_string()))),
    }
}
