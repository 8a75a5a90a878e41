//! Swagger UI's files, and our own beside them. All of them are in the binary.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
};
use bytes::Bytes;
use utoipa_swagger_ui::Config;

use super::exists;
use crate::frontend::{
    State, answer,
    conditional::{self, Representation},
    route::Scope,
};
use crate::gateway::Caller;

/// The name of the script that starts Swagger UI.
pub const INITIALIZER: &str = "initializer.js";
/// The name of our own style sheet.
pub const STYLE: &str = "viceversa.css";

/// The document's address is resolved against the script's own, which is the same however the
/// page was reached.
const INITIALIZER_TEXT: &str = include_str!("initializer.js");

const STYLE_TEXT: &str = include_str!("style.css");

/// The files that the pages load; the rest of the distribution is not served.
const DISTRIBUTED: [&str; 3] = [
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "favicon-32x32.png",
];

/// `GET docs/{file}`.
pub fn serve(
    state: &State,
    request: &HttpRequest,
    caller: Option<&Caller>,
    scope: &Scope<'_>,
    file: &str,
) -> HttpResponse {
    if !exists(state, scope, caller) {
        return answer::not_found();
    }
    let Some((media_type, bytes)) = content(file) else {
        return answer::not_found();
    };
    let mut response = conditional::answer(
        request,
        Representation {
            media_type: HeaderValue::from_static(media_type),
            bytes,
            etag: ETAG,
            cache_control: HeaderValue::from_static("private, max-age=3600"),
        },
    );
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// The files change with the program alone.
const ETAG: HeaderValue =
    HeaderValue::from_static(concat!("W/\"viceversa-", env!("CARGO_PKG_VERSION"), "\""));

fn content(file: &str) -> Option<(&'static str, Bytes)> {
    static CONFIG: LazyLock<Arc<Config<'static>>> =
        LazyLock::new(|| Arc::new(Config::new(["../openapi.json"])));
    match file {
        INITIALIZER => Some((
            "text/javascript; charset=utf-8",
            Bytes::from_static(INITIALIZER_TEXT.as_bytes()),
        )),
        STYLE => Some((
            "text/css; charset=utf-8",
            Bytes::from_static(STYLE_TEXT.as_bytes()),
        )),
        _ => {
            let name = DISTRIBUTED.into_iter().find(|name| *name == file)?;
            let served = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)).ok()??;
            let bytes = match served.bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            };
            let media_type = match name.rsplit_once('.')?.1 {
                "css" => "text/css; charset=utf-8",
                "js" => "text/javascript; charset=utf-8",
                _ => "image/png",
            };
            Some((media_type, bytes))
        }
    }
}
