//! How a command that is shown gets at the key, without showing a key of the user's.

use std::path::Path;

use crate::{
    config::{env_vars, environment::Environment, settings::AccessSettings},
    secrets::Secret,
};

/// What a curl line needs to be let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Credential {
    /// The flag, with a space behind it, or nothing.
    pub(super) flag: String,
    /// What the user has to do first, where that can't be helped.
    pub(super) note: &'static str,
}

impl Credential {
    /// For the first key that the user gave: of the flags, else of the environment.
    pub(super) fn given(access: &AccessSettings, environment: &Environment) -> Self {
        if access.api_key.is_some() {
            return Self {
                flag: bearer("$KEY"),
                note: " (put the key that you gave as --api-key into KEY first: read -rs KEY)",
            };
        }
        if let Some(file) = &access.api_key_file {
            return content_of(file);
        }
        for name in [env_vars::API_KEY, env_vars::MCPO_API_KEY] {
            if environment.get(name).is_some() {
                return Self {
                    flag: bearer(&format!("${name}")),
                    note: "",
                };
            }
        }
        environment
            .get(env_vars::API_KEY_FILE)
            .map(|file| content_of(Path::new(file)))
            .unwrap_or_default()
    }

    /// For a key that the gateway made, and has shown.
    pub(super) fn generated(key: &Secret) -> Self {
        Self {
            flag: format!("-H 'Authorization: Bearer {}' ", key.reveal()),
            note: "",
        }
    }
}

/// A header in double quotes, in which the shell puts the value.
fn bearer(value: &str) -> String {
    format!("-H \"Authorization: Bearer {value}\" ")
}

fn content_of(file: &Path) -> Credential {
    // Another terminal may be in another folder.
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let quoted = file.to_string_lossy().replace('\'', r"'\''");
    Credential {
        flag: bearer(&format!("$(cat '{quoted}')")),
        note: "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_user_is_named_and_never_shown() {
        let flags = |api_key: Option<&str>, file: Option<&str>| AccessSettings {
            api_key: api_key.map(Secret::new),
            api_key_file: file.map(Into::into),
            ..AccessSettings::default()
        };
        let environment = |name| Environment::from_iter([(name, "/secret")]);
        for (flags, environment, header) in [
            (flags(None, None), environment("OTHER"), None),
            (
                flags(Some("secret"), Some("/x")),
                environment("OTHER"),
                Some("$KEY"),
            ),
            (
                flags(None, Some("/it's")),
                environment("VICEVERSA_API_KEY"),
                Some(r"$(cat '/it'\''s')"),
            ),
            (
                flags(None, None),
                environment("VICEVERSA_API_KEY"),
                Some("$VICEVERSA_API_KEY"),
            ),
            (
                flags(None, None),
                environment("MCPO_API_KEY"),
                Some("$MCPO_API_KEY"),
            ),
            (
                flags(None, None),
                environment("VICEVERSA_API_KEY_FILE"),
                Some("$(cat '/secret')"),
            ),
        ] {
            let shown = Credential::given(&flags, &environment);
            let expected = header.map(bearer).unwrap_or_default();
            assert_eq!(shown.flag, expected);
            assert_eq!(shown.note.is_empty(), header != Some("$KEY"));
        }
    }
}
