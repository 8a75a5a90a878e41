//! Where an API is, and what may be sent there.
//!
//! A URL that the user wrote is trusted. One that came out of a document may be anybody's: it gets
//! none of our credentials, and leads to no address of the gateway's own network, unless the
//! document itself came from that host or the config allows it. What a name means is looked at
//! when the connection is made, by the client that [`Server`] holds.

#[cfg(test)]
mod tests;

use reqwest::Url;

use super::Wording;
use crate::http_client::{HttpClient, HttpSettingsError, Reach, is_internal, origin};

/// Where requests go.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// What paths stand below.
    pub url: Url,
    /// Whether it gets the credentials: it has the origin that the user wrote.
    pub is_home: bool,
    /// What reaches it.
    pub client: HttpClient,
}

/// What decides on whom to trust.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    /// The base URL of the config.
    pub configured: Option<Url>,
    /// The URL of the first document, as the user wrote it, where it has one.
    pub written: Option<Url>,
    /// Those of the other documents that the user wrote.
    pub also_written: Vec<Url>,
    /// Whether documents may lead into private networks.
    pub allow_private_networks: bool,
    /// What settings are called in messages.
    pub wording: Wording,
    /// Reaches what the user wrote, with the certificates of the config.
    pub client: HttpClient,
}

impl Trust {
    /// The URL whose origin gets the credentials.
    pub(super) fn home(&self) -> Option<&Url> {
        self.configured.as_ref().or(self.written.as_ref())
    }

    /// What reaches it.
    pub(super) fn home_client(&self) -> Result<HttpClient, HttpSettingsError> {
        if self.allow_private_networks {
            Ok(self.client.clone())
        } else {
            self.client.distrusting_redirects()
        }
    }

    /// Where the API is: as the config says, or else as the document does, which came from
    /// `document`.
    pub(super) fn base(&self, server: Option<&str>, document: &Url) -> Result<Server, String> {
        match &self.configured {
            Some(url) => self.server(url.clone()),
            None => self.named(server.unwrap_or("/"), document),
        }
    }

    /// Where an operation is that has a server of its own. A reference without a host is one to
    /// where the API is.
    pub(super) fn of_operation(
        &self,
        named: &str,
        base: &Server,
        document: &Url,
    ) -> Result<Server, String> {
        if Url::parse(named).is_ok() || self.configured.is_none() {
            return self.named(named, document);
        }
        let url = base
            .url
            .join(named)
            .map_err(|error| unusable(named, &error.to_string()))?;
        self.server(url)
    }

    fn named(&self, named: &str, document: &Url) -> Result<Server, String> {
        let url = document
            .join(named)
            .map_err(|error| unusable(named, &error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!(
                "the document does not say at which host the API is: give its base URL as {}",
                self.wording.url()
            ));
        }
        self.server(url)
    }

    fn server(&self, url: Url) -> Result<Server, String> {
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(unusable(url.as_str(), "it is not one of http or https"));
        }
        let failed = |error: HttpSettingsError| error.to_string();
        let is_home = self
            .home()
            .is_some_and(|home| home.origin() == url.origin());
        if is_home {
            let client = self.home_client().map_err(failed)?;
            return Ok(Server {
                url,
                is_home,
                client,
            });
        }
        // A document that a redirect led to came from where only public addresses are.
        let is_known = [&self.configured, &self.written]
            .into_iter()
            .flatten()
            .chain(&self.also_written)
            .any(|known| known.host().is_some() && known.host() == url.host());
        let reach = if self.allow_private_networks || is_known {
            Reach::Anywhere
        } else {
            Reach::Public
        };
        if reach == Reach::Public && is_internal(&url) == Some(true) {
            return Err(format!(
                "the document leads to {}, which is in the gateway's own network: give the API's \
                 base URL as {}, or set {}",
                origin(&url),
                self.wording.url(),
                self.wording.allow_private_networks()
            ));
        }
        let client = self.client.for_others(reach).map_err(failed)?;
        let client = if self.allow_private_networks {
            client
        } else {
            client.distrusting_redirects().map_err(failed)?
        };
        Ok(Server {
            url,
            is_home,
            client,
        })
    }
}

fn unusable(named: &str, problem: &str) -> String {
    let shown: String = named.chars().take(100).collect();
    format!("the document's server {shown:?} is no URL that can be used: {problem}")
}
