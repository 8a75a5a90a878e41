//! What a path means. Read by hand from the raw path, so that a name is one percent-encoded
//! segment whatever it contains.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::{
    config::{
        Layout,
        value::{PathPrefix, RootPath},
    },
    gateway::Protocol,
};

/// Where the gateway's own routes begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `--path-prefix`.
    pub prefix: PathPrefix,
    /// `--root-path`.
    pub root_path: RootPath,
    /// `--sse-path`, without slashes around it.
    pub sse: String,
    /// `--message-path`, without slashes around it.
    pub messages: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            prefix: PathPrefix::default(),
            root_path: RootPath::default(),
            sse: "sse".to_owned(),
            messages: "messages".to_owned(),
        }
    }
}

impl Paths {
    /// The prefix of all routes but health, readiness, status and metrics; begins and ends with a slash.
    pub fn prefix(&self) -> &str {
        self.prefix.as_str()
    }

    /// The prefix as callers see it in front of a proxy; begins and ends with a slash.
    pub fn public_prefix(&self) -> String {
        format!("{}{}", self.root_path, self.prefix)
    }
}

/// What a document or page is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// All servers.
    Gateway,
    /// One server.
    Server(Cow<'a, str>),
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `openapi.json`.
    Json,
    /// `openapi.yaml`.
    Yaml,
}

/// All that the gateway serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// Liveness.
    Health,
    /// Readiness.
    Ready,
    /// What runs.
    Status,
    /// What is counted.
    Metrics,
    /// The config, read again.
    Reload,
    /// Where browsers come back to after a login.
    LoginCallback,
    /// An OpenAPI document.
    Document {
        /// What it describes.
        scope: Scope<'a>,
        /// How it is written.
        format: Format,
    },
    /// A docs page.
    DocsPage {
        /// What it is about.
        scope: Scope<'a>,
        /// Whether the path ended with a slash, which relative links depend on.
        slash: bool,
    },
    /// A file that docs pages load.
    DocsAsset {
        /// What the page is about.
        scope: Scope<'a>,
        /// The file's name.
        file: Cow<'a, str>,
    },
    /// An MCP endpoint.
    Mcp {
        /// What it is about.
        scope: Scope<'a>,
        /// Which of them.
        endpoint: Endpoint,
    },
    /// What one server offers.
    Offer {
        /// The server's name.
        server: Cow<'a, str>,
        /// What of it.
        offer: Offer<'a>,
    },
}

/// The endpoints of MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Of streamable HTTP.
    Mcp,
    /// The stream of HTTP+SSE.
    Sse,
    /// Where messages of HTTP+SSE are sent to.
    Messages,
}

/// What a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer<'a> {
    /// A call of the tool of this name.
    CallTool(Cow<'a, str>),
    /// The list of resources.
    Resources,
    /// The content of one resource.
    ReadResource,
    /// The list of resource templates.
    ResourceTemplates,
    /// The list of prompts.
    Prompts,
    /// The prompt of this name, filled in.
    GetPrompt(Cow<'a, str>),
    /// Suggestions for an argument of the prompt of this name.
    CompletePrompt(Cow<'a, str>),
    /// Suggestions for a variable of a resource template.
    CompleteResourceTemplate,
}

impl Route<'_> {
    /// The protocol of callers that it belongs to, if it is about servers.
    pub fn protocol(&self) -> Option<Protocol> {
        match self {
            Self::Mcp { .. } => Some(Protocol::Mcp),
            Self::Document { .. }
            | Self::DocsPage { .. }
            | Self::DocsAsset { .. }
            | Self::Offer { .. } => Some(Protocol::Rest),
            Self::Health
            | Self::Ready
            | Self::Status
            | Self::Metrics
            | Self::Reload
            | Self::LoginCallback => None,
        }
    }

    /// Whether it is for everyone, with `--public-docs` or without. This is the one list of
    /// public routes.
    pub fn is_public(&self, public_docs: bool) -> bool {
        match self {
            Self::Health | Self::Ready | Self::LoginCallback => true,
            Self::Document { .. } | Self::DocsPage { .. } | Self::DocsAsset { .. } => public_docs,
            Self::Status | Self::Metrics | Self::Reload | Self::Mcp { .. } | Self::Offer { .. } => {
                false
            }
        }
    }
}

/// What a path means, by method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target<'a> {
    /// To `GET` and `HEAD`.
    pub get: Option<Route<'a>>,
    /// To `POST`.
    pub post: Option<Route<'a>>,
    /// To `DELETE`.
    pub delete: Option<Route<'a>>,
}

/// Within a server, the last segments that aren't tools: such a tool is served below `call/`
/// alone.
pub const RESERVED_TARGETS: [&str; 7] = [
    "call",
    "mcp",
    "messages",
    "functions",
    "tools",
    "execute",
    "prompts",
];

/// The path, below the prefix, where browsers come back to after a login.
pub const LOGIN_CALLBACK: &str = "oauth/callback";

/// Where the config is read again by hand, whatever the prefix.
const RELOAD: &str = "/-/reload";

/// What a raw path means.
pub fn resolve<'a>(layout: &'a Layout, paths: &Paths, path: &'a str) -> Target<'a> {
    let own = path.strip_prefix(paths.prefix());
    if own == Some(LOGIN_CALLBACK) {
        return Target {
            get: Some(Route::LoginCallback),
            ..Target::default()
        };
    }
    let below = own
        .and_then(|rest| match layout {
            Layout::Single(server) => in_server(&Cow::Borrowed(server.as_str()), rest, paths),
            Layout::Many => in_gateway(rest, paths),
        })
        .unwrap_or_default();
    let top = match path.strip_suffix('/').unwrap_or(path) {
        "/health" => Some(Route::Health),
        "/ready" => Some(Route::Ready),
        "/status" => Some(Route::Status),
        "/metrics" => Some(Route::Metrics),
        _ => None,
    };
    let reload = (path == RELOAD).then_some(Route::Reload);
    Target {
        get: top.or(below.get),
        post: reload.or(below.post),
        delete: below.delete,
    }
}

/// The MCP endpoints of a scope.
fn endpoints<'a>(scope: &Scope<'a>, rest: &str, paths: &Paths) -> Option<Target<'a>> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let route = |endpoint| {
        Some(Route::Mcp {
            scope: scope.clone(),
            endpoint,
        })
    };
    let target = if rest == "mcp" {
        Target {
            get: route(Endpoint::Mcp),
            post: route(Endpoint::Mcp),
            delete: route(Endpoint::Mcp),
        }
    } else if rest == paths.sse {
        Target {
            get: route(Endpoint::Sse),
            ..Target::default()
        }
    } else if rest == paths.messages {
        Target {
            post: route(Endpoint::Messages),
            ..Target::default()
        }
    } else {
        return None;
    };
    Some(target)
}

fn in_gateway<'a>(rest: &'a str, paths: &Paths) -> Option<Target<'a>> {
    if let Some(target) = endpoints(&Scope::Gateway, rest, paths) {
        return Some(target);
    }
    let (first, below) = match rest.split_once('/') {
        Some((first, below)) => (decode(first)?, Some(below)),
        None => (decode(rest)?, None),
    };
    match (&*first, below) {
        ("openapi.json" | "openapi.yaml" | "docs", _) => docs(Scope::Gateway, rest),
        (_, Some(below)) => in_server(&first, below, paths),
        (_, None) => None,
    }
}

fn in_server<'a>(server: &Cow<'a, str>, rest: &'a str, paths: &Paths) -> Option<Target<'a>> {
    let own = endpoints(&Scope::Server(server.clone()), rest, paths);
    let offers = offers(server, rest);
    match (own, offers) {
        // A tool may have the name of the stream, which is never posted to.
        (Some(own), Some(offers)) => Some(Target {
            post: own.post.or(offers.post),
            ..own
        }),
        (own, offers) => own.or(offers),
    }
}

fn offers<'a>(server: &Cow<'a, str>, rest: &'a str) -> Option<Target<'a>> {
    let mut segments = rest.strip_suffix('/').unwrap_or(rest).split('/');
    let first = decode(segments.next()?)?;
    let second = match segments.next() {
        Some(segment) => Some(decode(segment)?),
        None => None,
    };
    let third = match segments.next() {
        Some(segment) => Some(decode(segment)?),
        None => None,
    };
    if first.is_empty() || segments.next().is_some() {
        return None;
    }
    let of_server = |offer| Route::Offer {
        server: server.clone(),
        offer,
    };
    if let Some(third) = third {
        let offer = match (&*first, second, &*third) {
            ("prompts", Some(prompt), "complete") => Offer::CompletePrompt(prompt),
            ("resources", Some(what), "complete") if what == "templates" => {
                Offer::CompleteResourceTemplate
            }
            _ => return None,
        };
        return Some(Target {
            post: Some(of_server(offer)),
            ..Target::default()
        });
    }
    let (get, post) = match (&*first, second) {
        ("openapi.json" | "openapi.yaml" | "docs", second) => {
            let page = docs(Scope::Server(server.clone()), rest)?.get;
            let tool = second.is_none().then_some(Offer::CallTool(first));
            return Some(Target {
                get: page,
                post: tool.map(of_server),
                delete: None,
            });
        }
        ("resources", None) => (Some(Offer::Resources), Some(Offer::CallTool(first))),
        ("resources", Some(what)) => match &*what {
            "read" => (Some(Offer::ReadResource), None),
            "templates" => (Some(Offer::ResourceTemplates), None),
            _ => return None,
        },
        ("prompts", None) => (Some(Offer::Prompts), None),
        ("prompts", Some(prompt)) => (None, Some(Offer::GetPrompt(prompt))),
        ("call", Some(tool)) => (None, Some(Offer::CallTool(tool))),
        (name, None) if !RESERVED_TARGETS.contains(&name) => (None, Some(Offer::CallTool(first))),
        _ => return None,
    };
    Some(Target {
        get: get.map(of_server),
        post: post.map(of_server),
        delete: None,
    })
}

/// The documents and pages of a scope.
fn docs<'a>(scope: Scope<'a>, rest: &'a str) -> Option<Target<'a>> {
    let (trimmed, slash) = match rest.strip_suffix('/') {
        Some(trimmed) => (trimmed, true),
        None => (rest, false),
    };
    let (first, file) = match trimmed.split_once('/') {
        Some((first, file)) => (decode(first)?, Some(decode(file)?)),
        None => (decode(trimmed)?, None),
    };
    let route = match (&*first, file) {
        ("openapi.json", None) => Route::Document {
            scope,
            format: Format::Json,
        },
        ("openapi.yaml", None) => Route::Document {
            scope,
            format: Format::Yaml,
        },
        ("docs", None) => Route::DocsPage { scope, slash },
        ("docs", Some(file)) => Route::DocsAsset { scope, file },
        _ => return None,
    };
    Some(Target {
        get: Some(route),
        ..Target::default()
    })
}

/// A segment's text; nothing for what is no valid percent-encoding of UTF-8.
fn decode(segment: &str) -> Option<Cow<'_, str>> {
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let hexadecimal = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
        if byte == b'%' && !(hexadecimal(bytes.next()) && hexadecimal(bytes.next())) {
            return None;
        }
    }
    percent_decode_str(segment).decode_utf8().ok()
}
