//! What a server offers, where it can't be read anew.

use super::Charge;
use crate::{gateway::Stale, upstream::LiveSession};

/// Shows why what is known of a server may be out of date, as long as it is so. Never returns.
pub(super) async fn show(charge: &Charge, session: &LiveSession) {
    if let Some(mut stale) = session.stale() {
        loop {
            let now = stale.borrow_and_update().clone();
            set(charge, now);
            if stale.changed().await.is_err() {
                break;
            }
        }
    }
    std::future::pending::<()>().await;
}

/// One more attempt to read what a server offers has failed.
pub(super) fn failed(charge: &Charge, reason: &str) {
    let state = charge.server.state();
    set(charge, Some(Stale::after(state.stale.as_ref(), reason)));
}

/// What a server offers is what is known.
pub(super) fn ended(charge: &Charge) {
    set(charge, None);
}

fn set(charge: &Charge, stale: Option<Stale>) {
    if charge.server.state().stale != stale {
        charge.server.update(|state| state.stale = stale);
    }
}
