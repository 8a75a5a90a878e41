//! Credentials as that program's flags, variables and additional APIs name them.

use crate::config::document::Node;
use crate::config::error::{ConfigError, OpenApiProblem};
use crate::config::openapi::KeyPlace;
use crate::config::openapi::credentials::{self as rules, InvalidPair};
use crate::config::openapi_mcp_server::givers::Givers;
use crate::config::openapi_mcp_server::settings::OpenApiSettings;
use crate::config::value::{InvalidValue, words};
use crate::config::warning::Warning;
use crate::secrets::Secret;
use crate::upstream::rest::settings::{Cognito, Credentials};

/// Where a user pool is of which nothing says it.
const DEFAULT_REGION: &str = "us-east-1";

words! {
    /// How we identify ourselves, in that program's words.
    pub enum AuthType {
        /// Not at all.
        None = "none",
        /// With a user and a password.
        Basic = "basic",
        /// With a token.
        Bearer = "bearer",
        /// With a key.
        ApiKey = "api_key" | "apikey",
        /// By a user pool of Amazon Cognito.
        Cognito = "cognito",
    }
}

/// The setting of each value, which is called as the member of an additional API is.
type Name = &'static str;

const TYPE: Name = "auth_type";
const USERNAME: Name = "auth_username";
const PASSWORD: Name = "auth_password";
const TOKEN: Name = "auth_token";
const API_KEY: Name = "auth_api_key";
const API_KEY_NAME: Name = "auth_api_key_name";
const CLIENT_ID: Name = "auth_cognito_client_id";
const CLIENT_SECRET: Name = "auth_cognito_client_secret";
const DOMAIN: Name = "auth_cognito_domain";
const COGNITO_USERNAME: Name = "auth_cognito_username";
const COGNITO_PASSWORD: Name = "auth_cognito_password";
const REGION: Name = "auth_cognito_region";

/// The values as they were given.
#[derive(Default)]
pub(super) struct AuthValues {
    pub(super) auth_type: Option<AuthType>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) token: Option<Secret>,
    pub(super) api_key: Option<Secret>,
    pub(super) api_key_name: Option<String>,
    pub(super) api_key_in: Option<KeyPlace>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Secret>,
    pub(super) domain: Option<String>,
    pub(super) scopes: Option<String>,
    pub(super) cognito_username: Option<String>,
    pub(super) cognito_password: Option<Secret>,
    pub(super) user_pool_id: Option<String>,
    pub(super) region: Option<String>,
}

/// Why they are no credentials.
pub(super) enum AuthError {
    /// The type needs a value that is not there.
    Missing { auth_type: AuthType, name: Name },
    /// A value can't be used.
    Invalid { name: Name, problem: InvalidValue },
}

impl AuthValues {
    pub(super) fn of_settings(settings: &OpenApiSettings) -> Self {
        let settings = settings.clone();
        Self {
            auth_type: settings.auth_type,
            username: settings.auth_username,
            password: settings.auth_password,
            token: settings.auth_token,
            api_key: settings.auth_api_key,
            api_key_name: settings.auth_api_key_name,
            api_key_in: settings.auth_api_key_in,
            client_id: settings.auth_cognito_client_id,
            client_secret: settings.auth_cognito_client_secret,
            domain: settings.auth_cognito_domain,
            scopes: settings.auth_cognito_scopes,
            cognito_username: settings.auth_cognito_username,
            cognito_password: settings.auth_cognito_password,
            user_pool_id: settings.auth_cognito_user_pool_id,
            region: settings.auth_cognito_region,
        }
    }

    /// The secret that is given first, though nothing says what it is for.
    fn stray(&self) -> Option<Name> {
        [
            (PASSWORD, &self.password),
            (TOKEN, &self.token),
            (API_KEY, &self.api_key),
            (CLIENT_SECRET, &self.client_secret),
            (COGNITO_PASSWORD, &self.cognito_password),
        ]
        .into_iter()
        .find_map(|(name, value)| value.as_ref().map(|_| name))
    }
}

/// The credentials that the values are. A key without a name has `default_name`. `stray` becomes the
/// secret that is given though nothing says what it is for.
pub(super) fn read(
    values: AuthValues,
    default_name: &str,
    stray: &mut Option<&'static str>,
) -> Result<Credentials, AuthError> {
    let Some(auth_type) = values.auth_type else {
        *stray = values.stray();
        return Ok(Credentials::None);
    };
    let missing = |name| AuthError::Missing { auth_type, name };
    let pair = |first: Name, second: Name| {
        move |problem| match problem {
            InvalidPair::Name(problem) => AuthError::Invalid {
                name: first,
                problem,
            },
            InvalidPair::Secret(problem) => AuthError::Invalid {
                name: second,
                problem,
            },
        }
    };
    match auth_type {
        AuthType::None => Ok(Credentials::None),
        AuthType::Basic => {
            let username = values.username.ok_or_else(|| missing(USERNAME))?;
            let password = values.password.ok_or_else(|| missing(PASSWORD))?;
            rules::basic(username, password).map_err(pair(USERNAME, PASSWORD))
        }
        AuthType::Bearer => {
            let token = values.token.ok_or_else(|| missing(TOKEN))?;
            rules::bearer(token).map_err(|problem| AuthError::Invalid {
                name: TOKEN,
                problem,
            })
        }
        AuthType::ApiKey => {
            let key = values.api_key.ok_or_else(|| missing(API_KEY))?;
            let place = values.api_key_in.unwrap_or(KeyPlace::Header);
            let name = values.api_key_name;
            let name = name.unwrap_or_else(|| default_name.to_owned());
            rules::api_key(place, name, key).map_err(pair(API_KEY_NAME, API_KEY))
        }
        AuthType::Cognito => cognito(values),
    }
}

/// As in that program, a client with its secret and a domain identifies itself, though a user be
/// named too.
fn cognito(values: AuthValues) -> Result<Credentials, AuthError> {
    let auth_type = AuthType::Cognito;
    let missing = |name| AuthError::Missing { auth_type, name };
    let client_id = values.client_id.ok_or_else(|| missing(CLIENT_ID))?;
    let domain = values.domain.as_deref().map(rules::domain);
    let domain = domain.transpose().map_err(|problem| AuthError::Invalid {
        name: DOMAIN,
        problem,
    })?;
    let region = values.region.as_deref().map(rules::region);
    let region = region.transpose().map_err(|problem| AuthError::Invalid {
        name: REGION,
        problem,
    })?;
    let is_client = values.client_secret.is_some() && domain.is_some();
    let user = match (values.cognito_username, values.cognito_password) {
        _ if is_client => None,
        (Some(username), Some(password)) => Some((username, password)),
        (Some(_), None) => return Err(missing(COGNITO_PASSWORD)),
        (None, None) if values.client_secret.is_some() => return Err(missing(DOMAIN)),
        (None, None) if domain.is_some() => return Err(missing(CLIENT_SECRET)),
        (None, _) => return Err(missing(COGNITO_USERNAME)),
    };
    // The id of a pool begins with its region.
    let pool_has_region = values.user_pool_id.as_deref().is_some_and(|id| {
        let region = id.split_once('_').map(|(region, _)| rules::region(region));
        matches!(region, Some(Ok(_)))
    });
    let region = region.or_else(|| (!pool_has_region).then(|| DEFAULT_REGION.to_owned()));
    Ok(Credentials::Cognito(Box::new(Cognito {
        client_id,
        client_secret: values.client_secret,
        user,
        user_pool_id: values.user_pool_id,
        domain,
        scopes: values
            .scopes
            .as_deref()
            .map(rules::scopes)
            .unwrap_or_default(),
        region,
    })))
}

impl AuthError {
    /// The error in an additional API.
    pub(super) fn at(self, node: &Node<'_>) -> ConfigError {
        let problem = match self {
            Self::Missing { auth_type, name } => OpenApiProblem::MissingMember {
                auth_type: auth_type.word(),
                member: name,
            },
            Self::Invalid { name, problem } => OpenApiProblem::Member {
                member: name,
                problem,
            },
        };
        node.error(problem.into())
    }

    /// The error in the settings of the first API.
    pub(super) fn given_by(self, givers: &Givers<'_>) -> ConfigError {
        match self {
            Self::Missing { auth_type, name } => ConfigError::MissingCredential {
                auth_type: format!("{} is {auth_type}", givers.name(TYPE)),
                setting: givers.name_beside(name, TYPE),
            },
            Self::Invalid { name, problem } => givers.invalid(name, problem),
        }
    }
}

/// What is said of a secret that nothing says the use of.
pub(super) fn stray_setting(name: &'static str, givers: &Givers<'_>) -> Warning {
    Warning::new(format!(
        "{} is not used, since nothing says how: give {} too",
        givers.name(name),
        givers.name_beside(TYPE, name)
    ))
}

/// The same of a member of an additional API.
pub(super) fn stray_member(name: &'static str, api: &str) -> Warning {
    Warning::new(format!(
        "`{name}` of {api} is not used, since nothing says how: give `{TYPE}` too"
    ))
}
