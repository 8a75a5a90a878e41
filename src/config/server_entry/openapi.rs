//! The keys of a REST API with an OpenAPI document.

pub(crate) mod auth;
mod operations;

use std::path::PathBuf;

use reqwest::header;

use crate::config::document::{Kind, Member, Node, Object};
use crate::config::error::{ConfigError, OpenApiProblem, Problem};
use crate::config::is_folder;
use crate::config::openapi::{OpenApiConfig, credentials, spec};
use crate::config::server_entry::Common;
use crate::config::server_entry::http::{HttpKeys, HttpPart};
use crate::config::value::{Patience, Size};
use crate::config::warning::Warning;
use crate::json::Raw;
use crate::openapi::{api::ReadOptions, read};
use crate::upstream::rest::settings::SpecSource;

const SPEC: &str = "\"https://api.example.com/openapi.json\"";

/// The values as they stand in the file.
pub(super) struct OpenApiKeys<'d> {
    spec: Option<Node<'d>>,
    url: Option<Node<'d>>,
    http: HttpKeys<'d>,
    operations: Option<Node<'d>>,
    resources: Option<Node<'d>>,
    prompts: Option<Node<'d>>,
    auth: Option<Node<'d>>,
    validate_output: Option<Node<'d>>,
    allowed_folders: Option<Node<'d>>,
    allow_private_networks: Option<Node<'d>>,
    allow_insecure_http: Option<Node<'d>>,
    refresh_interval: Option<Node<'d>>,
    max_answer_size: Option<Node<'d>>,
}

impl<'d> OpenApiKeys<'d> {
    pub(super) fn take(
        spec: Option<Node<'d>>,
        url: Option<Node<'d>>,
        object: &mut Object<'d>,
    ) -> Result<Self, ConfigError> {
        for key in ["command", "args", "env", "cwd"] {
            if let Some(node) = object.take(key) {
                return Err(node.error(OpenApiProblem::OfProgram(key).into()));
            }
        }
        Ok(Self {
            spec,
            url,
            http: HttpKeys::take(object)?,
            operations: object.take("operations"),
            resources: object.take("resources"),
            prompts: object.take("prompts"),
            auth: object.take("auth"),
            validate_output: object.take("validateOutput"),
            allowed_folders: object.take("allowedFolders"),
            allow_private_networks: object.take("allowPrivateNetworks"),
            allow_insecure_http: object.take("allowInsecureHttp"),
            refresh_interval: object.take("refreshInterval"),
            max_answer_size: object.take("maxAnswerSize"),
        })
    }

    pub(super) fn read(
        self,
        entry: &Member<'_>,
        common: &Common,
        warnings: &mut Vec<Warning>,
    ) -> Result<OpenApiConfig, ConfigError> {
        let boolean = |node: Option<Node<'_>>| node.map(|node| node.boolean()).transpose();
        let allow_insecure_http = boolean(self.allow_insecure_http)?.unwrap_or(false);
        let spec = self
            .spec
            .ok_or_else(|| entry.error(OpenApiProblem::NoSpec.into()))?;
        let specs = read_specs(&spec, allow_insecure_http)?;
        let max_answer_size = self
            .max_answer_size
            .map(|size| size.parsed::<Size>("a size", "\"64MiB\""))
            .transpose()?
            .map_or(common.max_line_size, Size::bytes);
        let defaults = OpenApiConfig::new(specs, max_answer_size);

        let url = self.url.map(|node| {
            let text = node.string("\"https://api.example.com/v1\"")?;
            // It may hold a secret, so it is not repeated.
            spec::read_base_url(&text).map_err(|problem| node.invalid("the URL", problem))
        });
        let url = url.transpose()?;
        check_inline(&spec, &defaults.specs, url.is_some())?;
        let (include, exclude) = match self.operations {
            Some(node) => operations::read(node)?,
            None => Default::default(),
        };
        let options = ReadOptions {
            include,
            exclude,
            resources: boolean(self.resources)?.unwrap_or(defaults.options.resources),
            prompts: boolean(self.prompts)?.unwrap_or(defaults.options.prompts),
        };
        let HttpPart {
            headers,
            forwarding,
            http,
            first_byte_timeout,
        } = self.http.read(&common.recorder, warnings)?;
        let credentials = match self.auth {
            Some(node) => {
                let credentials = auth::read(&node)?;
                if credentials::are_authorization(&credentials)
                    && headers.contains_key(&header::AUTHORIZATION)
                {
                    return Err(node.error(OpenApiProblem::AuthorizationTwice.into()));
                }
                credentials
            }
            None => defaults.credentials.clone(),
        };
        let validate_output = self
            .validate_output
            .map(|node| node.parsed("a string", "\"strict\""))
            .transpose()?;
        let refresh_interval = self
            .refresh_interval
            .map(|node| node.parsed("a duration", "\"5m\"").map(Patience::get))
            .transpose()?;
        Ok(OpenApiConfig {
            url,
            options,
            headers,
            forwarding,
            credentials,
            validate_output: validate_output.unwrap_or_default(),
            allowed_folders: match self.allowed_folders {
                Some(node) => read_folders(&node)?,
                None => Vec::new(),
            },
            allow_private_networks: boolean(self.allow_private_networks)?.unwrap_or(false),
            allow_insecure_http,
            refresh_interval: refresh_interval.unwrap_or(defaults.refresh_interval),
            http,
            first_byte_timeout,
            ..defaults
        })
    }
}

/// Refuses what can't become better without a change of the config: documents in it that are none,
/// or that leave nobody knowing where the API is.
fn check_inline(node: &Node<'_>, specs: &[SpecSource], has_url: bool) -> Result<(), ConfigError> {
    for (index, spec) in specs.iter().enumerate() {
        let SpecSource::Inline(document) = spec else {
            continue;
        };
        let server = read::server_of(document.get().as_bytes())
            .map_err(|error| node.error(OpenApiProblem::Unreadable(error.to_string()).into()))?;
        let says_host = server.is_some_and(|server| reqwest::Url::parse(&server).is_ok());
        // That of the first is the API's.
        if index == 0 && !has_url && !says_host {
            return Err(node.error(OpenApiProblem::NoHost.into()));
        }
    }
    Ok(())
}

/// One document, or a list of them.
fn read_specs(node: &Node<'_>, allow_insecure: bool) -> Result<Vec<SpecSource>, ConfigError> {
    if node.kind() != Kind::List {
        return Ok(vec![read_spec(node, allow_insecure)?]);
    }
    let items = node.list("a list of documents", "[\"openapi.json\"]")?;
    if items.is_empty() {
        return Err(node.error(OpenApiProblem::NoSpecs.into()));
    }
    let read = |item: &Node<'_>| read_spec(item, allow_insecure);
    items.iter().map(read).collect()
}

fn read_spec(node: &Node<'_>, allow_insecure: bool) -> Result<SpecSource, ConfigError> {
    match node.kind() {
        Kind::Object => {
            node.refuse_duplicates()?;
            Ok(SpecSource::Inline(Raw::assume_valid(node.json()?.into())))
        }
        Kind::String => {
            let text = node.string(SPEC)?;
            // It may hold a secret, so it is not repeated.
            let spec = spec::read_spec(&text, |path| node.resolve(path))
                .map_err(|problem| node.invalid("the document", problem))?;
            if !allow_insecure && spec::is_insecure(&spec) {
                return Err(node.error(OpenApiProblem::Insecure.into()));
            }
            match spec {
                SpecSource::File(file) if file.is_file() => {
                    Ok(SpecSource::File(spec::absolute(file)))
                }
                SpecSource::File(file) if file.is_dir() => {
                    Err(node.error(OpenApiProblem::Folder(file).into()))
                }
                SpecSource::File(file) => Err(node.error(Problem::NoFile(file))),
                other => Ok(other),
            }
        }
        Kind::List | Kind::Number | Kind::Boolean | Kind::Null => {
            Err(node.wrong_kind("a URL, the path of a file, or the document itself", SPEC))
        }
    }
}

fn read_folders(node: &Node<'_>) -> Result<Vec<PathBuf>, ConfigError> {
    let items = node.list("a list of folders", "[\"schemas\"]")?;
    let read = |item: &Node<'_>| {
        let folder = item.resolve(&item.string("\"schemas\"")?);
        if is_folder(&folder) {
            Ok(spec::absolute(folder))
        } else {
            Err(item.error(Problem::NoFolder(folder)))
        }
    };
    items.iter().map(read).collect()
}
