//! The docs page of a server that has no document yet.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
};

use super::{State, answer, docs, identity, rest, route::Scope};
use crate::{
    config::Layout,
    gateway::{Caller, ExchangeError, Phase},
};

/// No script runs here, and no other site may frame the page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// A page that says what state the server is in and looks again by itself, where Swagger UI could
/// only say that it failed to load. Nothing where there is a document; one that is on its way is
/// waited for, as in the document's own route.
pub async fn page(
    state: &State,
    request: &HttpRequest,
    caller: Option<&Caller>,
    scope: &Scope<'_>,
    slash: bool,
) -> Option<HttpResponse> {
    let Scope::Server(name) = scope else {
        return None;
    };
    let server = identity::lease(state, request, caller, name)?.ok()?;
    let error = state.policy.catalog(&server).await.err()?;
    let ExchangeError::NotReady { phase, .. } = error else {
        return None;
    };
    // The document's own route would say this; only the body is for people here.
    let refusal = rest::Failure::from_exchange(error, name).response();
    let retry_after = refusal.headers().get(header::RETRY_AFTER)?;
    let seconds = retry_after.to_str().ok()?;
    let up = if slash { "../" } else { "" };
    let others = match &state.layout {
        Layout::Single(_) => String::new(),
        Layout::Many => format!("<nav><a href=\"{up}../docs\">All servers</a></nav>\n"),
    };
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{seconds}">
<title>No documents yet</title>
<link rel="stylesheet" href="{up}docs/{style}">
</head>
<body>
<section class="servers">
{others}<h1>This server has no documents yet</h1>
<p>It <span class="{word}">{what}</span>. This page looks again by itself; <code>/status</code> tells more.</p>
</section>
</body>
</html>
"#,
        style = docs::STYLE,
        word = phase.as_str(),
        what = what(phase),
    );
    let media_type = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = answer::typed(refusal.status(), media_type, html);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, retry_after.clone());
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

fn what(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "is still starting",
        Phase::Ready | Phase::Restarting => "is being restarted",
        Phase::Failed => "has failed to start, and will be tried again",
        Phase::LoginRequired => "waits until somebody has logged in to it",
        Phase::CredentialsRequired => "wants credentials, which callers must bring",
        Phase::Stopped => "was stopped",
    }
}
