//! What a browser brings back from an authorization server.

use url::{Url, form_urlencoded};

use crate::{gateway::login::LoginError, secrets::Secret, telemetry::untrusted::readable};

/// The answer of an authorization server, by way of somebody's browser (RFC 6749 section
/// 4.1.2): untrusted until its `state` is known.
#[derive(Debug)]
pub struct Callback {
    /// Which login it belongs to.
    pub state: String,
    /// The code, or what went wrong.
    pub outcome: Result<Secret, String>,
    /// The authorization server that sent it (RFC 9207).
    pub issuer: Option<String>,
}

impl Callback {
    /// Reads the query of a callback.
    pub fn from_query(query: &str) -> Result<Self, LoginError> {
        let mut state = None;
        let mut code = None;
        let mut issuer = None;
        let mut error = None;
        let mut description = None;
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*key {
                "state" => &mut state,
                "code" => &mut code,
                "iss" => &mut issuer,
                "error" => &mut error,
                "error_description" => &mut description,
                _ => continue,
            };
            // Two of a kind: somebody tries which one counts.
            if place.replace(value.into_owned()).is_some() {
                return Err(LoginError::Unreadable);
            }
        }
        let outcome = match (code, error) {
            (Some(code), None) => Ok(Secret::new(code)),
            (_, Some(error)) => Err(readable(&description.unwrap_or(error))),
            (None, None) => return Err(LoginError::Unreadable),
        };
        Ok(Self {
            state: state.ok_or(LoginError::Unreadable)?,
            outcome,
            issuer,
        })
    }

    /// Reads what somebody copied out of the browser's address bar: the whole URL, or its
    /// query.
    pub fn from_pasted(text: &str) -> Result<Self, LoginError> {
        let text = text.trim().trim_matches(['"', '\'', '<', '>']);
        match Url::parse(text) {
            Ok(url) => Self::from_query(url.query().unwrap_or_default()),
            Err(_) => Self::from_query(text.split_once('?').map_or(text, |(_, query)| query)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_url_is_as_good_as_its_query() {
        for text in [
            "http://localhost:3030/callback?code=abc%2F1&state=xyz&iss=https%3A%2F%2Fa",
            "  \"http://localhost:3030/callback?code=abc%2F1&state=xyz&iss=https%3A%2F%2Fa\"\n",
            "/callback?code=abc%2F1&state=xyz&iss=https%3A%2F%2Fa",
            "code=abc%2F1&state=xyz&iss=https%3A%2F%2Fa",
        ] {
            let callback = Callback::from_pasted(text).unwrap();
            assert_eq!(callback.state, "xyz");
            assert_eq!(callback.outcome, Ok(Secret::new("abc/1")));
            assert_eq!(callback.issuer.as_deref(), Some("https://a"));
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let callback =
            Callback::from_query("error=access_denied&error_description=No%1B%5B1m&state=x");
        assert_eq!(callback.unwrap().outcome, Err("No[1m".to_owned()));
    }

    #[test]
    fn what_is_no_callback_is_refused() {
        for query in ["", "code=1", "state=1", "code=1&state=2&state=3", "hello"] {
            let error = Callback::from_query(query).unwrap_err();
            assert_eq!(error, LoginError::Unreadable, "{query}");
        }
    }
}
