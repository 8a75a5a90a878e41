//! Credentials of AWS, by its default chain: environment, profile files, web identity,
//! containers (ECS, EKS), the instance (EC2).
//!
//! The chain is the SDK's; its requests go out by the gateway's one HTTP client.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials as _, error::CredentialsError as ChainError},
};

use super::{CredentialsError, Held, Source};
use crate::{
    aws::{self, causes},
    http_client::{HttpClient, Reach},
    upstream::oauth::Lifetime,
};

/// The largest answer taken, in bytes: no credential is larger.
const MOST_BYTES: usize = 1024 * 1024;

/// Who signs, and in which region.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Identity {
    pub credentials: Credentials,
    pub region: String,
}

/// The default chain of AWS. It is built anew each time, so that it sees files that were
/// changed.
#[derive(Debug)]
pub(super) struct Chain {
    region: Option<String>,
    http: HttpClient,
}

impl Chain {
    /// A chain that was never asked; in this region, or in the chain's own.
    pub fn new(region: Option<String>, http: &HttpClient) -> Result<Self, CredentialsError> {
        Ok(Self {
            region,
            http: for_aws(http)?,
        })
    }
}

impl Source for Chain {
    type Value = Identity;

    async fn obtain(
        &self,
        _before: Option<Arc<Held<Identity>>>,
    ) -> Result<Held<Identity>, CredentialsError> {
        let config = aws::load(self.region.clone(), self.http.clone(), MOST_BYTES).await;
        let region = config.region().ok_or_else(no_region)?.to_string();
        let provider = config.credentials_provider().ok_or(CredentialsError::Bug)?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| not_loaded(&error))?;
        let now = SystemTime::now();
        let lasts = credentials
            .expiry()
            .map(|at| at.duration_since(now).unwrap_or(Duration::ZERO));
        let identity = Identity {
            credentials,
            region,
        };
        Ok(Held::new(identity, Lifetime::new(now, lasts)))
    }
}

/// The region of the default chain.
pub(super) async fn region(http: &HttpClient) -> Result<String, CredentialsError> {
    let config = aws::load(None, for_aws(http)?, MOST_BYTES).await;
    let region = config.region().ok_or_else(no_region)?;
    Ok(region.to_string())
}

/// The client for servers that are no part of the API.
fn for_aws(http: &HttpClient) -> Result<HttpClient, CredentialsError> {
    http.for_others(Reach::Anywhere)
        .map_err(|error| CredentialsError::Settings(error.to_string()))
}

fn no_region() -> CredentialsError {
    CredentialsError::Aws(
        "no AWS region is known: give it in the config, as AWS_REGION, or in the profile"
            .to_owned(),
    )
}

fn not_loaded(error: &ChainError) -> CredentialsError {
    let advice = match error {
        ChainError::CredentialsNotLoaded(_) => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or run where there \
             is a role (ECS, EKS, EC2)"
        }
        ChainError::ProviderTimedOut(_) => "look whether what gives them can be reached",
        ChainError::InvalidConfiguration(_) => "check the AWS config and credentials files",
        _ => "check the role or profile that they come from",
    };
    CredentialsError::Aws(format!(
        "there are no AWS credentials ({}); {advice}",
        causes(error)
    ))
}
