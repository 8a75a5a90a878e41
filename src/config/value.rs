//! Types of single settings, and how each is read from text: the same way from flags,
//! environment variables and the config file.

mod api_path;
mod duration;
mod host;
mod log_filter;
mod name_separator;
mod origin;
mod peer;
mod size;

pub use api_path::{EndpointPath, PathPrefix, RootPath};
pub use duration::{Patience, Timeout};
pub use host::Host;
pub(crate) use host::is_loopback;
pub use log_filter::LogFilter;
pub use name_separator::NameSeparator;
pub use origin::{AllowedOrigin, Origin};
pub use peer::{Peer, ReplicaName};
pub use size::Size;

use crate::config::spelling;
use crate::secrets::Secret;

/// Why a text is not a value of a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidValue {
    /// Not a duration at all.
    #[error(
        "it is not a duration; write a number and its unit, such as `250ms`, `30s`, `5m` or `1h`"
    )]
    Duration,
    /// A deadline of nothing.
    #[error("it must be longer than nothing; write for example `30s`")]
    NoDuration,
    /// A duration that is longer than any sense.
    #[error("it is longer than 30 days, the longest duration accepted")]
    LongDuration,
    /// Not a size at all.
    #[error(
        "it is not a size; write a number of bytes, or a number and its unit, such as `64KiB` or `16MiB`"
    )]
    Size,
    /// A size out of range.
    #[error("it must be from 1KiB to 4GiB")]
    SizeRange,
    /// Not a host.
    #[error(
        "it is not a host; write an address or a name without scheme and port, such as `127.0.0.1`, `::1` or `localhost`"
    )]
    Host,
    /// A host and a port.
    #[error("it holds a port; write the host alone, and the port with `--port`")]
    HostWithPort,
    /// Not an origin.
    #[error(
        "it is not an origin; write the scheme, the host and the port if there is one, without a path, such as `https://chat.example.com`, or `*` for all"
    )]
    Origin,
    /// A client-metadata document that nobody could rely on.
    #[error(
        "it must be an https URL with a path, such as `https://gateway.example.com/client.json`"
    )]
    DocumentUrl,
    /// Not a path.
    #[error("it is not a path of a URL; write segments and slashes alone, such as `/tools`")]
    Path,
    /// Not a path of its own.
    #[error("it is the path of everything; write a path such as `/sse`")]
    NoPath,
    /// A path that routes of the gateway itself use.
    #[error("routes of the gateway itself start with `/{0}`; write another path, such as `/sse`")]
    ReservedPath(String),
    /// Not a separator of names.
    #[error(
        "it can't stand between names of servers and tools; write 1 to 8 letters (a-z, A-Z), digits, `_` or `-`, such as `__`"
    )]
    NameSeparator,
    /// Not the name of a replica.
    #[error(
        "it is not the name of a replica; write 1 to 64 letters (a-z, A-Z), digits, `.`, `_` or `-`, such as `gateway-0`"
    )]
    ReplicaName,
    /// Not another replica.
    #[error(
        "it is not a name, `=` and the URL of a replica; write for example `gateway-1=http://10.0.0.2:8000`"
    )]
    Peer,
    /// Not the URL of a server.
    #[error("it is not a URL of a server; write for example `https://example.com/mcp`")]
    Url,
    /// Neither the URL nor the path of a document.
    #[error(
        "it is neither the URL of a document nor the path of a file; write for example `https://api.example.com/openapi.json` or `openapi.yaml`"
    )]
    Spec,
    /// Not the URL of a document.
    #[error(
        "it is not the URL of a document; write for example `https://api.example.com/openapi.json`"
    )]
    SpecUrl,
    /// A path, or nothing at all, where the URL of a document must be.
    #[error(
        "it is not the URL of a document; write for example `https://api.example.com/openapi.json`, or give the path of a file as {0}"
    )]
    PathAsSpecUrl(String),
    /// A URL where the path of a document must be.
    #[error("it is a URL, not the path of a file such as `openapi.yaml`; give it as {0}")]
    UrlAsSpecPath(String),
    /// Not a URL that an API can stand below.
    #[error(
        "it is not a URL that an API stands below; write for example `https://api.example.com/v1`, without a query"
    )]
    BaseUrl,
    /// Not the name of a user.
    #[error("a user's name holds neither `:` nor control characters (RFC 7617)")]
    UserName,
    /// Not a password.
    #[error("a password holds no control characters (RFC 7617); is there a line break in it?")]
    Password,
    /// Not a token.
    #[error("a token is ASCII without white space; write it alone, without `Bearer` before it")]
    Token,
    /// Not the name of a cookie.
    #[error("it is not the name of a cookie; write for example `session`")]
    CookieName,
    /// Not the value of a cookie.
    #[error(
        "its value can't be sent in a cookie: it must be ASCII without white space, quotes, `,`, `;` and `\\`"
    )]
    CookieValue,
    /// Not the domain of a user pool.
    #[error(
        "it is not the domain of a user pool; write its prefix, or its host name, such as `login.example.com`"
    )]
    Domain,
    /// Not a region of AWS.
    #[error("it is not a region of AWS; write for example `eu-west-1`")]
    Region,
    /// Not a method of HTTP: with the one that was probably meant.
    #[error("it is not a method of HTTP{}", .0.as_deref().map_or_else(|| "; write for example `GET`, or `*` for all".to_owned(), |near| spelling::hint(Some(near))))]
    Method(Option<String>),
    /// Not the name of a header.
    #[error("it is not the name of an HTTP header; write for example `Authorization`")]
    HeaderName,
    /// Not the name of a header that could carry credentials on.
    #[error(
        "callers can't send credentials for the server in it; write the name of a header that nothing else uses, such as `X-Upstream-Authorization`"
    )]
    CredentialHeader,
    /// Not the value of a header.
    #[error("its value can't be sent in an HTTP header: it must be ASCII on one line")]
    HeaderValue,
    /// A header that every request has a value of its own for.
    #[error("the gateway itself sets this header in each request; leave it out")]
    HeaderOfTransport,
    /// Not a log level or filter.
    #[error("it is not a log level; write DEBUG, INFO, WARNING, ERROR or CRITICAL{}", spelling::hint(.0.as_deref()))]
    LogLevel(Option<String>),
    /// Not one of a few words.
    #[error("it must be one of {}{}", spelling::list(.words), spelling::hint(.near.as_deref()))]
    Word {
        /// The words.
        words: &'static [&'static str],
        /// The word that was probably meant.
        near: Option<String>,
    },
    /// Not a number.
    #[error("it must be a whole number from {from} to {to}")]
    Number {
        /// Least number.
        from: u64,
        /// Greatest number.
        to: u64,
    },
    /// Not a boolean.
    #[error("it must be `true` or `false`")]
    Boolean,
    /// Not a variable.
    #[error("it is not a name, `=` and a value")]
    Variable,
    /// Words whose quotes don't fit.
    #[error(
        "a quote is opened and not closed; close it, or write a quote itself as `\\'` or `\\\"`"
    )]
    Quotes,
    /// Not Unicode.
    #[error("it is not UTF-8 text")]
    Unicode,
    /// Nothing where something must be.
    #[error("it is empty")]
    Empty,
}

impl InvalidValue {
    /// Whether a value that nobody takes for a secret was wanted: a word of a few, a number, a
    /// duration.
    pub(crate) fn is_about_a_plain_value(&self) -> bool {
        matches!(
            self,
            Self::Word { .. }
                | Self::Boolean
                | Self::Number { .. }
                | Self::Duration
                | Self::NoDuration
                | Self::LongDuration
        )
    }
}

/// A whole number in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<const FROM: u64, const TO: u64>(u64);

impl<const FROM: u64, const TO: u64> Number<FROM, TO> {
    /// Takes a number that is in the range.
    pub fn new(number: u64) -> Result<Self, InvalidValue> {
        if (FROM..=TO).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidValue::Number { from: FROM, to: TO })
        }
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number as a count of things in memory.
    pub fn count(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const FROM: u64, const TO: u64> std::str::FromStr for Number<FROM, TO> {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let number = text
            .parse()
            .map_err(|_| InvalidValue::Number { from: FROM, to: TO })?;
        Self::new(number)
    }
}

/// Declares a closed set of words as an enum, or gives the words of an enum that stands elsewhere.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal $(| $alias:literal)*,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        $crate::config::value::words! { for $name { $($variant = $word $(| $alias)*,)* } }
    };
    (for $name:ident { $($variant:ident = $word:literal $(| $alias:literal)*,)* }) => {
        impl $name {
            /// The words, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word for this.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::config::json_schema::values::words(Self::WORDS, &[$($($alias,)*)*])
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::config::value::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text.to_ascii_lowercase().as_str() {
                    $($word $(| $alias)* => Ok(Self::$variant),)*
                    other => Err($crate::config::value::InvalidValue::Word {
                        words: Self::WORDS,
                        near: $crate::config::spelling::nearest(other, Self::WORDS.iter().copied())
                            .map(str::to_owned),
                    }),
                }
            }
        }
    };
}
pub(crate) use words;

/// Reads a boolean as people write them in environment variables.
pub fn parse_boolean(text: &str) -> Result<bool, InvalidValue> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(InvalidValue::Boolean),
    }
}

/// Reads an environment variable for a server: `NAME=VALUE`.
pub fn parse_variable(text: &str) -> Result<(String, Secret), InvalidValue> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !text.contains('\0') => {
            Ok((name.to_owned(), Secret::new(value)))
        }
        _ => Err(InvalidValue::Variable),
    }
}

#[cfg(test)]
mod tests;
