//! Which of a caller's headers a server gets: mcpo's `client_header_forwarding`, with bounds.

#[cfg(test)]
mod tests;

use super::Identity;

/// The header that becomes `Authorization`, where the config names no other.
pub const CREDENTIAL_HEADER: &str = "x-upstream-authorization";

/// Headers that are never passed on, whatever the config says: those of the connection (RFC 9110
/// section 7.6.1), those of the body and of what comes back, those that the protocol sets itself,
/// and those by which a caller proves to the gateway who it is.
const NEVER: [&str; 22] = [
    "connection",
    "keep-alive",
    "proxy-*",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "host",
    "content-*",
    "accept*",
    "access-control-*",
    "expect",
    "cookie",
    "cookie2",
    "authorization",
    "x-api-key",
    "mcp-*",
    "last-event-id",
    "origin",
    "sec-*",
    "upgrade-insecure-requests",
];

/// Headers that say nothing of the caller, but of one request or of its way here. They pass only
/// where the whitelist names them: else each call would be somebody else, or a proxy.
const ONLY_BY_NAME: [&str; 31] = [
    "x-forwarded-*",
    "forwarded",
    "via",
    "x-real-ip",
    "x-request-id",
    "x-correlation-id",
    "request-id",
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-*",
    "x-amzn-*",
    "x-cloud-trace-context",
    "x-datadog-*",
    "sentry-trace",
    "user-agent",
    "referer",
    "cache-control",
    "pragma",
    "if-*",
    "range",
    "date",
    "priority",
    "dnt",
    "save-data",
    "max-forwards",
    "idempotency-key",
    "x-requested-with",
    "cf-*",
    "cdn-loop",
];

/// Which of a caller's headers one server gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarding {
    whitelist: Vec<Pattern>,
    blacklist: Vec<Pattern>,
    credential_header: String,
    /// What the config sends to the server anyway.
    configured: Vec<Pattern>,
    logs_names: bool,
}

/// A header's name, or the start of names, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    is_start: bool,
}

/// What becomes of a request's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection<'a> {
    /// What is forwarded.
    pub identity: Identity,
    /// The names of what is not.
    pub withheld: Vec<&'a str>,
}

impl Pattern {
    /// A name, or with a `*` at its end all names that start so (mcpo's patterns).
    pub fn new(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        match text.strip_suffix('*') {
            Some(start) => Self {
                text: start.to_owned(),
                is_start: true,
            },
            None => Self {
                text,
                is_start: false,
            },
        }
    }

    fn matches(&self, name: &str) -> bool {
        if self.is_start {
            name.starts_with(&self.text)
        } else {
            name == self.text
        }
    }

    /// Whether it names headers of this group alone.
    fn is_within(&self, other: &Self) -> bool {
        other.matches(&self.text) && (other.is_start || !self.is_start)
    }
}

impl Forwarding {
    /// These rules. No whitelist admits all that may pass; the blacklist wins over it.
    pub fn new(whitelist: Vec<Pattern>, blacklist: Vec<Pattern>) -> Self {
        Self {
            whitelist,
            blacklist,
            credential_header: CREDENTIAL_HEADER.to_owned(),
            configured: Vec::new(),
            logs_names: false,
        }
    }

    /// Another header that becomes `Authorization`.
    #[must_use]
    pub fn with_credential_header(mut self, name: &str) -> Self {
        self.credential_header = name.to_ascii_lowercase();
        self
    }

    /// Headers that the config sends anyway: a caller's own take their place only where the
    /// whitelist names them.
    #[must_use]
    pub fn beside<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.configured = names.into_iter().map(Pattern::new).collect();
        self
    }

    /// Tells the log which headers are forwarded, by their names.
    #[must_use]
    pub fn logging_names(mut self, logs_names: bool) -> Self {
        self.logs_names = logs_names;
        self
    }

    /// Whether the log is told.
    pub fn logs_names(&self) -> bool {
        self.logs_names
    }

    /// The header that becomes `Authorization`, in lower case.
    pub fn credential_header(&self) -> &str {
        &self.credential_header
    }

    /// Whether nothing in the config can make a header of this name pass.
    pub fn never_passes(name: &str) -> bool {
        is_among(&NEVER, &name.to_ascii_lowercase())
    }

    /// Whether a caller can have the server get a header of this name, `Authorization` by the
    /// header for credentials.
    pub fn may_pass(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        if name == "authorization" {
            self.takes_credentials()
        } else {
            self.passes(&name)
        }
    }

    /// What becomes of a request's headers, whose names are in lower case.
    pub fn select<'a>(&self, headers: &[(&'a str, &'a [u8])]) -> Selection<'a> {
        let of_connection: Vec<String> = headers
            .iter()
            .filter(|(name, _)| *name == "connection")
            .flat_map(|(_, value)| value.split(|byte| *byte == b','))
            .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
            .collect();
        let mut forwarded = Vec::new();
        let mut withheld = Vec::new();
        for &(name, value) in headers {
            let is_of_connection = of_connection.iter().any(|other| other == name);
            if is_of_connection {
                withheld.push(name);
            } else if name == self.credential_header && self.takes_credentials() {
                forwarded.push(("authorization", value));
            } else if self.passes(name) {
                forwarded.push((name, value));
            } else {
                withheld.push(name);
            }
        }
        Selection {
            identity: Identity::new(forwarded),
            withheld,
        }
    }

    /// The header for it is the caller's own word that it is meant for the server, so that no
    /// whitelist is needed; the blacklist can switch it off.
    fn takes_credentials(&self) -> bool {
        !matches(&self.blacklist, &self.credential_header)
            && !matches(&self.blacklist, "authorization")
    }

    fn passes(&self, name: &str) -> bool {
        if name == self.credential_header
            || is_among(&NEVER, name)
            || matches(&self.blacklist, name)
        {
            return false;
        }
        let group = ONLY_BY_NAME
            .iter()
            .map(|group| Pattern::new(group))
            .find(|group| group.matches(name));
        let configured = self.configured.iter().find(|own| own.matches(name));
        let mut groups = group.iter().chain(configured).peekable();
        if groups.peek().is_none() {
            return self.whitelist.is_empty() || matches(&self.whitelist, name);
        }
        let naming = |group: &Pattern| {
            self.whitelist
                .iter()
                .any(|pattern| pattern.matches(name) && pattern.is_within(group))
        };
        groups.all(naming)
    }
}

fn is_among(patterns: &[&str], name: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| Pattern::new(pattern).matches(name))
}

fn matches(patterns: &[Pattern], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(name))
}
