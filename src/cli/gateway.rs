//! A gateway that runs elsewhere, as commands with `--url` find it.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use reqwest::{
    Method, StatusCode, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{arguments::GatewayTls, failure::Failure};
use crate::{
    app::{Down, Offers, ServerRow},
    config::{at_gateway::AtGateway, error::ConfigError},
    gateway::Phase,
    http_client::{Body, HttpClient, HttpSettings, OutgoingRequest},
    secrets::SecretFile,
};

/// How long an answer may take to begin, and to go on.
const PATIENCE: Duration = Duration::from_secs(30);

/// The largest document that is taken, in bytes.
const LARGEST: usize = 256 * 1024 * 1024;

/// How a gateway that runs is known, by flags.
pub(super) fn http_settings(tls: &GatewayTls) -> Result<HttpSettings, ConfigError> {
    let read = |file: &PathBuf| match std::fs::read(file) {
        Ok(content) => Ok(SecretFile::new(file.clone(), content)),
        Err(source) => Err(ConfigError::NamedFile {
            place: None,
            setting: "--ca-file".to_owned(),
            file: file.clone(),
            source,
        }),
    };
    Ok(HttpSettings {
        ca_file: tls.ca_file.as_ref().map(read).transpose()?,
        insecure_skip_verify: tls.insecure_skip_verify,
        ..HttpSettings::default()
    })
}

/// A gateway that runs.
#[derive(Debug)]
pub(super) struct RunningGateway {
    /// Where its routes begin; ends with a slash.
    pub(super) base: Url,
    /// Whether the routes of its one server begin there too.
    is_single: bool,
    /// Its servers, in the order of its config.
    pub(super) servers: Vec<ServerStatus>,
    /// The same as it says it: a JSON list.
    pub(super) status: String,
    /// Its groups.
    pub(super) groups: Vec<GroupStatus>,
}

/// What `/status` says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    layout: String,
    path_prefix: String,
    #[serde(borrow)]
    servers: &'a RawValue,
    #[serde(default)]
    groups: Vec<GroupStatus>,
}

/// What `/status` says of a group.
#[derive(Debug, Deserialize)]
pub(super) struct GroupStatus {
    pub(super) name: String,
    /// The names of its servers.
    pub(super) servers: Vec<String>,
}

/// What `/status` says of a server.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerStatus {
    pub(super) name: String,
    pub(super) state: Phase,
    error: Option<String>,
    last_words: Option<String>,
    start_took: Option<f64>,
    protocol_version: Option<String>,
    #[serde(default)]
    tools: usize,
    #[serde(default)]
    prompts: usize,
    #[serde(default)]
    resources: usize,
    #[serde(default)]
    resource_templates: usize,
    #[serde(default)]
    warnings: Vec<serde::de::IgnoredAny>,
}

impl ServerStatus {
    /// Whether it can be used just now.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.state, Phase::Ready | Phase::CredentialsRequired)
    }

    /// Why it can't be used.
    pub(super) fn down(&self) -> Down {
        Down {
            server: self.name.clone(),
            phase: self.state,
            error: self.error.clone(),
            last_words: self.last_words.clone(),
        }
    }

    /// What a table says of it.
    pub(super) fn row(&self) -> ServerRow {
        ServerRow {
            name: self.name.clone(),
            state: self.state.as_str().to_owned(),
            offers: self.protocol_version.clone().map(|version| Offers {
                version,
                tools: self.tools,
                resources: self.resources + self.resource_templates,
                prompts: self.prompts,
                warnings: self.warnings.len(),
            }),
            start_took: self.start_took,
            error: self.error.clone(),
        }
    }
}

impl RunningGateway {
    /// Asks the gateway at this URL what it is: the root of its routes, or its host where those
    /// begin at its path prefix.
    pub(super) fn ask(url: &str, access: &AtGateway) -> Result<Self, Failure> {
        let base = base(url)?;
        let found = get(&status_url(&base), access);
        let (base, text) = match found {
            Err(Failure::NoGateway { .. }) if base.path() != "/" => {
                let mut root = base.clone();
                root.set_path("/");
                match get(&status_url(&root), access) {
                    Ok(text) => (root, text),
                    // The first answer was that of the place that was given.
                    Err(Failure::NoGateway { .. }) => (base, found?),
                    Err(failure) => return Err(failure),
                }
            }
            found => (base, found?),
        };
        let odd = |problem: &dyn std::fmt::Display| Failure::NoGateway {
            url: base.clone(),
            problem: format!("its /status is another program's: {problem}"),
        };
        let text = std::str::from_utf8(&text).map_err(|error| odd(&error))?;
        let status: Status<'_> = serde_json::from_str(text).map_err(|error| odd(&error))?;
        let servers = serde_json::from_str(status.servers.get()).map_err(|error| odd(&error))?;
        let prefix = status.path_prefix.trim_matches('/');
        let mut routes = base.clone();
        if !prefix.is_empty() {
            routes.set_path(&format!("{}{prefix}/", base.path()));
        }
        Ok(Self {
            base: routes,
            is_single: status.layout == "single",
            servers,
            status: status.servers.get().to_owned(),
            groups: status.groups,
        })
    }

    /// The endpoint of streamable HTTP of a server or group. All tools are wanted, however models
    /// are to find them.
    pub(super) fn mcp_endpoint(&self, name: &str) -> Url {
        let mut url = self.route(Some(name), "mcp");
        url.set_query(Some("discovery=full"));
        url
    }

    /// A document of a server or group, or of all servers.
    pub(super) fn document(
        &self,
        name: Option<&str>,
        file: &str,
        access: &AtGateway,
    ) -> Result<Bytes, Failure> {
        get(&self.route(name, file), access)
    }

    fn route(&self, name: Option<&str>, last: &str) -> Url {
        let mut url = self.base.clone();
        // A URL of HTTP has segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            segments.extend(name.filter(|_| !self.is_single));
            segments.push(last);
        }
        url
    }
}

/// A URL as people give it; ends with a slash.
fn base(url: &str) -> Result<Url, Failure> {
    let invalid = || Failure::Url(url.to_owned());
    let mut base = Url::parse(url).map_err(|_| invalid())?;
    if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
        return Err(invalid());
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err(Failure::Usage(
            "--url holds a user name or password, which others can read on a command line; give \
             the key in VICEVERSA_API_KEY"
                .to_owned(),
        ));
    }
    base.set_query(None);
    base.set_fragment(None);
    let path = format!("{}/", base.path().trim_end_matches('/'));
    base.set_path(&path);
    Ok(base)
}

fn status_url(base: &Url) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}status", base.path()));
    url
}

/// What a gateway answers with 200.
fn get(url: &Url, access: &AtGateway) -> Result<Bytes, Failure> {
    let client = HttpClient::new(&access.http)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?;
    let mut headers = HeaderMap::new();
    if let Some(key) = &access.key {
        // A key holds nothing that a header can't: that was checked.
        if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", key.reveal())) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
    }
    runtime.block_on(async {
        let answer = client
            .send(OutgoingRequest {
                method: Method::GET,
                url: url.clone(),
                headers,
                body: Bytes::new(),
                first_byte_timeout: PATIENCE,
            })
            .await?;
        match answer.status() {
            StatusCode::OK => Ok(Body::new(answer, PATIENCE).read_to_end(LARGEST).await?),
            StatusCode::UNAUTHORIZED if access.key.is_none() => {
                Err(Failure::NoKey { url: url.clone() })
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Err(Failure::WrongKey {
                url: url.clone(),
                status: status.as_u16(),
            }),
            status => Err(Failure::NoGateway {
                url: url.clone(),
                problem: format!("it answers {status}"),
            }),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_as_people_write_them() {
        for (url, expected) in [
            ("http://localhost:8000", "http://localhost:8000/"),
            ("https://a.example/tools//?x#y", "https://a.example/tools/"),
        ] {
            assert_eq!(base(url).unwrap().as_str(), expected);
        }
        for url in [
            "localhost:8000",
            "ftp://a",
            "",
            "http://",
            "http://me:hush@a",
        ] {
            let failure = base(url).unwrap_err();
            assert_eq!(failure.exit_code(), 64, "{url}");
            assert!(!failure.to_string().contains("hush"), "{failure}");
        }
    }

    #[test]
    fn names_are_one_segment_of_a_path() {
        let mut gateway = RunningGateway {
            base: base("http://a/v1").unwrap(),
            is_single: false,
            servers: Vec::new(),
            status: String::new(),
            groups: Vec::new(),
        };
        assert_eq!(
            gateway.mcp_endpoint("a b/c").as_str(),
            "http://a/v1/a%20b%2Fc/mcp?discovery=full"
        );
        assert_eq!(
            gateway.route(None, "openapi.json").as_str(),
            "http://a/v1/openapi.json"
        );
        gateway.is_single = true;
        assert_eq!(gateway.route(Some("a"), "mcp").as_str(), "http://a/v1/mcp");
    }
}
