//! The docs pages: Swagger UI, and above it the servers where there are many.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};

use super::{exists, swagger, writing::segment};
use crate::{
    config::Layout,
    frontend::{
        State, answer,
        html::Text,
        route::Scope,
        state::{seen_by, sees_group, sees_server},
    },
    gateway::{Caller, Group, Roster, Server, ServerName},
};

/// Scripts come from our own files alone, and no other site may frame the page. Swagger UI sets
/// inline styles, and shows images and audio as `data:` and `blob:` URIs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob:; media-src data: blob:; font-src data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// `GET docs`. Links are relative, so that the page works behind a proxy that strips a prefix;
/// `slash` says whether they begin one level deeper.
pub fn serve(
    state: &State,
    caller: Option<&Caller>,
    scope: &Scope<'_>,
    slash: bool,
) -> HttpResponse {
    if !exists(state, scope, caller) {
        return answer::not_found();
    }
    let up = if slash { "../" } else { "" };
    let title = match scope {
        Scope::Gateway => state.documents.title(),
        Scope::Server(name) => name,
    };
    let mut page = String::with_capacity(4096);
    // Writing to a string does not fail.
    let _ = write!(
        page,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/png" href="{up}docs/favicon-32x32.png" sizes="32x32">
<link rel="stylesheet" href="{up}docs/swagger-ui.css">
<link rel="stylesheet" href="{up}docs/{style}">
</head>
<body>
"#,
        title = Text(title),
        style = swagger::STYLE,
    );
    let _ = match (scope, &state.layout) {
        (Scope::Gateway, _) => servers(&mut page, state, caller, title, up),
        (Scope::Server(_), Layout::Many) => writeln!(
            page,
            r#"<nav class="servers"><a href="{up}../docs">All servers</a></nav>"#
        ),
        (Scope::Server(_), Layout::Single(_)) => Ok(()),
    };
    let _ = write!(
        page,
        r#"<div id="swagger-ui"></div>
<script src="{up}docs/swagger-ui-bundle.js"></script>
<script src="{up}docs/{initializer}"></script>
</body>
</html>
"#,
        initializer = swagger::INITIALIZER,
    );
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = answer::typed(StatusCode::OK, html, page);
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ] {
        headers.insert(name, value);
    }
    response
}

fn servers(
    page: &mut String,
    state: &State,
    caller: Option<&Caller>,
    title: &str,
    up: &str,
) -> fmt::Result {
    write!(
        page,
        "<section class=\"servers\">\n<h1>{}</h1>\n<table>\n<thead><tr><th>Server</th><th>State</th><th>Tools</th><th>About</th></tr></thead>\n<tbody>\n",
        Text(title)
    )?;
    let roster = state.registry.roster();
    let seen = |server: &&Arc<Server>| sees_server(caller, &server.name);
    for server in roster.servers().filter(seen) {
        row(page, server, caller, up)?;
    }
    page.push_str("</tbody>\n</table>\n");
    groups(page, &roster, caller, up)?;
    page.push_str("</section>\n");
    Ok(())
}

fn groups(page: &mut String, roster: &Roster, caller: Option<&Caller>, up: &str) -> fmt::Result {
    let seen = |group: &&Arc<Group>| sees_group(caller, &group.name);
    let mut groups = roster.groups().filter(seen).peekable();
    if groups.peek().is_none() {
        return Ok(());
    }
    page.push_str(
        "<table>\n<thead><tr><th>Group</th><th>Servers</th><th>About</th></tr></thead>\n<tbody>\n",
    );
    for group in groups {
        let servers: Vec<&str> = group.servers.iter().map(ServerName::as_str).collect();
        writeln!(
            page,
            "<tr><td><a href=\"{up}{}/docs\">{}</a></td><td>{}</td><td>{}</td></tr>",
            segment(group.name.as_str()),
            Text(group.name.as_str()),
            Text(&servers.join(", ")),
            Text(group.overrides.title.as_deref().unwrap_or_default()),
        )?;
    }
    page.push_str("</tbody>\n</table>\n");
    Ok(())
}

fn row(page: &mut String, server: &Server, caller: Option<&Caller>, up: &str) -> fmt::Result {
    let name = server.name.as_str();
    let state = server.state();
    let phase = state.phase.as_str();
    write!(
        page,
        "<tr><td><a href=\"{up}{}/docs\">{}</a></td><td class=\"{phase}\">{phase}</td><td>",
        segment(name),
        Text(name),
    )?;
    if let Some(catalog) = &state.catalog {
        let seen = seen_by(caller, catalog, &server.name);
        write!(page, "{}", seen.tools.len())?;
    }
    let about = match (&state.error, &state.catalog) {
        (Some(error), _) => error,
        (None, Some(catalog)) => catalog.server_title.as_deref().unwrap_or_default(),
        (None, None) => "",
    };
    writeln!(page, "</td><td>{}</td></tr>", Text(about))
}
