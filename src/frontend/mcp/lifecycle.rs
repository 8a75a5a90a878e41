//! The lifecycle of a session (MCP 2025-11-25, lifecycle): how it begins, and what its client
//! lets it know.

use std::{sync::Arc, time::Duration};

use super::{
    conversation::Conversation,
    identify,
    message::Request,
    outcome::{RpcError, own},
    session::{Outbox, Session},
};
use crate::{
    gateway::ExchangeError,
    json::Raw,
    mcp::{Era, envelope},
};

/// How often a server that is awaited is looked at.
const LOOK: Duration = Duration::from_millis(100);

impl Conversation {
    /// Waits until the one server of the route has been up, at most as long as a call would wait
    /// for one that starts. Cancel safe.
    pub(super) async fn settle(&self) {
        let is_awaited = || async {
            let members = self.members().await;
            matches!(members, Err(ExchangeError::NotReady { .. }))
        };
        let settled = async {
            while is_awaited().await {
                tokio::time::sleep(LOOK).await;
            }
        };
        // Who asks next is told that it is not up.
        let _ = tokio::time::timeout(self.service.policy().start_wait, settled).await;
    }

    /// Begins a session: who the client is, and what it is answered.
    pub(super) async fn begin(
        mut self,
        message: &Request,
        outbox: Outbox,
    ) -> Result<(Arc<Session>, Raw), RpcError> {
        let asked = message.params.string("protocolVersion")?;
        let version = identify::negotiated(&asked);
        let capabilities = message.params.get("capabilities").cloned();
        let capabilities = capabilities.filter(|capabilities| capabilities.get().starts_with('{'));
        let capabilities = capabilities.unwrap_or(Raw::from_static("{}"));
        // Whether servers are shared depends on their era, which shows when they are up.
        self.members()
            .await
            .map_err(|error| self.not_there(error))?;
        let sessions = &self.service.sessions;
        let session = sessions
            .begin(&self.caller, &self.scope, version, capabilities, outbox)
            .map_err(|problem| RpcError::new(own::BUSY, problem.to_string()))?;
        self.era = Era::Legacy(version);
        self.session = Some(Arc::clone(&session));
        match self.members().await {
            Ok(members) => {
                let result = self.initialized(&members, version);
                Ok((session, result))
            }
            Err(error) => {
                self.service.sessions.end(&session);
                Err(self.not_there(error))
            }
        }
    }

    /// A notification of the client.
    pub(super) async fn notified(&self, method: &str, params: Option<&Raw>) {
        let Some(session) = &self.session else {
            return;
        };
        match method {
            "notifications/initialized" => {
                if session.set_initialized() {
                    let follow = super::listen::follow(self.clone(), Arc::clone(session));
                    tokio::spawn(follow);
                }
            }
            "notifications/cancelled" => {
                if let Some(id) = params.and_then(envelope::cancelled_id) {
                    session.cancel(&id);
                }
            }
            _ => {
                let params = params.cloned().unwrap_or(Raw::from_static("{}"));
                for server in session.all_own() {
                    if let Some(upstream) = &server.state().session {
                        upstream.notify(method, &params).await;
                    }
                }
            }
        }
    }
}
