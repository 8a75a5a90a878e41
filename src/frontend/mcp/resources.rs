//! Resources: reading them, and hearing of their changes; and the level of log messages.

use super::{
    calls::unknown,
    conversation::{Conversation, Members},
    message::Params,
    outcome::{LEVELS, RpcError, severity},
    perform::Failure,
};
use crate::{
    gateway::{ExchangeError, Operation, Wishes},
    json::Raw,
    mcp::codes,
};

impl Conversation {
    /// `resources/read`. Where nobody lists the resource, all are asked for it that may have it.
    pub(super) async fn read_resource(
        &self,
        members: &Members,
        params: &Params,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        let uri = params.string("uri")?;
        let places = if self.is_of_one() {
            vec![crate::gateway::view::Resource {
                source: 0,
                uri: uri.clone(),
            }]
        } else {
            members.view().resources.locate(&uri)
        };
        let mut failure = None;
        for place in places {
            let Some(server) = members.server(place.source) else {
                continue;
            };
            let operation = Operation::Request {
                method: "resources/read".into(),
                params: params.object_with("uri", &Raw::from_value(&place.uri)),
                repeatable: true,
            };
            match self.ask(server, operation, wishes.clone()).await {
                Ok(result) => return Ok(result),
                Err(error) if may_be_elsewhere(&error) => {
                    failure.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(failure.unwrap_or_else(|| not_found(&uri, members)))
    }

    /// The content of a resource, for a caller that is no MCP client.
    pub async fn read(&self, members: &Members, uri: &str) -> Result<Raw, Failure> {
        let params = Params {
            members: vec![("uri".to_owned(), Raw::from_value(&uri))],
            ..Params::default()
        };
        let wishes = Wishes::default();
        self.read_resource(members, &params, wishes).await
    }

    /// `resources/subscribe`.
    pub(super) async fn subscribe(
        &self,
        members: &Members,
        params: &Params,
    ) -> Result<Raw, Failure> {
        let Some(session) = &self.session else {
            return Err(RpcError::new(
                codes::INVALID_REQUEST,
                "only in a session can one hear of changes; send initialize first",
            )
            .into());
        };
        let uri = params.string("uri")?;
        let (server, own) = self.subscribable(members, &uri)?;
        let subscribed = session.subscribe(&uri, |updates| {
            server.subscriptions.subscribe(&own, &uri, updates)
        });
        let settled = subscribed.map_err(|_| {
            RpcError::new(
                super::outcome::own::BUSY,
                "this session has too many subscriptions",
            )
        })?;
        if let Err(error) = settled.await {
            session.unsubscribe(&uri);
            return Err(Failure::Exchange(error, server.name.as_str().to_owned()));
        }
        Ok(Raw::from_static("{}"))
    }

    /// The server that says when a resource changes, and the resource's URI there.
    pub(super) fn subscribable<'a>(
        &self,
        members: &'a Members,
        uri: &str,
    ) -> Result<(&'a crate::gateway::Lease, String), Failure> {
        let places = if self.is_of_one() {
            vec![crate::gateway::view::Resource {
                source: 0,
                uri: uri.to_owned(),
            }]
        } else {
            members.view().resources.locate(uri)
        };
        let mut places = places.into_iter().filter_map(|place| {
            let member = members.list.get(place.source)?;
            let catalog = member.catalog.as_ref()?;
            let resources = catalog.capabilities.resources.as_ref()?;
            resources.subscribe.then_some((&member.server, place.uri))
        });
        places
            .next()
            .ok_or_else(|| RpcError::method_not_found("resources/subscribe").into())
    }

    /// `resources/unsubscribe`.
    pub(super) fn unsubscribe(&self, params: &Params) -> Result<Raw, Failure> {
        let uri = params.string("uri")?;
        if let Some(session) = &self.session {
            session.unsubscribe(&uri);
        }
        Ok(Raw::from_static("{}"))
    }

    /// `logging/setLevel`: for this session, and on the servers that serve it alone.
    pub(super) async fn set_log_level(
        &self,
        members: &Members,
        params: &Params,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        let level = params.string("level")?;
        if severity(&level).is_none() {
            let message = format!("params.level must be one of {}", LEVELS.join(", "));
            return Err(RpcError::new(codes::INVALID_PARAMS, message).into());
        }
        if let Some(session) = &self.session {
            session.set_log_level(&level);
        }
        for member in &members.list {
            let logs = member
                .catalog
                .as_ref()
                .is_some_and(|catalog| catalog.capabilities.logging.is_some());
            if !logs || !member.server.is_of_session() {
                continue;
            }
            let operation = Operation::Request {
                method: "logging/setLevel".into(),
                params: params.object(),
                repeatable: true,
            };
            let set = self.ask(&member.server, operation, wishes.clone()).await;
            match set {
                Err(error) if self.is_of_one() => return Err(error),
                Err(error) => tracing::debug!(server = %member.server.name, ?error, "no log level"),
                Ok(_) => {}
            }
        }
        Ok(Raw::from_static("{}"))
    }
}

/// Whether another server may have what this one has not.
fn may_be_elsewhere(failure: &Failure) -> bool {
    match failure {
        Failure::Exchange(error, _) => matches!(
            error,
            ExchangeError::Rpc {
                code: codes::RESOURCE_NOT_FOUND
                    | codes::INVALID_PARAMS
                    | codes::METHOD_NOT_FOUND
                    | 0,
                ..
            } | ExchangeError::NotReady { .. }
        ),
        Failure::Rpc(_) => false,
    }
}

fn not_found(uri: &str, members: &Members) -> Failure {
    let mut error = unknown("resource", uri, members);
    error.code = codes::RESOURCE_NOT_FOUND;
    error.with_data(&serde_json::json!({ "uri": uri })).into()
}
