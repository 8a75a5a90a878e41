//! `auth`: how we identify ourselves to a REST API.

use crate::config::document::{Kind, Node, Object};
use crate::config::error::{ConfigError, OpenApiProblem};
use crate::config::openapi::KeyPlace;
use crate::config::openapi::credentials::{self, InvalidPair};
use crate::config::server_entry::http::read_url;
use crate::config::value::{InvalidValue, words};
use crate::secrets::Secret;
use crate::upstream::rest::settings::{Cognito, Credentials};

const EXAMPLE: &str = "{\"type\": \"bearer\", \"token\": \"top-secret\"}";

words! {
    /// How we identify ourselves.
    pub enum AuthType {
        /// Not at all.
        None = "none",
        /// With a user and a password.
        Basic = "basic",
        /// With a token.
        Bearer = "bearer",
        /// With a key.
        ApiKey = "apiKey" | "apikey" | "api_key",
        /// As a client of an authorization server.
        OAuth2 = "oauth2",
        /// By a user pool of Amazon Cognito.
        Cognito = "cognito",
        /// With AWS's signature.
        SigV4 = "sigv4",
    }
}

/// Reads the value of `auth`.
pub(super) fn read(node: &Node<'_>) -> Result<Credentials, ConfigError> {
    let mut keys = Keys {
        node,
        object: node.clone().object(EXAMPLE)?,
    };
    let auth_type = keys.object.take("type");
    let auth_type = auth_type.map(|node| node.parsed("a string", "\"bearer\""));
    let Some(auth_type) = auth_type.transpose()? else {
        return Err(node.error(OpenApiProblem::NoAuthType.into()));
    };
    let credentials = match auth_type {
        AuthType::None => Credentials::None,
        AuthType::Basic => keys.basic()?,
        AuthType::Bearer => keys.bearer()?,
        AuthType::ApiKey => keys.api_key()?,
        AuthType::OAuth2 => keys.client_credentials()?,
        AuthType::Cognito => keys.cognito()?,
        AuthType::SigV4 => keys.sigv4()?,
    };
    keys.object.finish()?;
    Ok(credentials)
}

/// The keys beside `type`. Those of one type alone are taken, so that others are errors.
struct Keys<'k, 'd> {
    node: &'k Node<'d>,
    object: Object<'d>,
}

impl<'d> Keys<'_, 'd> {
    fn basic(&mut self) -> Result<Credentials, ConfigError> {
        let username = self.text("username", "\"somebody\"")?;
        let password = self.secret("password")?;
        // What is missing is told after what is misspelt.
        let (Some((name_node, username)), Some((node, password))) = (username, password) else {
            return Err(self.incomplete("basic", "a `username` and a `password`"));
        };
        credentials::basic(username.clone(), password).map_err(|problem| match problem {
            InvalidPair::Name(problem) => name_node.invalid(&username, problem),
            InvalidPair::Secret(problem) => node.invalid("the password", problem),
        })
    }

    fn bearer(&mut self) -> Result<Credentials, ConfigError> {
        let Some((node, token)) = self.secret("token")? else {
            return Err(self.incomplete("bearer", "a `token`"));
        };
        credentials::bearer(token).map_err(|problem| node.invalid("the token", problem))
    }

    fn api_key(&mut self) -> Result<Credentials, ConfigError> {
        let place = self.object.take("in");
        let place = place.map(|node| node.parsed::<KeyPlace>("a string", "\"header\""));
        let place = place.transpose()?.unwrap_or(KeyPlace::Header);
        let name = self.text("name", "\"X-API-Key\"")?;
        let key = self.secret("key")?;
        let (Some((name_node, name)), Some((node, key))) = (name, key) else {
            return Err(self.incomplete("apiKey", "a `name` and a `key`"));
        };
        credentials::api_key(place, name.clone(), key).map_err(|problem| match problem {
            InvalidPair::Name(problem) => name_node.invalid(&name, problem),
            InvalidPair::Secret(problem) => node.invalid("the key", problem),
        })
    }

    fn client_credentials(&mut self) -> Result<Credentials, ConfigError> {
        let token_url = self.text("tokenUrl", "\"https://login.example.com/token\"")?;
        let token_url = token_url.map(|(node, text)| {
            read_url(&text).map_err(|problem| node.invalid("the URL", problem))
        });
        let client_id = self.text("clientId", "\"my-client\"")?;
        let client_secret = self.secret("clientSecret")?;
        let scopes = self.scopes()?;
        let audience = self.text("audience", "\"https://api.example.com\"")?;
        match (token_url.transpose()?, client_id, client_secret) {
            (Some(token_url), Some((_, client_id)), Some((_, client_secret))) => {
                Ok(Credentials::ClientCredentials {
                    token_url,
                    client_id,
                    client_secret,
                    scopes,
                    audience: audience.map(|(_, audience)| audience),
                })
            }
            _ => Err(self.incomplete(
                "oauth2",
                "a `tokenUrl`, a `clientId` and a `clientSecret`, as the authorization server \
                 gave them",
            )),
        }
    }

    fn cognito(&mut self) -> Result<Credentials, ConfigError> {
        let client_id = self.text("clientId", "\"1example23456789\"")?;
        let client_secret = self.secret("clientSecret")?;
        let username = self.text("username", "\"somebody\"")?;
        let password = self.secret("password")?;
        let user_pool_id = self.text("userPoolId", "\"eu-west-1_AbCdEf\"")?;
        let domain = self.text("domain", "\"my-domain\"")?.map(|(node, text)| {
            credentials::domain(&text).map_err(|problem| node.invalid(&text, problem))
        });
        let domain = domain.transpose()?;
        let scopes = self.scopes()?;
        let region = self.region()?;
        let Some((_, client_id)) = client_id else {
            return Err(self.incomplete("cognito", "a `clientId`"));
        };
        let user = match (username, password) {
            (Some((_, username)), Some((_, password))) => Some((username, password)),
            (None, None) if client_secret.is_some() && domain.is_some() => None,
            _ => {
                return Err(self.incomplete(
                    "cognito",
                    "either a `username` and a `password`, or a `clientSecret` and a `domain`",
                ));
            }
        };
        Ok(Credentials::Cognito(Box::new(Cognito {
            client_id,
            client_secret: client_secret.map(|(_, secret)| secret),
            user,
            user_pool_id: user_pool_id.map(|(_, id)| id),
            domain,
            scopes,
            region,
        })))
    }

    fn sigv4(&mut self) -> Result<Credentials, ConfigError> {
        let service = self.text("service", "\"execute-api\"")?;
        let region = self.region()?;
        match service {
            Some((_, service)) => Ok(Credentials::SigV4 { service, region }),
            None => Err(self.incomplete("sigv4", "a `service`, such as \"execute-api\"")),
        }
    }

    fn region(&mut self) -> Result<Option<String>, ConfigError> {
        let region = self.text("region", "\"eu-west-1\"")?;
        let region = region.map(|(node, text)| {
            credentials::region(&text).map_err(|problem| node.invalid(&text, problem))
        });
        region.transpose()
    }

    fn scopes(&mut self) -> Result<Vec<String>, ConfigError> {
        match self.object.take("scopes") {
            None => Ok(Vec::new()),
            Some(node) if node.kind() == Kind::String => {
                Ok(credentials::scopes(&node.string("\"read write\"")?))
            }
            Some(node) => node.strings("[\"read\", \"write\"]"),
        }
    }

    fn text(
        &mut self,
        key: &'static str,
        example: &'static str,
    ) -> Result<Option<(Node<'d>, String)>, ConfigError> {
        let Some(node) = self.object.take(key) else {
            return Ok(None);
        };
        let text = node.string(example)?;
        if text.is_empty() {
            return Err(node.invalid("", InvalidValue::Empty));
        }
        Ok(Some((node, text)))
    }

    fn secret(&mut self, key: &'static str) -> Result<Option<(Node<'d>, Secret)>, ConfigError> {
        let text = self.text(key, "\"top-secret\"")?;
        Ok(text.map(|(node, text)| (node, Secret::new(text))))
    }

    /// A misspelt key is the best explanation of a missing one.
    fn incomplete(&self, auth_type: &'static str, needs: &'static str) -> ConfigError {
        if let Err(misspelt) = self.object.unknown(&[]) {
            return misspelt;
        }
        let problem = OpenApiProblem::Incomplete { auth_type, needs };
        self.node.error(problem.into())
    }
}
