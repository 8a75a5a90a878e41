//! Who may call.

use crate::config::auth::CredentialConfig;
use crate::config::env_vars;
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, Conflict, KeyKind, KeyOrigin, KeyProblem};
use crate::config::key::KeyRules;
use crate::config::seen::Recorder;
use crate::config::settings::AccessSettings;
use crate::config::value::{AllowedOrigin, Host, Origin};
use crate::config::warning::Warning;
use crate::secrets::Secret;

/// What an API key must be.
const API_KEY: KeyRules = KeyRules {
    kind: KeyKind::Api,
    file_setting: "--api-key-file (gateway.apiKeyFile)",
    check,
};

/// Who may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessConfig {
    /// Who is let in.
    pub access: Access,
    /// Documents and their pages are open to all.
    pub public_docs: bool,
    /// Which web pages may call.
    pub cors: CorsConfig,
    /// Whether nothing is said of web pages, so that `cors` follows from `access`.
    has_default_cors: bool,
}

/// Who is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Callers that show one of these.
    Credentials(CredentialConfig),
    /// Callers that hold a key that is to be made at start, and printed.
    GeneratedKey,
    /// Programs of this machine: the address is a loopback one, and `Host` and `Origin` are
    /// checked, since a browser would carry any web page's requests here.
    ThisMachine,
    /// Everybody who can reach the address, since the user wants it so.
    Everybody,
}

impl Access {
    /// Whether callers must show who they are.
    pub fn demands_key(&self) -> bool {
        match self {
            Self::Credentials(_) | Self::GeneratedKey => true,
            Self::ThisMachine | Self::Everybody => false,
        }
    }
}

/// Which web pages may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsConfig {
    /// Those of our own origin.
    SameOrigin,
    /// All.
    Any,
    /// These, and they may send credentials. At least one.
    Listed(Vec<Origin>),
}

/// The keys of the first of the three sources that has any: a key that is overridden must not
/// open the door any longer.
pub(crate) fn keys(
    recorder: &Recorder,
    sources: [(&AccessSettings, KeyOrigin); 3],
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Secret>, ConfigError> {
    for (settings, origin) in sources {
        let mut keys = Vec::new();
        if let Some(key) = &settings.api_key {
            keys.push(API_KEY.check(key.clone(), origin)?);
        }
        if let Some(file) = &settings.api_key_file {
            let key = API_KEY.read_file(file, recorder, warnings)?;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        if !keys.is_empty() {
            return Ok(keys);
        }
    }
    Ok(Vec::new())
}

impl AccessConfig {
    pub(crate) fn new(
        settings: AccessSettings,
        credentials: CredentialConfig,
        host: &Host,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Conflict> {
        let public_docs = settings.public_docs.unwrap_or(false);
        match settings.strict_auth {
            Some(true) if public_docs => return Err(Conflict::StrictAndPublic),
            Some(false) => return Err(Conflict::NotStrict),
            Some(true) | None => {}
        }
        let everybody = settings.allow_unauthenticated.unwrap_or(false);
        let access = if !credentials.is_empty() {
            if everybody {
                warnings.push(Warning::new(
                    "--allow-unauthenticated has no effect, since a key is given and demanded; leave out one of the two",
                ));
            }
            Access::Credentials(credentials)
        } else if host.is_loopback() {
            if everybody {
                warnings.push(Warning::new(
                    "--allow-unauthenticated is not needed on a loopback address, and has no effect: without a key this machine's own programs are served, and web pages of others are not; leave it out, or name another --host",
                ));
            }
            Access::ThisMachine
        } else if everybody {
            warnings.push(Warning::new(
                "--allow-unauthenticated: whoever reaches this address can call all tools, and no key is demanded",
            ));
            Access::Everybody
        } else {
            Access::GeneratedKey
        };
        let has_default_cors = settings.cors_allow_origins.is_none();
        let cors = CorsConfig::new(settings.cors_allow_origins, &access)?;
        Ok(Self {
            access,
            public_docs,
            cors,
            has_default_cors,
        })
    }

    /// The same where others are let in than it says. Which web pages may call follows, where
    /// nothing is said of them: what is for pages that know a key must not be open to all pages.
    #[must_use]
    pub fn with_access(self, access: Access) -> Self {
        let cors = if self.has_default_cors {
            CorsConfig::default_for(&access)
        } else {
            self.cors
        };
        Self {
            access,
            cors,
            ..self
        }
    }
}

impl CorsConfig {
    fn new(origins: Option<Vec<AllowedOrigin>>, access: &Access) -> Result<Self, Conflict> {
        let Some(origins) = origins else {
            return Ok(Self::default_for(access));
        };
        let mut listed = Vec::new();
        let mut any = false;
        for origin in origins {
            match origin {
                AllowedOrigin::Any => any = true,
                AllowedOrigin::One(origin) if listed.contains(&origin) => {}
                AllowedOrigin::One(origin) => listed.push(origin),
            }
        }
        match (any, listed.is_empty()) {
            (true, true) => Ok(Self::Any),
            (true, false) => Err(Conflict::AnyOriginBesideOthers),
            (false, true) => Ok(Self::SameOrigin),
            (false, false) => Ok(Self::Listed(listed)),
        }
    }

    fn default_for(access: &Access) -> Self {
        if access.demands_key() {
            // A web page can do no more than what it knows the key for.
            Self::Any
        } else {
            Self::SameOrigin
        }
    }
}

/// A variable that is set to nothing gives no key; the user may have meant it to.
pub(crate) fn warn_of_empty_keys(environment: &Environment, warnings: &mut Vec<Warning>) {
    for name in [
        env_vars::API_KEY,
        env_vars::MCPO_API_KEY,
        env_vars::SESSION_KEY,
    ] {
        if environment.is_empty_string(name) {
            warnings.push(Warning::new(format!(
                "the environment variable {name} is empty, and counts as not set; give a key, or remove the variable"
            )));
        }
    }
}

/// Whether a key can be sent in a header.
pub(crate) fn check(key: &str) -> Result<(), KeyProblem> {
    if key.trim().is_empty() {
        Err(KeyProblem::Empty)
    } else if key.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Err(KeyProblem::Space)
    } else if !key.is_ascii() {
        Err(KeyProblem::NotAscii)
    } else {
        Ok(())
    }
}
