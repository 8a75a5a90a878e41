//! One request of a client, carried to its end.

use std::sync::Arc;

use super::{
    conversation::{Conversation, Members, Scope},
    message::{Params, Request},
    outcome::{Outcome, RpcError},
};
use crate::{
    gateway::{
        End, Exchange, ExchangeError, Lease, McpClient, Operation, Wishes, exchange::EventSender,
    },
    json::Raw,
    mcp::{Era, codes},
};

/// Why a request has no result.
#[derive(Clone, Debug)]
pub enum Failure {
    /// An error that is ready to be sent.
    Rpc(RpcError),
    /// An exchange with a server failed.
    Exchange(ExchangeError, String),
}

impl From<RpcError> for Failure {
    fn from(error: RpcError) -> Self {
        Self::Rpc(error)
    }
}

impl Failure {
    /// The error to be sent.
    pub fn into_error(self) -> RpcError {
        match self {
            Self::Rpc(error) => error,
            Self::Exchange(error, server) => RpcError::of_exchange(error, &server),
        }
    }
}

/// Methods that MCP 2026-07-28 has no more.
const LEGACY_ALONE: [&str; 7] = [
    "initialize",
    "ping",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
    "tasks/result",
    "tasks/list",
];

impl Conversation {
    /// Carries a request to its end. Progress and log messages go to `events`. Dropping the future
    /// cancels it upstream.
    pub async fn perform(&self, request: &Request, events: Option<EventSender>) -> Outcome {
        let method = request.method.as_str();
        let mut is_private = false;
        let outcome = match self.try_perform(request, events, &mut is_private).await {
            Ok(result) => Outcome::Result(result),
            Err(failure) => self.failed(failure.into_error(), request),
        };
        outcome.in_era(&self.era, method, is_private)
    }

    async fn try_perform(
        &self,
        request: &Request,
        events: Option<EventSender>,
        is_private: &mut bool,
    ) -> Result<Raw, Failure> {
        let method = request.method.as_str();
        let params = &request.params;
        let is_stateless = matches!(self.era, Era::Stateless(_));
        match method {
            _ if is_stateless && LEGACY_ALONE.contains(&method) => {
                return Err(RpcError::method_not_found(method).into());
            }
            "ping" => return Ok(Raw::from_static("{}")),
            "initialize" => {
                return Err(RpcError::new(
                    codes::INVALID_REQUEST,
                    "this session has been initialized already",
                )
                .into());
            }
            "server/discover" if !is_stateless => {
                return Err(RpcError::method_not_found(method).into());
            }
            _ => {}
        }
        let members = self.members().await;
        let members = members.map_err(|error| self.not_there(error))?;
        *is_private = members.is_private();
        let wishes = || self.wishes(self.client(params), events.clone());
        match method {
            "server/discover" => Ok(self.discovered(&members)),
            "tools/list" => self.list_tools(&members),
            "prompts/list" => self.list_prompts(&members),
            "resources/list" => self.list_resources(&members).await,
            "resources/templates/list" => self.list_templates(&members).await,
            "tools/call" => self.call_tool(&members, params, wishes()).await,
            "prompts/get" => self.get_prompt(&members, params, wishes()).await,
            "resources/read" => self.read_resource(&members, params, wishes()).await,
            "completion/complete" => self.complete(&members, params, wishes()).await,
            "resources/subscribe" => self.subscribe(&members, params).await,
            "resources/unsubscribe" => self.unsubscribe(params),
            "logging/setLevel" => self.set_log_level(&members, params, wishes()).await,
            "tasks/get" => self.of_task(&members, "tasks/get", params, wishes()).await,
            "tasks/result" => {
                self.of_task(&members, "tasks/result", params, wishes())
                    .await
            }
            "tasks/cancel" => {
                self.of_task(&members, "tasks/cancel", params, wishes())
                    .await
            }
            "tasks/update" => {
                self.of_task(&members, "tasks/update", params, wishes())
                    .await
            }
            "tasks/list" => self.list_tasks(&members).await,
            _ => self.pass_on(&members, method, params, wishes()).await,
        }
    }

    /// A method that the gateway does not know: only a single server can be meant.
    async fn pass_on(
        &self,
        members: &Members,
        method: &str,
        params: &Params,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        let (true, Some(server)) = (self.is_of_one(), members.server(0)) else {
            return Err(RpcError::method_not_found(method).into());
        };
        let operation = Operation::Request {
            method: method.to_owned().into(),
            params: params.object(),
            repeatable: false,
        };
        self.ask(server, operation, wishes).await
    }

    /// Carries an exchange to its end. Where the server asks something and the client has a
    /// session, the client is asked, and the exchange goes on with its answers.
    pub(super) async fn ask(
        &self,
        server: &Lease,
        operation: Operation,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        let exchange = Exchange {
            server: server.clone(),
            caller: self.caller.clone(),
            operation,
            wishes,
        };
        let end = match (&self.era, &self.session) {
            (Era::Legacy(_), Some(session)) => {
                super::calls::run_asking(&self.service.policy(), exchange, session).await
            }
            _ => self.service.policy().run(exchange).await,
        };
        match end {
            Ok(End::Result(result) | End::InputRequired(result)) => Ok(result),
            Ok(End::Api(_)) => {
                let error = ExchangeError::unasked_answer();
                Err(Failure::Exchange(error, server.name.to_string()))
            }
            Err(error) => Err(Failure::Exchange(error, server.name.to_string())),
        }
    }

    /// What the client says of itself in a request.
    fn client(&self, params: &Params) -> McpClient {
        let meta = params.meta.rest.clone();
        match &self.session {
            Some(session) => session.client_with(meta),
            None => McpClient {
                capabilities: params
                    .meta
                    .capabilities
                    .clone()
                    .unwrap_or(Raw::from_static("{}")),
                meta,
                log_level: params.meta.log_level.clone(),
            },
        }
    }

    /// Nothing of what this route offers is there.
    pub(super) fn not_there(&self, error: ExchangeError) -> RpcError {
        let scope = match &self.scope {
            Scope::All => "viceversa",
            Scope::Server(name) | Scope::Group(name) => name,
        };
        RpcError::of_exchange(error, scope)
    }

    /// What an error means to a client of this era.
    fn failed(&self, error: RpcError, request: &Request) -> Outcome {
        let is_stateless = matches!(self.era, Era::Stateless(_));
        if is_stateless && error.code == codes::URL_ELICITATION_REQUIRED {
            let client = Arc::new(self.client(&request.params));
            if let Some(result) = super::calls::url_elicitations(&error, &client) {
                return Outcome::Result(result);
            }
        }
        Outcome::Error(error)
    }
}
