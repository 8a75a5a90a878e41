//! What all requests to AWS have in common: the default chain of settings and credentials, the
//! gateway's one HTTP client, and how errors are told.

mod connector;

use std::error::Error;

use aws_config::{BehaviorVersion, Region, SdkConfig};

use self::connector::Connections;
use crate::http_client::HttpClient;
use crate::telemetry::untrusted::readable;

/// How much of what AWS says is repeated, in characters.
const EXCERPT: usize = 300;

/// The settings of the environment, the profile and the machine, as every AWS SDK reads them. The
/// region is this one, or the chain's own. Answers are taken up to so many bytes. `http` should
/// know no credential of ours.
pub(crate) async fn load(region: Option<String>, http: HttpClient, most_bytes: usize) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(Connections::new(http, most_bytes));
    if let Some(region) = region {
        loader = loader.region(Region::new(region));
    }
    loader.load().await
}

/// An error with its causes, in bounds.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !said.contains(&cause_text) {
            said.push_str(": ");
            said.push_str(&cause_text);
        }
        source = cause.source();
    }
    excerpt(&said)
}

/// What AWS says, in bounds, and such that it can't steer a terminal.
pub(crate) fn excerpt(said: &str) -> String {
    let said: String = said.chars().take(EXCERPT).collect();
    readable(&said)
}
