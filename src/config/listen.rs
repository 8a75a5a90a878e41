//! Where the gateway listens.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::config::error::{ConfigError, Conflict};
use crate::config::seen::Recorder;
use crate::config::settings::ListenSettings;
use crate::config::value::{Host, PathPrefix, RootPath};
use crate::secrets::SecretFile;

/// Where the gateway listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenConfig {
    /// The host.
    pub host: Host,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Certificate and key, to serve HTTPS.
    pub tls: Option<TlsConfig>,
    /// The path before the routes of servers.
    pub path_prefix: PathPrefix,
    /// The path that a reverse proxy strips.
    pub root_path: RootPath,
    /// How many worker threads; none: the gateway chooses.
    pub workers: Option<NonZeroUsize>,
    /// Most connections at a time.
    pub max_connections: NonZeroUsize,
}

/// A certificate and its key, as their files were when the config was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    /// The certificate chain, PEM.
    pub certificate: SecretFile,
    /// The private key, PEM.
    pub key: SecretFile,
}

const DEFAULT_PORT: u16 = 8000;
const DEFAULT_MAX_CONNECTIONS: NonZeroUsize = NonZeroUsize::new(25_000).unwrap();

impl ListenConfig {
    pub(crate) fn new(
        settings: ListenSettings,
        has_key: bool,
        recorder: &Recorder,
    ) -> Result<Self, ConfigError> {
        // mcpo listens on all addresses. Without a key that would invite everybody.
        let default = if has_key {
            Ipv4Addr::UNSPECIFIED
        } else {
            Ipv4Addr::LOCALHOST
        };
        let tls = match (settings.ssl_certfile, settings.ssl_keyfile) {
            (Some(certificate_file), Some(key_file)) => {
                Some(TlsConfig::read(certificate_file, key_file, recorder)?)
            }
            (Some(_), None) => return Err(Conflict::CertificateWithoutKey.into()),
            (None, Some(_)) => return Err(Conflict::KeyWithoutCertificate.into()),
            (None, None) => None,
        };
        Ok(Self {
            host: settings.host.unwrap_or(Host::Address(IpAddr::V4(default))),
            port: settings.port.unwrap_or(DEFAULT_PORT),
            tls,
            path_prefix: settings.path_prefix.unwrap_or_default(),
            root_path: settings.root_path.unwrap_or_default(),
            workers: settings
                .workers
                .and_then(|number| NonZeroUsize::new(number.count())),
            max_connections: settings
                .max_connections
                .and_then(|number| NonZeroUsize::new(number.count()))
                .unwrap_or(DEFAULT_MAX_CONNECTIONS),
        })
    }

    /// The addresses to bind. A name is looked up, which blocks.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        match &self.host {
            Host::Address(address) => Ok(vec![SocketAddr::new(*address, self.port)]),
            Host::Name(name) => Ok((name.as_str(), self.port).to_socket_addrs()?.collect()),
        }
    }
}

impl TlsConfig {
    fn read(
        certificate_file: PathBuf,
        key_file: PathBuf,
        recorder: &Recorder,
    ) -> Result<Self, ConfigError> {
        let read = |setting, file: PathBuf| match recorder.read(&file) {
            Ok(content) => Ok(SecretFile::new(file, content)),
            Err(source) => Err(ConfigError::NamedFile {
                place: None,
                setting: String::from(setting),
                file,
                source,
            }),
        };
        Ok(Self {
            certificate: read("--ssl-certfile (gateway.sslCertfile)", certificate_file)?,
            key: read("--ssl-keyfile (gateway.sslKeyfile)", key_file)?,
        })
    }
}
