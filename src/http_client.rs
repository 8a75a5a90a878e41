//! The one way to make outgoing HTTP connections: TLS, proxies, pools, deadlines, redirects.
//!
//! Connections are pooled and HTTP/2 is spoken where it is offered. Certificates are checked
//! against the system's roots and those that the config adds. `HTTP_PROXY`, `HTTPS_PROXY`,
//! `ALL_PROXY` and `NO_PROXY` are honoured. Bodies that come compressed (gzip, deflate, Brotli,
//! Zstandard) are read as what they are, and caps count what comes out. Requests go out by
//! [`HttpClient::send`], which follows redirects so that neither a body nor a credential gets to
//! another origin, or by [`HttpClient::send_following`], which gives back those that it does not
//! follow.

mod address;
mod body;
mod holding_body;
mod redirect;
mod send;
#[cfg(test)]
mod tests;
mod wording;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{Certificate, Client, ClientBuilder, Identity};
use zeroize::Zeroizing;

use address::PublicOnly;
pub use address::{is_internal, is_loopback, is_public};
pub use body::{Body, BodyError, BodyReader, reader};
pub use redirect::{Obstacle, Unfollowed};
pub use send::{Followed, OutgoingRequest, SendError};
pub use wording::{origin, without_secrets};

use crate::secrets::SecretFile;

/// How long a connection without traffic stays before the system asks whether it still is.
const TCP_KEEPALIVE: Duration = Duration::from_secs(20);

/// How long what was sent may stay without acknowledgement, before a connection counts as
/// dead.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);

/// How often an HTTP/2 connection is asked whether it still is, and how long it may take to
/// say so.
const HTTP2_KEEPALIVE: Duration = Duration::from_secs(20);

/// How long a connection that nobody uses is kept: less than uvicorn and Node keep theirs, or a
/// request could meet the end of its connection, and nobody would know whether it arrived.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// How connections are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// How long a connection may take to be there: name, TCP and TLS.
    pub connect_timeout: Duration,
    /// A PEM file of certificates that are trusted beside the system's.
    pub ca_file: Option<SecretFile>,
    /// What identifies us to servers that ask for a certificate.
    pub client_certificate: Option<ClientCertificate>,
    /// Whether any certificate is taken for good. For tests alone: whoever is on the way can
    /// read and change everything.
    pub insecure_skip_verify: bool,
    /// Whether the proxies that the environment names are left aside.
    pub is_direct: bool,
    /// The most connections to one host that are kept though nobody uses them; none: no limit.
    pub max_idle_connections: Option<usize>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            ca_file: None,
            client_certificate: None,
            insecure_skip_verify: false,
            is_direct: false,
            max_idle_connections: None,
        }
    }
}

/// A certificate of ours and its key, both PEM. One file may hold both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate chain.
    pub certificate: SecretFile,
    /// The private key.
    pub key: SecretFile,
}

/// Makes connections, and keeps them for the next request. Clones share them.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client,
    /// For another origin, where our certificate must not be shown.
    anonymous: Client,
    /// For another host that somebody else's redirect leads to, where that is not trusted.
    abroad: Option<Client>,
    strangers: Arc<Strangers>,
}

/// What reaches servers that the config does not name; made when the first is met.
#[derive(Debug)]
struct Strangers {
    settings: HttpSettings,
    trusted: Vec<Certificate>,
    anywhere: OnceLock<Client>,
    public: OnceLock<Client>,
}

/// Where another server than the configured one may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// At any address.
    Anywhere,
    /// Where a name leads to public addresses. An address that is written out is not looked at.
    Public,
}

/// Why no client can be made of settings.
#[derive(Debug, thiserror::Error)]
pub enum HttpSettingsError {
    /// A file can't be used.
    #[error("{}: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The TLS library refuses the settings.
    #[error("no HTTP client can be made: {0}")]
    Refused(String),
}

impl HttpClient {
    /// Makes sense of the files of the settings. Nothing is connected yet.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSettingsError> {
        // The first that is installed stays, and it is always this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let trusted = match &settings.ca_file {
            Some(file) => read_certificates(file)?,
            None => Vec::new(),
        };
        let identity = settings
            .client_certificate
            .as_ref()
            .map(read_identity)
            .transpose()?;
        let anonymous = build(settings, &trusted, None, Reach::Anywhere)?;
        let client = match identity {
            Some(identity) => build(settings, &trusted, Some(&identity), Reach::Anywhere)?,
            None => anonymous.clone(),
        };
        let strangers = Arc::new(Strangers {
            settings: HttpSettings {
                insecure_skip_verify: false,
                ..settings.clone()
            },
            trusted,
            anywhere: OnceLock::new(),
            public: OnceLock::new(),
        });
        Ok(Self {
            client,
            anonymous,
            abroad: None,
            strangers,
        })
    }
}

impl HttpClient {
    /// For servers that the config was not written for: without our certificate, and theirs
    /// is checked in any case.
    pub fn for_others(&self, reach: Reach) -> Result<Self, HttpSettingsError> {
        let strangers = &self.strangers;
        let place = match reach {
            Reach::Anywhere => &strangers.anywhere,
            Reach::Public => &strangers.public,
        };
        let client = if let Some(client) = place.get() {
            client
        } else {
            let made = build(&strangers.settings, &strangers.trusted, None, reach)?;
            place.get_or_init(|| made)
        };
        Ok(Self {
            client: client.clone(),
            anonymous: client.clone(),
            abroad: None,
            strangers: Arc::clone(strangers),
        })
    }

    /// The same, but that a redirect to another host is followed to public addresses alone. For
    /// servers whose word for where to go is not trusted.
    pub fn distrusting_redirects(&self) -> Result<Self, HttpSettingsError> {
        let public = self.for_others(Reach::Public)?;
        Ok(Self {
            abroad: Some(public.client),
            ..self.clone()
        })
    }
}

fn build(
    settings: &HttpSettings,
    trusted: &[Certificate],
    identity: Option<&Identity>,
    reach: Reach,
) -> Result<Client, HttpSettingsError> {
    let builder = || {
        let mut builder: ClientBuilder = Client::builder()
            .user_agent(concat!("viceversa/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .tcp_keepalive(TCP_KEEPALIVE)
            .tcp_keepalive_interval(TCP_KEEPALIVE)
            .tcp_user_timeout(TCP_USER_TIMEOUT)
            .http2_keep_alive_interval(HTTP2_KEEPALIVE)
            .http2_keep_alive_timeout(HTTP2_KEEPALIVE)
            .http2_adaptive_window(true)
            .pool_idle_timeout(POOL_IDLE)
            .tls_danger_accept_invalid_certs(settings.insecure_skip_verify);
        if let Some(most) = settings.max_idle_connections {
            builder = builder.pool_max_idle_per_host(most);
        }
        if settings.is_direct {
            builder = builder.no_proxy();
        }
        if let Some(identity) = identity {
            builder = builder.identity(identity.clone());
        }
        if reach == Reach::Public {
            builder = builder.dns_resolver(Arc::new(PublicOnly::new()));
        }
        builder
    };
    let refused = |error: reqwest::Error| HttpSettingsError::Refused(wording::causes(&error));
    match builder().tls_certs_merge(trusted.to_vec()).build() {
        Ok(client) => Ok(client),
        // A system without certificates, as in a small container, still reaches servers
        // without TLS, and those that certificates of the config vouch for.
        Err(error) => {
            let client = builder().tls_certs_only(trusted.to_vec()).build();
            let client = client.map_err(refused)?;
            tracing::warn!(
                "no certificates of this system are trusted: {}",
                wording::causes(&error)
            );
            Ok(client)
        }
    }
}

fn read_certificates(file: &SecretFile) -> Result<Vec<Certificate>, HttpSettingsError> {
    let certificates = Certificate::from_pem_bundle(file.reveal())
        .map_err(|error| unusable(file, wording::causes(&error)))?;
    if certificates.is_empty() {
        return Err(unusable(file, "it holds no certificate in PEM form"));
    }
    Ok(certificates)
}

fn read_identity(files: &ClientCertificate) -> Result<Identity, HttpSettingsError> {
    let mut pem = Zeroizing::new(files.certificate.reveal().to_vec());
    if files.key != files.certificate {
        pem.push(b'\n');
        pem.extend_from_slice(files.key.reveal());
    }
    Identity::from_pem(&pem).map_err(|_| {
        let problem = "it does not hold a certificate, or its key file no private key that is not \
                       encrypted, both in PEM form";
        unusable(&files.certificate, problem)
    })
}

fn unusable(file: &SecretFile, problem: impl Into<String>) -> HttpSettingsError {
    HttpSettingsError::File {
        file: file.path().to_owned(),
        problem: problem.into(),
    }
}
