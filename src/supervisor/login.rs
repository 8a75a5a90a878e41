//! Servers that want a login: what their state says of it, and the wait for it.

use std::{sync::Arc, time::Duration};

use super::Charge;
use crate::{
    gateway::Phase,
    upstream::{Upstream, oauth::Awaited},
};

/// How long a login is awaited without asking the server again whether it wants one.
const PATIENCE: Duration = Duration::from_hours(1);

/// The URL of the login that is awaited, for all that the server does or for a part of it.
pub(super) fn url(charge: &Charge) -> Option<Arc<str>> {
    let awaited = charge.upstream.authorizer()?.login().borrow().clone();
    awaited.map(|awaited| awaited.url)
}

/// How many times something was refused so far until somebody logs in.
pub(super) fn asked(charge: &Charge) -> u64 {
    let authorizer = charge.upstream.authorizer();
    authorizer.map_or(0, |authorizer| authorizer.logins_asked())
}

/// The server is up: a login that is still awaited is for a part of what it does.
pub(super) fn not_required(charge: &Charge) {
    if let Some(authorizer) = charge.upstream.authorizer() {
        authorizer.serves_without_login();
    }
}

/// The login that is awaited before the server does anything.
pub(super) fn for_all(upstream: &Upstream) -> Option<Awaited> {
    let awaited = upstream.authorizer()?.login().borrow().clone();
    awaited.filter(|awaited| awaited.is_for_all)
}

/// Whether somebody must log in before the server does anything, and a try to start it ended for
/// that, since `before`; its state then says so.
pub(super) fn require(charge: &Charge, before: u64) -> bool {
    let awaited = for_all(&charge.upstream).filter(|_| asked(charge) != before);
    let Some(awaited) = awaited else {
        return false;
    };
    charge.server.update(|state| {
        state.phase = Phase::LoginRequired;
        state.session = None;
        state.error = Some("somebody must log in first, see `loginUrl` in /status".into());
        state.login = Some(awaited.url);
    });
    true
}

/// Waits until a login has ended, so that the server is worth a try again. Cancel safe.
pub(super) async fn ended(charge: &Charge) {
    if let Some(authorizer) = charge.upstream.authorizer() {
        tokio::select! {
            () = authorizer.login_ended() => {}
            () = show(charge) => {}
            () = tokio::time::sleep(PATIENCE) => {}
        }
    }
}

/// Shows the login that is awaited, as it comes and goes. Never returns.
pub(super) async fn show(charge: &Charge) {
    if let Some(authorizer) = charge.upstream.authorizer() {
        let mut logins = authorizer.login();
        loop {
            logins.mark_unchanged();
            let url = url(charge);
            if charge.server.state().login != url {
                charge.server.update(|state| state.login = url);
            }
            if logins.changed().await.is_err() {
                break;
            }
        }
    }
    std::future::pending::<()>().await;
}

/// Lets other processes' logins count while the server is up. Never returns.
pub(super) async fn follow(charge: &Charge) {
    if let Some(authorizer) = charge.upstream.authorizer() {
        let mut logins = authorizer.login();
        loop {
            authorizer.login_ended().await;
            if logins.wait_for(Option::is_some).await.is_err() {
                break;
            }
        }
    }
    std::future::pending::<()>().await;
}
