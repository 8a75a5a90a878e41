//! All servers' logins: which of them a callback belongs to.

use std::{collections::BTreeSet, future::Future, pin::Pin, sync::Arc};

use tokio::sync::watch;

use super::{Authorizer, Callback};
use crate::gateway::{
    ServerName,
    login::{LoginDesk, LoginError},
};

/// The longest query that is looked at, in bytes.
const LONGEST_QUERY: usize = 16 * 1024;

/// All servers' logins. Clones share them, and see it when they are replaced.
#[derive(Clone, Debug, Default)]
pub struct Logins(Arc<watch::Sender<Vec<Arc<Authorizer>>>>);

impl Logins {
    /// The logins of these servers.
    pub fn new(authorizers: impl IntoIterator<Item = Arc<Authorizer>>) -> Self {
        Self(Arc::new(watch::Sender::new(
            authorizers.into_iter().collect(),
        )))
    }

    /// Puts other servers' logins in the place of these.
    pub fn replace(&self, authorizers: impl IntoIterator<Item = Arc<Authorizer>>) {
        let authorizers: Vec<_> = authorizers.into_iter().collect();
        self.0.send_replace(authorizers);
    }

    /// Those to which browsers come back at ports of this machine, besides the gateway's own.
    #[must_use]
    pub fn with_ports(&self) -> Self {
        Self::new(self.0.borrow().iter().filter(|it| has_port(it)).cloned())
    }

    /// Waits until those are others than these. Cancel safe.
    pub async fn ports_change(&self, before: &Self) {
        let mut all = self.0.subscribe();
        let before = before.0.borrow().clone();
        let are_others = |now: &Vec<Arc<Authorizer>>| {
            let now = now.iter().filter(|it| has_port(it));
            !now.map(Arc::as_ptr).eq(before.iter().map(Arc::as_ptr))
        };
        if all.wait_for(are_others).await.is_err() {
            // It is this that would change them.
            std::future::pending::<()>().await;
        }
    }

    /// The ports of this machine to which browsers come back, besides the gateway's own.
    pub fn ports(&self) -> BTreeSet<u16> {
        let authorizers = self.0.borrow();
        let ports = authorizers.iter().filter_map(|it| it.callback_port());
        ports.collect()
    }

    /// Waits until a login is awaited at that port, or until none is. Cancel safe.
    pub async fn wait_until_awaited(&self, port: u16, awaited: bool) {
        let mut states: Vec<_> = self
            .0
            .borrow()
            .iter()
            .filter(|authorizer| authorizer.callback_port() == Some(port))
            .map(|authorizer| authorizer.login())
            .collect();
        if states.is_empty() {
            return std::future::pending().await;
        }
        loop {
            let is_awaited = states
                .iter_mut()
                .any(|state| state.borrow_and_update().is_some());
            if is_awaited == awaited {
                return;
            }
            let changes = states.iter_mut().map(|state| Box::pin(state.changed()));
            // An authorizer lives as long as this does.
            let _ = futures_util::future::select_all(changes).await;
        }
    }

    /// Ends the login that a callback belongs to.
    pub async fn finish(&self, callback: Callback) -> Result<ServerName, LoginError> {
        let authorizers = self.0.borrow().clone();
        for authorizer in &authorizers {
            if authorizer.awaits(&callback.state).await {
                authorizer.finish(callback).await?;
                return Ok(authorizer.server().clone());
            }
        }
        Err(LoginError::Unknown)
    }
}

fn has_port(authorizer: &Authorizer) -> bool {
    authorizer.callback_port().is_some()
}

impl LoginDesk for Logins {
    fn finish<'a>(
        &'a self,
        query: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<ServerName, LoginError>> + Send + 'a>> {
        Box::pin(async move {
            if query.len() > LONGEST_QUERY {
                return Err(LoginError::Unreadable);
            }
            Self::finish(self, Callback::from_query(query)?).await
        })
    }
}
