//! A REST API as the config describes it.

pub(crate) mod credentials;
pub(crate) mod spec;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;
use reqwest::Url;
use reqwest::header::HeaderName;

use crate::config::server::ForwardingConfig;
use crate::config::value::words;
use crate::http_client::HttpSettings;
use crate::openapi::api::ReadOptions;
use crate::secrets::Secret;
use crate::upstream::rest::Wording;
use crate::upstream::rest::settings::{Credentials, SpecSource, ValidateOutput};

/// How often a document is fetched again where the config does not say.
const REFRESH_INTERVAL: Duration = Duration::from_mins(5);

/// A REST API with an OpenAPI document.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenApiConfig {
    /// Where its documents are; those after the first add to it.
    pub specs: Vec<SpecSource>,
    /// What its operations' paths stand below; none: what the document says.
    pub url: Option<Url>,
    /// What is made of the documents.
    pub options: ReadOptions,
    /// What each request carries. Secret: most are credentials.
    pub headers: IndexMap<HeaderName, Secret>,
    /// Which headers of its callers it gets, where it gets any.
    pub forwarding: Option<Box<ForwardingConfig>>,
    /// How we identify ourselves to it.
    pub credentials: Credentials,
    /// Whether an answer that does not fit its schema is an error.
    pub validate_output: ValidateOutput,
    /// Folders whose files documents may refer to, beside their own.
    pub allowed_folders: Vec<PathBuf>,
    /// Whether addresses that come out of a document may be private ones.
    pub allow_private_networks: bool,
    /// Whether documents may come over plain HTTP from elsewhere than this machine.
    pub allow_insecure_http: bool,
    /// How often a document is fetched again; zero: never.
    pub refresh_interval: Duration,
    /// How connections are made.
    pub http: HttpSettings,
    /// How long an answer may take to begin; none: as long as a call.
    pub first_byte_timeout: Option<Duration>,
    /// The largest answer accepted, in bytes.
    pub max_answer_size: usize,
    /// What its settings are called in messages.
    pub wording: Wording,
    /// What `serverInfo` names it, in place of its title.
    pub server_name: Option<String>,
}

impl OpenApiConfig {
    /// An API of which nothing but its documents is known.
    pub(crate) fn new(specs: Vec<SpecSource>, max_answer_size: usize) -> Self {
        Self {
            specs,
            url: None,
            options: ReadOptions::default(),
            headers: IndexMap::new(),
            forwarding: None,
            credentials: Credentials::default(),
            validate_output: ValidateOutput::default(),
            allowed_folders: Vec::new(),
            allow_private_networks: false,
            allow_insecure_http: false,
            refresh_interval: REFRESH_INTERVAL,
            http: HttpSettings::default(),
            first_byte_timeout: None,
            max_answer_size,
            wording: Wording::default(),
            server_name: None,
        }
    }
}

/// Paths and queries of URLs may hold secrets, and headers do, so they are not shown.
impl fmt::Debug for OpenApiConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            specs,
            url,
            options,
            headers,
            forwarding,
            credentials,
            validate_output,
            allowed_folders,
            allow_private_networks,
            allow_insecure_http,
            refresh_interval,
            http,
            first_byte_timeout,
            max_answer_size,
            wording,
            server_name,
        } = self;
        let origin = |url: &Url| url.origin().ascii_serialization();
        let specs: Vec<String> = specs
            .iter()
            .map(|spec| match spec {
                SpecSource::Url(url) => origin(url),
                SpecSource::File(file) => file.display().to_string(),
                SpecSource::Inline(_) => "inline".to_owned(),
            })
            .collect();
        formatter
            .debug_struct("OpenApiConfig")
            .field("specs", &specs)
            .field("url", &url.as_ref().map(origin))
            .field("options", options)
            .field("headers", &headers.len())
            .field("forwarding", forwarding)
            .field("credentials", credentials)
            .field("validate_output", validate_output)
            .field("allowed_folders", allowed_folders)
            .field("allow_private_networks", allow_private_networks)
            .field("allow_insecure_http", allow_insecure_http)
            .field("refresh_interval", refresh_interval)
            .field("http", http)
            .field("first_byte_timeout", first_byte_timeout)
            .field("max_answer_size", max_answer_size)
            .field("wording", wording)
            .field("server_name", server_name)
            .finish()
    }
}

words! {
    for ValidateOutput {
        Off = "off" | "false",
        Warn = "warn" | "true",
        Strict = "strict",
    }
}

words! {
    /// Where a key for an API stands in its requests.
    pub enum KeyPlace {
        /// In a header.
        Header = "header",
        /// In the query of the URL.
        Query = "query",
        /// In a cookie.
        Cookie = "cookie",
    }
}
