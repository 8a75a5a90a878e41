//! A REST API as the config describes it.

use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;
use reqwest::Url;
use reqwest::header::HeaderName;

use crate::config::server::ForwardingConfig;
use crate::http_client::HttpSettings;
use crate::openapi::api::ReadOptions;
use crate::secrets::Secret;
use crate::upstream::rest::settings::{Credentials, SpecSource, ValidateOutput};

/// A REST API with an OpenAPI document.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// How often a document is fetched again.
    pub refresh_interval: Duration,
    /// How connections are made.
    pub http: HttpSettings,
    /// How long an answer may take to begin; none: as long as a call.
    pub first_byte_timeout: Option<Duration>,
    /// The largest answer accepted, in bytes.
    pub max_answer_size: usize,
}
