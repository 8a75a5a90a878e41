//! All servers' logins: which of them a callback belongs to.

use std::{collections::BTreeSet, future::Future, pin::Pin, sync::Arc};

use super::{Authorizer, Callback};
use crate::gateway::{
    ServerName,
    login::{LoginDesk, LoginError},
};

/// The longest query that is looked at, in bytes.
const LONGEST_QUERY: usize = 16 * 1024;

/// All servers' logins.
#[derive(Clone, Debug, Default)]
pub struct Logins(Vec<Arc<Authorizer>>);

impl Logins {
    /// The logins of these servers.
    pub fn new(authorizers: impl IntoIterator<Item = Arc<Authorizer>>) -> Self {
        Self(authorizers.into_iter().collect())
    }

    /// The ports of this machine to which browsers come back, besides the gateway's own.
    pub fn ports(&self) -> BTreeSet<u16> {
        self.0
            .iter()
            .filter_map(|authorizer| authorizer.callback_port())
            .collect()
    }

    /// Waits until a login is awaited at that port, or until none is. Cancel safe.
    pub async fn wait_until_awaited(&self, port: u16, awaited: bool) {
        let mut states: Vec<_> = self
            .0
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
        for authorizer in &self.0 {
            if authorizer.awaits(&callback.state).await {
                authorizer.finish(callback).await?;
                return Ok(authorizer.server().clone());
            }
        }
        Err(LoginError::Unknown)
    }
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
