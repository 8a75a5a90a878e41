//! Where browsers come back to after a login to a server: `oauth/callback` on the gateway, or a
//! port of this machine that is open as long as a login is awaited there.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::{self, Data},
};

use super::{answer, html::Text};
use crate::gateway::login::{LoginDesk, LoginError};

/// How long a browser may take to send its request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How many browsers may come at a time.
const MAX_CONNECTIONS: usize = 64;

/// `GET oauth/callback`: the end of a login. It is public: what is awaited is known by its
/// `state`, which can't be guessed.
pub async fn callback(logins: &dyn LoginDesk, query: &str) -> HttpResponse {
    match logins.finish(query).await {
        Ok(server) => page(
            StatusCode::OK,
            "Logged in",
            &format!("The gateway can now use the server {server}. This page can be closed."),
        ),
        Err(error) => {
            let status = match &error {
                LoginError::Unreadable | LoginError::Denied(_) => StatusCode::BAD_REQUEST,
                LoginError::Unknown => StatusCode::NOT_FOUND,
                LoginError::Failed(_) => StatusCode::BAD_GATEWAY,
            };
            page(status, "Not logged in", &error.to_string())
        }
    }
}

/// Listens for callbacks at a port of this machine, on any path: which one it is was agreed on
/// with the authorization server. Must run in an actix system.
pub fn listen(port: u16, logins: Arc<dyn LoginDesk>) -> io::Result<Server> {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let logins: Data<dyn LoginDesk> = Data::from(logins);
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(logins.clone())
            .default_service(web::get().to(loopback))
    })
    .workers(1)
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(HEAD_TIMEOUT)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(v4)?;
    // `localhost` may mean either; where there is no IPv6, it means the other.
    if let Ok(v6) = TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        server = server.listen(v6)?;
    }
    Ok(server.run())
}

async fn loopback(request: HttpRequest, logins: Data<dyn LoginDesk>) -> HttpResponse {
    // What browsers ask for on their own.
    if request.query_string().is_empty() {
        return answer::not_found();
    }
    callback(&**logins, request.query_string()).await
}

/// A page without scripts, that says one thing.
fn page(status: StatusCode, title: &str, message: &str) -> HttpResponse {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n</head>\n\
         <body>\n<h1>{title}</h1>\n<p>{message}</p>\n</body>\n</html>\n",
        title = Text(title),
        message = Text(message),
    );
    let media_type = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = answer::typed(status, media_type, html);
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The address holds a code.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
