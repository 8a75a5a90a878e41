//! Logins to servers: who gets their access tokens, and where browsers come back to.

mod desk;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::dev::ServerHandle;
use futures_util::future::join_all;
use url::Url;

pub(crate) use desk::Desk;

use super::AppError;
use crate::{
    config::{
        GatewayConfig,
        listen::ListenConfig,
        oauth::{CallbackConfig, GrantConfig, OAuthConfig, TokenStorage},
        server::UpstreamConfig,
    },
    frontend::{oauth, route::LOGIN_CALLBACK},
    gateway::{ServerName, login::LoginDesk},
    http_client::{HttpClient, is_loopback},
    upstream::oauth::{Authorizer, Logins, Settings, TokenStore},
};

/// How long the page that says how a login ended may take to arrive.
const LINGER: Duration = Duration::from_secs(1);

/// How long a port that is taken is left alone.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Gets the access tokens of one server. `address` is where the gateway listens.
pub(crate) fn authorizer(
    server: &ServerName,
    resource: &Url,
    config: OAuthConfig,
    http: &HttpClient,
    gateway: &GatewayConfig,
    address: SocketAddr,
) -> Arc<Authorizer> {
    let resource = &identifier(resource);
    let redirect_uri = match &config.grant {
        GrantConfig::Login(login) => match &login.callback {
            CallbackConfig::Gateway => own_callback(&gateway.fixed.listen, address),
            CallbackConfig::Loopback { port, .. } => local("http", *port, "/callback"),
            CallbackConfig::Url { url, .. } => Some(url.clone()),
        },
        GrantConfig::ClientCredentials { .. } => None,
    };
    let store = match (config.storage, &gateway.fixed.token_dir) {
        (TokenStorage::File, Some(folder)) => {
            TokenStore::in_folder(folder, server, resource.as_str())
        }
        (TokenStorage::File, None) => {
            tracing::warn!(
                %server,
                "its tokens are kept in memory: no folder is known for them (--token-dir)"
            );
            TokenStore::in_memory(resource.as_str())
        }
        (TokenStorage::Memory, _) => TokenStore::in_memory(resource.as_str()),
    };
    Authorizer::new(Settings {
        server: server.clone(),
        resource: resource.clone(),
        config,
        redirect_uri: redirect_uri.unwrap_or_else(|| resource.clone()),
        store,
        http: http.clone(),
    })
}

/// A URL as the name of what tokens are for (RFC 8707 section 2): without the user, the password
/// and the query, which may be secrets of another kind.
fn identifier(url: &Url) -> Url {
    let mut identifier = url.clone();
    identifier.set_query(None);
    identifier.set_fragment(None);
    // Every URL of the web can do without, so that neither fails.
    let _ = identifier.set_username("");
    let _ = identifier.set_password(None);
    identifier
}

/// The gateway's own route, as a browser of this machine reaches it.
fn own_callback(listen: &ListenConfig, address: SocketAddr) -> Option<Url> {
    let scheme = if listen.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let prefix = listen.path_prefix.as_str().trim_matches('/');
    let path = match prefix {
        "" => format!("/{LOGIN_CALLBACK}"),
        prefix => format!("/{prefix}/{LOGIN_CALLBACK}"),
    };
    let mut url = local(scheme, address.port(), &path)?;
    if !address.ip().is_loopback() && !address.ip().is_unspecified() {
        url.set_ip_host(address.ip()).ok()?;
    }
    Some(url)
}

fn local(scheme: &str, port: u16, path: &str) -> Option<Url> {
    Url::parse(&format!("{scheme}://localhost:{port}{path}")).ok()
}

/// Gets the access tokens of a server in place of a gateway, which would listen where the
/// config says; none where the server wants none.
pub(crate) fn of_server(
    server: &ServerName,
    upstream: UpstreamConfig,
    gateway: &GatewayConfig,
) -> Result<Option<Arc<Authorizer>>, AppError> {
    let UpstreamConfig::Remote(remote) = upstream else {
        return Ok(None);
    };
    let http = super::charge::http_client(server, &remote.http)?;
    let Some(oauth) = remote.oauth else {
        return Ok(None);
    };
    let addresses = gateway.fixed.listen.addresses()?;
    let address = addresses
        .first()
        .ok_or_else(|| io::Error::other("the gateway has no address"))?;
    let (resource, address) = (&remote.url, *address);
    Ok(Some(authorizer(
        server, resource, *oauth, &http, gateway, address,
    )))
}

/// Listens for the callback of one login, wherever it is to come on this machine. A port that
/// is taken is probably a gateway's, which ends the login as well. Never returns. Must run in
/// an actix system.
pub(crate) async fn listen_for_login(logins: Logins, redirect_uri: Url) {
    let port = local_port(&redirect_uri);
    let listening = port.and_then(|port| oauth::listen(port, Arc::new(logins)).ok());
    match listening {
        // Its end is the caller's.
        Some(server) => {
            let _ = server.await;
        }
        None => std::future::pending().await,
    }
}

/// The port of this machine that a browser comes back to, however the machine is written
/// (RFC 8252 section 7.3).
fn local_port(redirect_uri: &Url) -> Option<u16> {
    let is_local = redirect_uri.scheme() == "http" && is_loopback(redirect_uri);
    redirect_uri.port().filter(|_| is_local)
}

/// Listens at the ports for callbacks, at each as long as a login is awaited there, and takes
/// them to the desk. Never returns. Must run in an actix system.
pub(crate) async fn listen(logins: Logins, desk: Arc<dyn LoginDesk>) {
    loop {
        let these = logins.with_ports();
        let ports = these.ports().into_iter();
        let listening = async {
            join_all(ports.map(|port| listen_at(&these, &desk, port))).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = listening => {}
            () = logins.ports_change(&these) => {}
        }
    }
}

/// A server that ends with this.
struct Serving(ServerHandle);

impl Drop for Serving {
    fn drop(&mut self) {
        // It is told here, and ends by itself.
        drop(self.0.stop(true));
    }
}

async fn listen_at(logins: &Logins, desk: &Arc<dyn LoginDesk>, port: u16) {
    let mut has_complained = false;
    loop {
        logins.wait_until_awaited(port, true).await;
        match oauth::listen(port, Arc::clone(desk)) {
            Ok(server) => {
                let serving = Serving(server.handle());
                let task = actix_web::rt::spawn(server);
                logins.wait_until_awaited(port, false).await;
                // The browser waits for its page.
                let _ = tokio::time::timeout(LINGER, serving.0.stop(true)).await;
                task.abort();
            }
            Err(error) => {
                if !std::mem::replace(&mut has_complained, true) {
                    tracing::warn!(
                        port,
                        %error,
                        "no callback can arrive at this port; `viceversa login` takes a pasted one"
                    );
                }
                tokio::select! {
                    () = tokio::time::sleep(TRY_AGAIN) => {}
                    () = logins.wait_until_awaited(port, false) => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, environment::Environment, settings::Settings, value::PathPrefix};

    #[test]
    fn what_tokens_are_for_is_named_without_secrets() {
        let url = Url::parse("https://user:secret@example.com/mcp?key=secret#x").unwrap();
        assert_eq!(identifier(&url).as_str(), "https://example.com/mcp");
    }

    #[test]
    fn a_login_listens_however_the_way_back_names_this_machine() {
        for (url, expected) in [
            ("http://localhost:3030/callback", Some(3030)),
            ("http://127.0.0.1:3030/callback", Some(3030)),
            ("http://[::1]:3030/callback", Some(3030)),
            ("https://localhost:3030/callback", None),
            ("http://gateway.example:3030/callback", None),
        ] {
            assert_eq!(local_port(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn browsers_of_this_machine_come_back_to_the_gateways_own_route() {
        let listen = |prefix: &str| {
            let mut settings = Settings::default();
            settings.listen.path_prefix = Some(prefix.parse::<PathPrefix>().unwrap());
            Config::listening(&settings, &Environment::default()).unwrap()
        };
        for (prefix, address, expected) in [
            (
                "/",
                "127.0.0.1:8000",
                "http://localhost:8000/oauth/callback",
            ),
            ("/", "[::]:9000", "http://localhost:9000/oauth/callback"),
            (
                "/a/b",
                "0.0.0.0:8000",
                "http://localhost:8000/a/b/oauth/callback",
            ),
            ("/", "10.0.0.7:8000", "http://10.0.0.7:8000/oauth/callback"),
        ] {
            let url = own_callback(&listen(prefix), address.parse().unwrap()).unwrap();
            assert_eq!(url.as_str(), expected);
        }
    }
}
