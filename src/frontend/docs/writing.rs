//! What a document is written from: the catalogs, the config's words, and where the paths begin.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    config::Layout,
    frontend::{
        State,
        route::{Format, RESERVED_TARGETS, Scope},
    },
    gateway::{Catalog, Group, Lease, Server, ServerSettings, Tool, View},
    json::Raw,
    openapi::{self, DocumentOptions, DocumentView, Recursion, Section, Security, ToolView},
};

/// A server and what it offers.
pub(super) type Described = (Lease, Arc<Catalog>);

/// All but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Writes a document.
pub(super) fn write(
    state: &State,
    scope: &Scope<'_>,
    described: &[Described],
    recursion: Recursion,
    format: Format,
) -> Bytes {
    let settings = &state.documents.settings;
    let is_root = matches!(scope, Scope::Gateway);
    let group = match scope {
        Scope::Gateway => None,
        Scope::Server(name) => state.registry.group(name),
    };
    let mcp = state.mcp.settings();
    let together = group.as_ref().map(|group| {
        let servers = described.iter();
        let servers = servers.map(|(server, catalog)| (&server.name, Some(&**catalog)));
        let separator = &mcp.name_separator;
        View::of_many(servers, separator, Some(&group.selection))
    });
    let prefixes: Vec<String> = described
        .iter()
        .map(|(server, _)| {
            if is_root {
                format!("/{}/", segment(server.name.as_str()))
            } else {
                "/".into()
            }
        })
        .collect();
    let own: Vec<_> = described.iter().map(|(it, _)| it.settings()).collect();
    let of_servers = || {
        let described = described.iter().zip(&own).zip(&prefixes);
        let section = described.map(|(((server, catalog), own), path_prefix)| Section {
            tag: is_root.then(|| server.name.as_str()),
            tag_description: if is_root {
                about(server, own, catalog).description
            } else {
                None
            },
            path_prefix,
            tools: catalog.tools.iter().map(|tool| view(tool)).collect(),
        });
        section.collect()
    };
    let sections = match &together {
        None => of_servers(),
        Some(together) => vec![of_group(together)],
    };
    let about = match (&group, scope, described.first().zip(own.first())) {
        (Some(group), ..) => about_group(group),
        (None, Scope::Server(_), Some(((server, catalog), own))) => about(server, own, catalog),
        _ => About {
            title: state.documents.title(),
            description: settings.overrides.description.as_deref(),
            version: settings
                .overrides
                .version
                .as_deref()
                .unwrap_or(env!("CARGO_PKG_VERSION")),
        },
    };
    let demands = state.guard.demands_credentials();
    let server_url = server_url(state, scope);
    let document = openapi::write(&DocumentView {
        title: about.title,
        version: about.version,
        description: about.description,
        server_url: server_url.as_deref(),
        security: Security {
            bearer: demands,
            basic: demands,
        },
        sections,
        options: DocumentOptions {
            operation_ids: settings.operation_ids,
            recursion,
            tool_error_status: state.tool_error_status.as_u16(),
        },
    });
    match format {
        Format::Json => document.to_json().into(),
        Format::Yaml => document.to_yaml().into(),
    }
}

/// The document of a server or group, or of all servers, for whoever asks for it without a
/// request: of the servers whose offers are known.
pub fn written(state: &State, name: Option<&str>, format: Format) -> Bytes {
    let roster = state.registry.roster();
    let scope = name.map_or(Scope::Gateway, |name| Scope::Server(name.into()));
    let servers: Vec<&Arc<Server>> = match name {
        None => roster.servers().collect(),
        Some(name) => match roster.group(name) {
            Some(group) => {
                let names = group.servers.iter();
                names.filter_map(|it| roster.get(it.as_str())).collect()
            }
            None => roster.get(name).into_iter().collect(),
        },
    };
    let described = servers.into_iter().filter_map(|server| {
        let catalog = server.state().catalog.clone()?;
        Some((Lease::shared(server), catalog))
    });
    let described: Vec<Described> = described.collect();
    let recursion = state.documents.settings.recursion;
    write(state, &scope, &described, recursion, format)
}

/// Where the paths of a document begin: an absolute path, without a slash at its end.
fn server_url(state: &State, scope: &Scope<'_>) -> Option<String> {
    let mut url = state.paths.public_prefix();
    if let (Scope::Server(name), Layout::Many) = (scope, &state.layout) {
        url.push_str(&segment(name));
    }
    let trimmed = url.trim_end_matches('/');
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// What a document says of a server.
struct About<'a> {
    title: &'a str,
    description: Option<&'a str>,
    version: &'a str,
}

/// The config's words, else the server's own.
fn about<'a>(server: &'a Server, own: &'a ServerSettings, catalog: &'a Catalog) -> About<'a> {
    let overrides = &own.overrides;
    About {
        title: overrides
            .title
            .as_deref()
            .or(catalog.server_title.as_deref())
            .or(catalog.server_name.as_deref())
            .unwrap_or(server.name.as_str()),
        description: overrides
            .description
            .as_deref()
            .or(catalog.instructions.as_deref()),
        version: overrides
            .version
            .as_deref()
            .or(catalog.server_version.as_deref())
            .unwrap_or("1.0"),
    }
}

/// What a document says of a group.
fn about_group(group: &Group) -> About<'_> {
    let overrides = &group.overrides;
    About {
        title: overrides.title.as_deref().unwrap_or(group.name.as_str()),
        description: overrides.description.as_deref(),
        version: overrides
            .version
            .as_deref()
            .unwrap_or(env!("CARGO_PKG_VERSION")),
    }
}

/// The tools of a group, under the names that they have there.
fn of_group(together: &View) -> Section<'_> {
    let tools = together.tools.list.iter().map(|item| ToolView {
        name: &item.name,
        path: path(&item.name),
        ..view(&item.item)
    });
    Section {
        tag: None,
        tag_description: None,
        path_prefix: "/",
        tools: tools.collect(),
    }
}

fn view(tool: &Tool) -> ToolView<'_> {
    ToolView {
        name: &tool.name,
        title: tool.title.as_deref(),
        description: tool.description.as_deref(),
        annotations: tool.annotations.as_ref().map(Raw::get),
        input_schema: tool.input_schema.get(),
        output_schema: tool.output_schema.as_ref().map(Raw::get),
        wrapped_result: tool.wrapped_result,
        responses: tool.responses.as_deref(),
        path: path(&tool.name),
        free_form: tool.arguments.is_free_form(),
    }
}

/// A tool's path below its server's.
fn path(tool: &str) -> String {
    let name = segment(tool);
    if RESERVED_TARGETS.contains(&tool) {
        format!("call/{name}")
    } else {
        name.into_owned()
    }
}

/// A name as one segment of a path. Dots alone would be taken for `.` and `..` by whoever
/// resolves the URL, percent-encoded or not, so such a name can't be a segment; it is encoded
/// all the same.
pub fn segment(name: &str) -> Cow<'_, str> {
    utf8_percent_encode(name, SEGMENT).into()
}
