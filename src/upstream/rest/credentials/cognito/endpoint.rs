//! Where a user pool is.

use std::env;

use reqwest::Url;

use super::CredentialsError;
use crate::{
    http_client::HttpClient,
    upstream::rest::{credentials::aws, settings::Cognito},
};

/// What says, for all AWS SDKs, that the service is elsewhere (AWS SDKs and Tools reference
/// guide, Service-specific endpoints), by precedence.
const ENDPOINTS: [&str; 2] = [
    "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    "AWS_ENDPOINT_URL",
];

/// What says that the above don't count.
const IGNORE_ENDPOINTS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

/// The endpoint of the service.
#[derive(Debug)]
pub(super) enum Endpoint {
    Known(Url),
    /// In the region of the default chain, which may have to be asked for.
    OfChain(HttpClient),
}

impl Endpoint {
    /// Where the environment says; else in the region of the pool.
    pub fn new(pool: &Cognito, http: &HttpClient) -> Result<Self, CredentialsError> {
        if let Some((name, text)) = elsewhere() {
            let url = Url::parse(&text).ok().filter(is_of_web);
            return Ok(Self::Known(url.ok_or_else(|| {
                CredentialsError::Settings(format!("{name} is no URL of the web"))
            })?));
        }
        Ok(match region_of(pool) {
            Some(region) => Self::Known(in_region(region)?),
            None => Self::OfChain(http.clone()),
        })
    }

    /// The URL that requests go to.
    pub async fn url(&self) -> Result<Url, CredentialsError> {
        match self {
            Self::Known(url) => Ok(url.clone()),
            Self::OfChain(http) => in_region(&aws::region(http).await?),
        }
    }
}

/// The token endpoint at a pool's domain: its prefix, its host, or a URL.
pub(super) fn token_url(domain: &str, pool: &Cognito) -> Result<Url, CredentialsError> {
    let text = if domain.contains("://") {
        format!("{}/oauth2/token", domain.trim_end_matches('/'))
    } else if domain.contains('.') || domain.contains(':') {
        format!("https://{}/oauth2/token", domain.trim_end_matches('/'))
    } else {
        let Some(region) = region_of(pool) else {
            return Err(CredentialsError::Settings(
                "the prefix of a Cognito domain needs its region: give the region, the id of the \
                 user pool, or the whole host of the domain"
                    .to_owned(),
            ));
        };
        format!("https://{domain}.auth.{region}.amazoncognito.com/oauth2/token")
    };
    let url = Url::parse(&text).ok().filter(is_of_web);
    url.ok_or_else(|| {
        CredentialsError::Settings(format!(
            "{domain:?} is no domain of a Cognito user pool: give its prefix or its host"
        ))
    })
}

/// The region that the config gives, or that a pool's id begins with.
fn region_of(pool: &Cognito) -> Option<&str> {
    let of_pool = || {
        let (region, _) = pool.user_pool_id.as_deref()?.split_once('_')?;
        Some(region)
    };
    pool.region.as_deref().or_else(of_pool)
}

fn in_region(region: &str) -> Result<Url, CredentialsError> {
    // What is no name of a region could name another host.
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let partition = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let url = Url::parse(&format!("https://cognito-idp.{region}.{partition}/")).ok();
    url.filter(|_| !region.is_empty() && region.chars().all(is_name))
        .ok_or_else(|| CredentialsError::Settings(format!("{region:?} is no AWS region")))
}

fn elsewhere() -> Option<(&'static str, String)> {
    let is_ignored = env::var(IGNORE_ENDPOINTS).is_ok_and(|text| text.eq_ignore_ascii_case("true"));
    if is_ignored {
        return None;
    }
    ENDPOINTS.into_iter().find_map(|name| {
        let text = env::var(name).ok()?;
        (!text.is_empty()).then_some((name, text))
    })
}

fn is_of_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}
