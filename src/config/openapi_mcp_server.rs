//! The one REST API that a command line or the environment describes, with the flags and
//! variables of awslabs' openapi-mcp-server, in whose place the gateway can stand.
//!
//! Where one of them names the document (`--spec-url`, `API_SPEC_PATH` …), the gateway is that
//! program, and what it says of its own server counts too (`program`). With
//! `--type openapi -- DOCUMENT` only what is said of the API counts.

mod additional;
mod credentials;
mod givers;
mod names;
mod places;
pub(crate) mod program;
pub(crate) mod settings;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::Path;

use indexmap::IndexMap;
use reqwest::header::{self, HeaderName};

use additional::AdditionalSpec;
pub use credentials::AuthType;
use credentials::AuthValues;
use givers::Givers;
use names::{free_name, name_of, name_of_spec, server_name};
use places::Places;
use settings::{OpenApiArguments, OpenApiSettings};

use crate::config::documents::{DocumentConfig, DocumentOverrides};
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, OpenApiProblem};
use crate::config::openapi::{OpenApiConfig, credentials as rules, spec};
use crate::config::server::{ServerConfig, UpstreamConfig};
use crate::config::server_entry::Common;
use crate::config::single::with_defaults;
use crate::config::warning::Warning;
use crate::gateway::server_name::ServerName;
use crate::openapi::api::OperationFilter;
use crate::secrets::Secret;
use crate::upstream::rest::Wording;
use crate::upstream::rest::settings::{SpecSource, ValidateOutput};

/// What is served, before the global settings are known.
pub(crate) struct OpenApiSource {
    apis: IndexMap<ServerName, OpenApiConfig>,
}

impl OpenApiSource {
    /// Reads what the command line and the environment say of an API. `words` stand behind `--`;
    /// without any, a setting names the document.
    pub(crate) fn read(
        words: &[OsString],
        headers: IndexMap<HeaderName, Secret>,
        arguments: &OpenApiArguments,
        environment: &Environment,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let mut settings = arguments.settings.clone().or_environment(environment)?;
        if arguments.settings.names_document() {
            settings.spec_url.clone_from(&arguments.settings.spec_url);
            settings.spec_path.clone_from(&arguments.settings.spec_path);
        }
        let givers = Givers::new(&arguments.settings, environment);
        let places = Places::read(&settings, &givers)?;
        let specs = if words.is_empty() {
            vec![named_spec(&settings, &places, &givers, warnings)?]
        } else {
            if arguments.settings.names_document() {
                return Err(ConfigError::TwoDocuments);
            }
            words
                .iter()
                .map(|word| word_spec(word, &places))
                .collect::<Result<_, _>>()?
        };
        let name = settings
            .api_name
            .as_deref()
            .and_then(name_of)
            .or_else(|| specs.first().and_then(name_of_spec));
        let mut api = OpenApiConfig::new(specs, 0);
        api.wording = Wording::CommandLine;
        if let Some(url) = &settings.api_url {
            let url = spec::read_base_url(url);
            api.url = Some(url.map_err(|problem| givers.invalid("api_url", problem))?);
        }
        api.options.include = filters(settings.include_tags.as_deref());
        api.options.exclude = filters(settings.exclude_tags.as_deref());
        if let Some(prompts) = settings.enable_operation_prompts {
            api.options.prompts = prompts;
        }
        api.validate_output = if arguments.no_validate_output == Some(true) {
            ValidateOutput::Off
        } else {
            settings.validate_output.unwrap_or_default()
        };
        api.allow_private_networks = settings.allow_private_networks.unwrap_or(false);
        api.allow_insecure_http = places.allow_insecure_http;
        api.allowed_folders.clone_from(&places.folders);
        let auth = AuthValues::of_settings(&settings);
        let mut stray = None;
        api.credentials = credentials::read(auth, "api_key", &mut stray)
            .map_err(|error| error.given_by(&givers))?;
        warnings.extend(stray.map(|name| credentials::stray_setting(name, &givers)));
        if rules::are_authorization(&api.credentials)
            && headers.contains_key(&header::AUTHORIZATION)
        {
            return Err(ConfigError::AuthorizationTwice(givers.name("auth_type")));
        }
        api.headers = headers;

        let name = name.map_or_else(server_name, Ok)?;
        let mut apis = IndexMap::from([(name, api.clone())]);
        if let Some(text) = &settings.additional_specs {
            let setting = givers.name("additional_specs");
            let document = additional::parse(Path::new(&setting), text)?;
            for additional in additional::read(&document.root())? {
                let (name, api) = additional.into_api(&api, &places, warnings)?;
                apis.insert(free_name(&name.map_or_else(server_name, Ok)?, &apis)?, api);
            }
        }
        if arguments.auth_token_ttl.is_some() {
            warnings.push(Warning::new(
                "--auth-token-ttl has no effect: headers are not kept, and tokens are renewed \
                 when they expire",
            ));
        }
        Ok(Self { apis })
    }

    /// The servers, completed by the global settings. `most_idle` connections to each API are
    /// kept.
    pub(crate) fn servers(
        self,
        common: &Common,
        documents: &DocumentConfig,
        most_idle: Option<usize>,
    ) -> Result<IndexMap<ServerName, ServerConfig>, ConfigError> {
        let is_alone = self.apis.len() == 1;
        // The routes of one that is alone have no segment of its own.
        let mut names = self.apis.keys().filter(|_| !is_alone);
        if let Some((name, setting)) =
            names.find_map(|name| Some((name, common.endpoint_named(name.as_str())?)))
        {
            let name = name.to_string();
            return Err(ConfigError::NameOfEndpoint { name, setting });
        }
        let server = |(name, mut api): (ServerName, OpenApiConfig)| {
            api.max_answer_size = common.max_line_size;
            api.http.max_idle_connections = most_idle;
            if is_alone {
                api.server_name.clone_from(&documents.overrides.title);
            }
            let mut server =
                with_defaults(UpstreamConfig::OpenApi(Box::new(api)), common, documents);
            if !is_alone {
                // What is said of all of them together would be wrong of each.
                server.documents = DocumentOverrides::default();
            }
            (name, server)
        };
        Ok(self.apis.into_iter().map(server).collect())
    }
}

impl AdditionalSpec<'_> {
    /// An API of its own: nothing but what holds for all documents is the first one's.
    fn into_api(
        self,
        first: &OpenApiConfig,
        places: &Places,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Option<ServerName>, OpenApiConfig), ConfigError> {
        let node = self.spec;
        let text = node.string("\"https://api.example.com/openapi.json\"")?;
        let spec = if self.is_path {
            let path = spec::read_spec_path(Path::new(&text), "`spec_url`");
            path.map_err(|problem| node.error(OpenApiProblem::Url(problem).into()))?
        } else {
            let url = spec::read_spec_url(&text, "`spec_path`");
            url.map_err(|problem| node.error(OpenApiProblem::Url(problem).into()))?
        };
        let spec = places.check(spec).map_err(|refused| refused.at(&node))?;
        let name = self.name.as_deref().and_then(name_of);
        let name = name.or_else(|| name_of_spec(&spec));
        let mut api = OpenApiConfig {
            options: first.options.clone(),
            validate_output: first.validate_output,
            allowed_folders: first.allowed_folders.clone(),
            allow_private_networks: first.allow_private_networks,
            allow_insecure_http: first.allow_insecure_http,
            wording: Wording::AdditionalSpecs,
            ..OpenApiConfig::new(vec![spec], 0)
        };
        if let Some(node) = &self.base_url {
            let text = node.string("\"https://api.example.com\"")?;
            let url = spec::read_base_url(&text);
            let url = url.map_err(|problem| node.error(OpenApiProblem::Url(problem).into()));
            api.url = Some(url?);
        }
        let mut stray = None;
        api.credentials = credentials::read(self.auth, "X-API-Key", &mut stray)
            .map_err(|error| error.at(&self.entry))?;
        let known_as = name.as_ref().map_or("an API", ServerName::as_str);
        warnings.extend(stray.map(|member| credentials::stray_member(member, known_as)));
        Ok((name, api))
    }
}

/// The document that a setting names.
fn named_spec(
    settings: &OpenApiSettings,
    places: &Places,
    givers: &Givers<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<SpecSource, ConfigError> {
    let (url_id, path_id) = ("spec_url", "spec_path");
    let (spec, id) = match (&settings.spec_url, &settings.spec_path) {
        (Some(url), path) => {
            if path.is_some() {
                warnings.push(Warning::new(format!(
                    "{} is not used, since {} is given too",
                    givers.name(path_id),
                    givers.name(url_id)
                )));
            }
            let spec = spec::read_spec_url(url, &givers.name_beside(path_id, url_id));
            let spec = spec.map_err(|problem| givers.invalid(url_id, problem))?;
            (spec, url_id)
        }
        (None, Some(path)) => {
            let spec = spec::read_spec_path(path, &givers.name_beside(url_id, path_id));
            let spec = spec.map_err(|problem| givers.invalid(path_id, problem))?;
            (spec, path_id)
        }
        (None, None) => return Err(ConfigError::NoDocument),
    };
    let checked = places.check(spec);
    checked.map_err(|refused| refused.named_by(givers.name(id)))
}

/// The document that stands behind `--`.
fn word_spec(word: &OsString, places: &Places) -> Result<SpecSource, ConfigError> {
    let spec = match word.to_str() {
        Some(text) => spec::read_spec(text, |path| path.into()).map_err(|problem| {
            ConfigError::OpenApiSetting {
                setting: "what stands after `--`".to_owned(),
                problem,
            }
        })?,
        None => SpecSource::File(word.into()),
    };
    Ok(places.check(spec)?)
}

/// Operations of these tags, which commas separate.
fn filters(tags: Option<&str>) -> Vec<OperationFilter> {
    let tags = tags.unwrap_or_default().split(',').map(str::trim);
    tags.filter(|tag| !tag.is_empty())
        .map(|tag| OperationFilter {
            tag: Some(tag.to_owned()),
            ..OperationFilter::default()
        })
        .collect()
}
