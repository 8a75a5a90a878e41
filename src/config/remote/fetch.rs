//! Fetches.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Display;
use std::sync::OnceLock;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::config::Builder as ObjectSettings;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use futures_util::future::join_all;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use url::Url;

use super::{FetchError, Remote};
use crate::aws;
use crate::config::seen::MOST_BYTES;
use crate::http_client::{Body, HttpClient, HttpSettings, OutgoingRequest, Reach};

/// How long a fetch may take, retries included.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an answer may take to begin, and between its parts.
const SILENCE: Duration = Duration::from_secs(10);

/// Fetches, over connections and with credentials that are kept for the next time.
#[derive(Debug, Default)]
pub(crate) struct Fetcher {
    http: OnceLock<HttpClient>,
    aws: OnceCell<SdkConfig>,
}

/// What came.
pub(crate) enum Answer {
    /// It is the same as what is known already.
    Unchanged,
    /// It is this.
    Content(Fetched),
}

/// What was fetched. It may be a secret.
#[derive(Clone)]
pub(crate) struct Fetched {
    pub(crate) content: Bytes,
    pub(crate) media_type: Option<String>,
    /// What tells it from other versions of it, to ask for others alone.
    pub(crate) tag: Option<String>,
}

/// Fetches several things at a time, whatever is known of them.
pub(crate) async fn fetch_all(
    fetcher: &Fetcher,
    remotes: impl IntoIterator<Item = Remote>,
) -> HashMap<Remote, Result<Fetched, FetchError>> {
    let answers = remotes.into_iter().map(async |remote| {
        let found = match fetcher.fetch(&remote, None).await {
            Ok(Answer::Content(found)) => Ok(found),
            Ok(Answer::Unchanged) => Err(failed("it is said to be unchanged, without being known")),
            Err(error) => Err(error),
        };
        (remote, found)
    });
    join_all(answers).await.into_iter().collect()
}

impl Fetcher {
    /// Fetches, unless it is what has the tag. Cancel safe.
    pub(crate) async fn fetch(
        &self,
        remote: &Remote,
        known_tag: Option<&str>,
    ) -> Result<Answer, FetchError> {
        let fetch = async {
            match remote {
                Remote::Web(url) => self.page(url, known_tag).await,
                Remote::Object { bucket, key } => self.object(bucket, key, known_tag).await,
                Remote::Parameter(name) => self.parameter(name).await,
                Remote::Secret(name) => self.secret(name).await,
            }
        };
        let fetched = timeout(PATIENCE, fetch).await;
        fetched.unwrap_or(Err(FetchError::Slow(PATIENCE.as_secs())))
    }

    async fn page(&self, url: &Url, known_tag: Option<&str>) -> Result<Answer, FetchError> {
        let mut headers = HeaderMap::new();
        if let Some(tag) = known_tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
            headers.insert(IF_NONE_MATCH, tag);
        }
        let request = OutgoingRequest {
            method: Method::GET,
            url: url.clone(),
            headers,
            body: Bytes::new(),
            first_byte_timeout: SILENCE,
        };
        let response = self.http()?.send(request).await.map_err(failed)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if known_tag.is_some() => return Ok(Answer::Unchanged),
            status @ (StatusCode::NOT_FOUND | StatusCode::GONE) => {
                return Err(FetchError::Missing(format!("the answer is {status}")));
            }
            status => return Err(failed(format!("the answer is {status}"))),
        }
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (media_type, tag) = (text(CONTENT_TYPE), text(ETAG));
        let body = Body::new(response, SILENCE);
        Ok(Answer::Content(Fetched {
            content: body.read_to_end(MOST_BYTES).await.map_err(failed)?,
            media_type,
            tag,
        }))
    }

    async fn object(
        &self,
        bucket: &str,
        key: &str,
        known_tag: Option<&str>,
    ) -> Result<Answer, FetchError> {
        let config = self.aws().await?;
        // Where S3 is somebody else's, buckets seldom have hosts of their own.
        let is_elsewhere =
            config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
        let settings = ObjectSettings::from(config).force_path_style(is_elsewhere);
        let client = aws_sdk_s3::Client::from_conf(settings.build());
        let request = client.get_object().bucket(bucket).key(key);
        let answer = request
            .set_if_none_match(known_tag.map(str::to_owned))
            .send()
            .await;
        let object = match answer {
            Ok(object) => object,
            Err(error) if known_tag.is_some() && status(&error) == Some(304) => {
                return Ok(Answer::Unchanged);
            }
            Err(error) => return Err(refused(&error, &["NoSuchKey", "NoSuchBucket"])),
        };
        let (media_type, tag) = (object.content_type, object.e_tag);
        let content = object.body.collect().await.map_err(failed)?;
        Ok(Answer::Content(Fetched {
            content: content.into_bytes(),
            media_type,
            tag,
        }))
    }

    async fn parameter(&self, name: &str) -> Result<Answer, FetchError> {
        let client = aws_sdk_ssm::Client::new(self.aws().await?);
        let request = client.get_parameter().name(name).with_decryption(true);
        let answer = request
            .send()
            .await
            .map_err(|error| refused(&error, &["ParameterNotFound", "ParameterVersionNotFound"]))?;
        let value = answer.parameter.and_then(|parameter| parameter.value);
        let value = value.ok_or_else(|| failed("the parameter has no value"))?;
        Ok(of_aws(value.into()))
    }

    async fn secret(&self, name: &str) -> Result<Answer, FetchError> {
        let client = aws_sdk_secretsmanager::Client::new(self.aws().await?);
        let request = client.get_secret_value().secret_id(name);
        let answer = request.send().await;
        let answer = answer.map_err(|error| refused(&error, &["ResourceNotFoundException"]))?;
        let text = answer.secret_string.map(Bytes::from);
        let content = text.or_else(|| Some(answer.secret_binary?.into_inner().into()));
        let content = content.ok_or_else(|| failed("the secret has no value"))?;
        Ok(of_aws(content))
    }

    fn http(&self) -> Result<&HttpClient, FetchError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = HttpClient::new(&HttpSettings::default()).map_err(failed)?;
        Ok(self.http.get_or_init(|| http))
    }

    async fn aws(&self) -> Result<&SdkConfig, FetchError> {
        let http = self.http()?.for_others(Reach::Anywhere).map_err(failed)?;
        let load = || aws::load(None, http, MOST_BYTES);
        let config = self.aws.get_or_init(load).await;
        match config.region() {
            Some(_) => Ok(config),
            None => Err(failed(
                "no AWS region is known: give it as AWS_REGION, or in the profile",
            )),
        }
    }
}

/// AWS tells no media type of these, and sends them however well they are known.
fn of_aws(content: Bytes) -> Answer {
    Answer::Content(Fetched {
        content,
        media_type: None,
        tag: None,
    })
}

fn failed(error: impl Display) -> FetchError {
    FetchError::Failed(error.to_string())
}

/// The status of an answer of AWS.
fn status<E>(error: &SdkError<E, Response>) -> Option<u16> {
    error
        .raw_response()
        .map(|response| response.status().as_u16())
}

/// Why AWS gives nothing. `missing` are the codes that say that there is nothing.
fn refused<E>(error: &SdkError<E, Response>, missing: &[&str]) -> FetchError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(service) = error.as_service_error() else {
        return FetchError::Failed(aws::causes(error));
    };
    let code = service.code().unwrap_or("an error without a name");
    let said = match service.message() {
        Some(message) => format!("{code}: {}", message.trim_end_matches('.')),
        None => code.to_owned(),
    };
    let said = aws::excerpt(&said);
    if missing.contains(&code) {
        FetchError::Missing(said)
    } else {
        FetchError::Failed(said)
    }
}
