//! How the SDK's own requests go out: by the gateway's one HTTP client, within bounds.

use std::time::Duration;

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient as SdkHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use reqwest::{
    Method, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use crate::http_client::{Body, BodyError, HttpClient, OutgoingRequest, SendError};

/// How long an answer may take to begin, and between its parts, where the SDK says nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Gives the SDK connectors of our client.
#[derive(Debug)]
pub(super) struct Connections {
    http: HttpClient,
    /// The largest answer taken.
    most_bytes: usize,
}

impl Connections {
    /// By this client; answers up to so many bytes.
    pub fn new(http: HttpClient, most_bytes: usize) -> Self {
        Self { http, most_bytes }
    }
}

impl SdkHttpClient for Connections {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connect = settings.connect_timeout().unwrap_or(Duration::ZERO);
        let read = settings.read_timeout();
        SharedHttpConnector::new(Connector {
            http: self.http.clone(),
            // The SDK means to see soon that there is no instance around us.
            most_bytes: self.most_bytes,
            patience: read.map_or(PATIENCE, |read| (connect + read).min(PATIENCE)),
        })
    }
}

#[derive(Clone, Debug)]
struct Connector {
    http: HttpClient,
    most_bytes: usize,
    patience: Duration,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move { connector.send(&request).await })
    }
}

impl Connector {
    async fn send(self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let user = |error| ConnectorError::user(error);
        let url = Url::parse(request.uri()).map_err(|error| user(error.into()))?;
        let method = Method::try_from(request.method()).map_err(|error| user(error.into()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers() {
            let name = HeaderName::try_from(name).map_err(|error| user(error.into()))?;
            let mut value = HeaderValue::try_from(value).map_err(|error| user(error.into()))?;
            value.set_sensitive(true);
            headers.append(name, value);
        }
        let body = request
            .body()
            .bytes()
            .ok_or_else(|| user("a body that comes in parts can't be sent".into()))?;
        let request = OutgoingRequest {
            method,
            url,
            headers,
            body: Bytes::copy_from_slice(body),
            first_byte_timeout: self.patience,
        };
        let response = self.http.send_once(request).await.map_err(not_sent)?;
        let status =
            StatusCode::try_from(response.status().as_u16()).map_err(|error| user(error.into()))?;
        let headers = response.headers().clone();
        let body = Body::new(response, self.patience)
            .read_to_end(self.most_bytes)
            .await
            .map_err(not_read)?;
        let mut answer = HttpResponse::new(status, SdkBody::from(body));
        for (name, value) in &headers {
            if let Ok(value) = value.to_str() {
                answer
                    .headers_mut()
                    .append(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

fn not_sent(error: SendError) -> ConnectorError {
    match &error {
        SendError::Silent { .. } => ConnectorError::timeout(error.into()),
        SendError::Connect { .. } | SendError::Broken { .. } => ConnectorError::io(error.into()),
        SendError::Redirect { .. } | SendError::TooManyRedirects { .. } => {
            ConnectorError::user(error.into())
        }
    }
}

fn not_read(error: BodyError) -> ConnectorError {
    match &error {
        BodyError::Stalled { .. } => ConnectorError::timeout(error.into()),
        BodyError::Broken { .. } => ConnectorError::io(error.into()),
        BodyError::TooLarge { .. } => ConnectorError::user(error.into()),
    }
}
