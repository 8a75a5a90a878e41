//! What credentials for an API must be like, wherever they were given.

use reqwest::Url;

use crate::config::openapi::KeyPlace;
use crate::config::server_entry::http::read_header;
use crate::config::value::InvalidValue;
use crate::openapi::api::Location;
use crate::secrets::Secret;
use crate::upstream::rest::credentials::cookie;
use crate::upstream::rest::settings::Credentials;

/// Which of the two can't be used, and why.
pub(crate) enum InvalidPair {
    /// The name: of a user, or of a key.
    Name(InvalidValue),
    /// The secret beside it.
    Secret(InvalidValue),
}

/// A user and a password (RFC 7617).
pub(crate) fn basic(username: String, password: Secret) -> Result<Credentials, InvalidPair> {
    if username.contains(':') || username.chars().any(char::is_control) {
        return Err(InvalidPair::Name(InvalidValue::UserName));
    }
    if password.reveal().chars().any(char::is_control) {
        return Err(InvalidPair::Secret(InvalidValue::Password));
    }
    Ok(Credentials::Basic { username, password })
}

/// A token (RFC 6750).
pub(crate) fn bearer(token: Secret) -> Result<Credentials, InvalidValue> {
    let text = token.reveal();
    if text.chars().all(|c| c.is_ascii_graphic()) && !text.is_empty() {
        Ok(Credentials::Bearer { token })
    } else {
        Err(InvalidValue::Token)
    }
}

/// A key under a name.
pub(crate) fn api_key(
    place: KeyPlace,
    name: String,
    key: Secret,
) -> Result<Credentials, InvalidPair> {
    let location = match place {
        KeyPlace::Header => {
            read_header(&name, key.reveal()).map_err(|problem| match problem {
                InvalidValue::HeaderValue => InvalidPair::Secret(problem),
                other => InvalidPair::Name(other),
            })?;
            Location::Header
        }
        KeyPlace::Query if name.is_empty() => return Err(InvalidPair::Name(InvalidValue::Empty)),
        KeyPlace::Query => Location::Query,
        KeyPlace::Cookie => {
            if !cookie::is_name(&name) {
                return Err(InvalidPair::Name(InvalidValue::CookieName));
            }
            if !cookie::is_value(key.reveal()) {
                return Err(InvalidPair::Secret(InvalidValue::CookieValue));
            }
            Location::Cookie
        }
    };
    Ok(Credentials::ApiKey {
        location,
        name,
        key,
    })
}

/// The domain of a user pool, without what people copy with it.
pub(crate) fn domain(text: &str) -> Result<String, InvalidValue> {
    let text = text.trim();
    let domain = text.strip_prefix("https://").unwrap_or(text);
    let domain = domain.strip_suffix('/').unwrap_or(domain);
    let domain = domain.to_ascii_lowercase();
    let url = Url::parse(&format!("https://{domain}/")).map_err(|_| InvalidValue::Domain)?;
    if url.host_str() == Some(&domain) {
        Ok(domain)
    } else {
        Err(InvalidValue::Domain)
    }
}

/// A region of AWS, which becomes a part of host names.
pub(crate) fn region(text: &str) -> Result<String, InvalidValue> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.contains('-') && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::Region)
    }
}

/// Scopes that are separated by white space (RFC 6749 section 3.3), or by commas.
pub(crate) fn scopes(text: &str) -> Vec<String> {
    let scopes = text.split(|c: char| c == ',' || c.is_whitespace());
    scopes
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether these credentials are an `Authorization` header.
pub(crate) fn are_authorization(credentials: &Credentials) -> bool {
    match credentials {
        Credentials::None => false,
        Credentials::ApiKey { location, name, .. } => {
            *location == Location::Header && name.eq_ignore_ascii_case("authorization")
        }
        Credentials::Basic { .. }
        | Credentials::Bearer { .. }
        | Credentials::ClientCredentials { .. }
        | Credentials::Cognito(_)
        | Credentials::SigV4 { .. } => true,
    }
}
