//! What never changes, and where it stands in a request.

use std::borrow::Cow;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::utf8_percent_encode;
use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderName, HeaderValue},
};

use super::{CredentialsError, cookie};
use crate::{
    http_client::OutgoingRequest, openapi::api::Location, secrets::Secret,
    upstream::rest::request::UNRESERVED,
};

/// A credential that never changes.
#[derive(Clone, Debug)]
pub(super) enum Fixed {
    Nothing,
    Header(HeaderName, HeaderValue),
    /// A parameter of the query, by its name as it is and its text as it is written there.
    Query(String, Secret),
    /// A cookie, by its name and its text.
    Cookie(String, Secret),
}

impl Fixed {
    /// RFC 7617 section 2.
    pub fn basic(user: &str, password: &Secret) -> Result<Self, CredentialsError> {
        if user.contains(':') {
            return Err(unusable(
                "the user name of HTTP Basic can't hold a colon (RFC 7617 section 2)",
            ));
        }
        let pair = Secret::new(format!("{user}:{}", password.reveal()));
        let text = Secret::new(format!("Basic {}", BASE64_STANDARD.encode(pair.reveal())));
        Ok(Self::Header(
            AUTHORIZATION,
            secret_value(text.reveal().as_bytes())?,
        ))
    }

    /// RFC 6750 section 2.1.
    pub fn bearer(token: &Secret) -> Result<Self, CredentialsError> {
        Ok(Self::Header(AUTHORIZATION, bearer(token)?))
    }

    /// A key under a name (`OpenAPI` 3.2, security scheme object, `apiKey`).
    pub fn api_key(location: Location, name: &str, key: &Secret) -> Result<Self, CredentialsError> {
        match location {
            Location::Header => {
                let name = HeaderName::try_from(name).map_err(|_| {
                    unusable(&format!(
                        "{name:?}, under which the API key stands, is no name of a header"
                    ))
                })?;
                Ok(Self::Header(name, secret_value(key.reveal().as_bytes())?))
            }
            Location::Query => {
                let text = utf8_percent_encode(key.reveal(), UNRESERVED).to_string();
                Ok(Self::Query(name.to_owned(), Secret::new(text)))
            }
            Location::Cookie => {
                if !cookie::is_name(name) {
                    return Err(unusable(&format!(
                        "{name:?}, under which the API key stands, is no name of a cookie"
                    )));
                }
                if !cookie::is_value(key.reveal()) {
                    return Err(unusable(
                        "the API key can't be a cookie: it holds white space, a quote, a comma, a \
                         semicolon or other characters that a cookie can't (RFC 6265 section 4.1.1)",
                    ));
                }
                Ok(Self::Cookie(name.to_owned(), key.clone()))
            }
            Location::Path | Location::QueryString => Err(unusable(
                "an API key stands in a header, in the query or in a cookie",
            )),
        }
    }

    /// Puts it into a request, in place of what has its name there.
    pub fn attach(&self, request: &mut OutgoingRequest) -> Result<(), CredentialsError> {
        match self {
            Self::Nothing => {}
            Self::Header(name, value) => {
                request.headers.insert(name, value.clone());
            }
            Self::Query(name, text) => set_parameter(&mut request.url, name, text),
            Self::Cookie(name, text) => {
                let cookie = Secret::new(format!("{name}={}", text.reveal()));
                cookie::put(
                    &mut request.headers,
                    &secret_value(cookie.reveal().as_bytes())?,
                );
            }
        }
        Ok(())
    }
}

/// The value of an `Authorization` header (RFC 6750 section 2.1).
pub(super) fn bearer(token: &Secret) -> Result<HeaderValue, CredentialsError> {
    let text = Secret::new(format!("Bearer {}", token.reveal()));
    secret_value(text.reveal().as_bytes())
}

fn secret_value(text: &[u8]) -> Result<HeaderValue, CredentialsError> {
    let mut value = HeaderValue::from_bytes(text).map_err(|_| {
        unusable(
            "the credential can't stand in a header: it holds a line break or another control \
             character; look whether it was copied with one at its end",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sets a parameter of a query, and leaves the text of all others as it is.
fn set_parameter(url: &mut Url, name: &str, text: &Secret) {
    let written = url.query().unwrap_or_default();
    let is_other = |pair: &&str| {
        let is_of_name = |(of, _): (Cow<'_, str>, Cow<'_, str>)| of == name;
        !pair.is_empty()
            && !url::form_urlencoded::parse(pair.as_bytes())
                .next()
                .is_some_and(is_of_name)
    };
    let mut query: String = written.split('&').filter(is_other).fold(
        String::with_capacity(written.len()),
        |mut query, pair| {
            query.push_str(pair);
            query.push('&');
            query
        },
    );
    query.extend(utf8_percent_encode(name, UNRESERVED));
    query.push('=');
    query.push_str(text.reveal());
    url.set_query(Some(&query));
}

fn unusable(problem: &str) -> CredentialsError {
    CredentialsError::Settings(problem.to_owned())
}
