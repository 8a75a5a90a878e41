//! Changes, as clients hear of them: `subscriptions/listen` of MCP 2026-07-28, and the
//! notifications of the versions before it.

use std::sync::Arc;

use bytestring::ByteString;
use futures_util::future::select_all;
use tokio::sync::{mpsc, watch};

use super::{
    conversation::{Conversation, Members},
    message::{Request, object},
    outcome::{self, Outcome, RpcError},
    session::Session,
};
use crate::{
    gateway::{Catalog, Lease, ServerState, Subscription, Update},
    json::{self, Raw, edit},
    mcp::codes,
};

/// How many changes of resources may wait.
const UPDATES: usize = 256;

/// How many resources one subscription may name.
const MAX_RESOURCES: usize = 1000;

/// The member of `_meta` that says to which subscription a message belongs.
const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// Which lists have changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    tools: bool,
    prompts: bool,
    resources: bool,
}

/// Follows what the servers of a route offer.
#[derive(Debug)]
pub struct Changes(Vec<Followed>);

#[derive(Debug)]
struct Followed {
    /// So that it does not end meanwhile.
    _server: Lease,
    states: watch::Receiver<Arc<ServerState>>,
    seen: Option<Arc<Catalog>>,
}

impl Changes {
    /// Follows from what is there now.
    pub fn of(members: &Members) -> Self {
        let followed = members.list.iter().map(|member| Followed {
            states: member.server.watch(),
            seen: member.catalog.clone(),
            _server: member.server.clone(),
        });
        Self(followed.collect())
    }

    /// Waits until lists change, and says which. Never ready where there is nothing to follow.
    /// Cancel safe.
    pub async fn next(&mut self) -> Changed {
        loop {
            if self.0.is_empty() {
                return std::future::pending().await;
            }
            let mut changed = Changed::default();
            for followed in &mut self.0 {
                let now = followed.states.borrow_and_update().catalog.clone();
                let Some(now) = now else { continue };
                match &followed.seen {
                    Some(seen) if Arc::ptr_eq(seen, &now) => continue,
                    Some(seen) => changed.add(differences(seen, &now)),
                    None => changed.add(Changed {
                        tools: true,
                        prompts: true,
                        resources: true,
                    }),
                }
                followed.seen = Some(now);
            }
            if changed != Changed::default() {
                return changed;
            }
            let states = self.0.iter_mut();
            let next = states.map(|followed| Box::pin(followed.states.changed()));
            let (ended, at, _) = select_all(next).await;
            if ended.is_err() {
                // The server is gone for good.
                self.0.swap_remove(at);
            }
        }
    }
}

impl Changed {
    fn add(&mut self, other: Self) {
        self.tools |= other.tools;
        self.prompts |= other.prompts;
        self.resources |= other.resources;
    }

    /// The notifications that tell of it.
    fn methods(self) -> impl Iterator<Item = &'static str> {
        [
            (self.tools, "notifications/tools/list_changed"),
            (self.prompts, "notifications/prompts/list_changed"),
            (self.resources, "notifications/resources/list_changed"),
        ]
        .into_iter()
        .filter_map(|(has_changed, method)| has_changed.then_some(method))
    }
}

fn differences(before: &Catalog, now: &Catalog) -> Changed {
    let tools = |catalog: &Catalog| -> Vec<Raw> {
        let tools = catalog.tools.iter();
        tools.map(|tool| tool.definition.clone()).collect()
    };
    let prompts = |catalog: &Catalog| -> Vec<Raw> {
        let prompts = catalog.prompts.iter();
        prompts.map(|prompt| prompt.definition.clone()).collect()
    };
    Changed {
        tools: tools(before) != tools(now),
        prompts: prompts(before) != prompts(now),
        resources: before.resources != now.resources
            || before.resource_templates != now.resource_templates,
    }
}

/// Tells the client of a session which lists change, until the session ends.
pub async fn follow(conversation: Conversation, session: Arc<Session>) {
    let Ok(members) = conversation.members().await else {
        return;
    };
    let mut changes = Changes::of(&members);
    drop((members, conversation));
    loop {
        tokio::select! {
            lists = changes.next() => {
                for method in lists.methods() {
                    session.send(outcome::notification(method, None));
                }
            }
            () = session.ended() => return,
        }
    }
}

/// A subscription of MCP 2026-07-28.
#[derive(Debug)]
pub struct Listening {
    id: Raw,
    filter: Changed,
    changes: Changes,
    updates: mpsc::Receiver<Update>,
    _subscriptions: Vec<Subscription>,
    /// What is said first.
    acknowledgement: Option<ByteString>,
    /// What waits to be said.
    waiting: Vec<ByteString>,
}

impl Conversation {
    /// Begins a subscription (`subscriptions/listen`). What nobody here would tell is left out of
    /// what is acknowledged.
    pub async fn listen(&self, request: &Request) -> Result<Listening, RpcError> {
        let members = self
            .members()
            .await
            .map_err(|error| self.not_there(error))?;
        let wanted = Wanted::read(request)?;
        let offers = |choose: fn(&Catalog) -> bool| {
            let catalogs = members.list.iter().filter_map(|it| it.catalog.as_ref());
            let mut catalogs = catalogs;
            !self.is_of_one() || catalogs.any(|catalog| choose(catalog))
        };
        let filter = Changed {
            tools: wanted.tools && offers(|it| announces(it.capabilities.tools.as_ref())),
            prompts: wanted.prompts && offers(|it| announces(it.capabilities.prompts.as_ref())),
            resources: wanted.resources
                && offers(|it| announces(it.capabilities.resources.as_ref())),
        };
        let (sender, updates) = mpsc::channel(UPDATES);
        let mut subscriptions = Vec::new();
        for uri in wanted.uris {
            if let Ok((server, own)) = self.subscribable(&members, &uri) {
                let subscription = server.subscriptions.subscribe(&own, &uri, sender.clone());
                subscriptions.push((uri, subscription));
            }
        }
        // What a server refuses is left out, too.
        let settled = subscriptions.iter().map(|(_, it)| it.settled());
        let settled = futures_util::future::join_all(settled).await;
        let subscriptions = subscriptions.into_iter().zip(settled);
        let (uris, subscriptions): (Vec<_>, Vec<_>) = subscriptions
            .filter_map(|(subscription, settled)| settled.ok().map(|()| subscription))
            .unzip();
        Ok(Listening {
            acknowledgement: Some(acknowledgement(&request.id, filter, &uris)),
            id: request.id.clone(),
            filter,
            changes: Changes::of(&members),
            updates,
            _subscriptions: subscriptions,
            waiting: Vec::new(),
        })
    }
}

impl Listening {
    /// The next message of the subscription. Cancel safe.
    pub async fn next(&mut self) -> ByteString {
        if let Some(first) = self.acknowledgement.take() {
            return first;
        }
        loop {
            if let Some(next) = self.waiting.pop() {
                return next;
            }
            tokio::select! {
                changed = self.changes.next() => {
                    let wanted = Changed {
                        tools: changed.tools && self.filter.tools,
                        prompts: changed.prompts && self.filter.prompts,
                        resources: changed.resources && self.filter.resources,
                    };
                    for method in wanted.methods() {
                        let params = tagged(&Raw::from_static("{}"), &self.id);
                        self.waiting.push(outcome::notification(method, Some(&params)));
                    }
                }
                Some(Update(params)) = self.updates.recv() => {
                    let params = tagged(&params, &self.id);
                    return outcome::notification("notifications/resources/updated", Some(&params));
                }
            }
        }
    }

    /// The result that ends the subscription on our own initiative.
    pub fn end(&self) -> ByteString {
        let result = tagged(&Raw::from_static(r#"{"resultType":"complete"}"#), &self.id);
        Outcome::Result(result).response(&self.id)
    }

    /// The id of the request that began it.
    pub fn id(&self) -> &Raw {
        &self.id
    }
}

/// Whether a server says when a list changes.
fn announces(capability: Option<&crate::mcp::client::ListCapability>) -> bool {
    capability.is_some_and(|list| list.list_changed)
}

/// What a client wants to hear of.
#[derive(Default)]
struct Wanted {
    tools: bool,
    prompts: bool,
    resources: bool,
    uris: Vec<String>,
}

impl Wanted {
    fn read(request: &Request) -> Result<Self, RpcError> {
        let problem = |message: String| RpcError::new(codes::INVALID_PARAMS, message);
        let filter = request.params.get("notifications").ok_or_else(|| {
            problem("params.notifications is missing: say what you want to hear of".to_owned())
        })?;
        let mut wanted = Self::default();
        for (name, value) in super::message::members(filter, "params.notifications")? {
            let is_wanted = value.get() == "true";
            match name.as_str() {
                "toolsListChanged" => wanted.tools = is_wanted,
                "promptsListChanged" => wanted.prompts = is_wanted,
                "resourcesListChanged" => wanted.resources = is_wanted,
                "resourceSubscriptions" => {
                    wanted.uris = serde_json::from_str(value.get()).map_err(|_| {
                        problem(
                            "params.notifications.resourceSubscriptions must be a list of URIs"
                                .to_owned(),
                        )
                    })?;
                }
                // Of a later version: it is not acknowledged.
                _ => {}
            }
        }
        if wanted.uris.len() > MAX_RESOURCES {
            return Err(problem(format!(
                "a subscription may name {MAX_RESOURCES} resources at most"
            )));
        }
        Ok(wanted)
    }
}

/// The first message of a subscription.
fn acknowledgement(id: &Raw, filter: Changed, uris: &[String]) -> ByteString {
    let mut honoured = Vec::new();
    for (is_honoured, name) in [
        (filter.tools, "toolsListChanged"),
        (filter.prompts, "promptsListChanged"),
        (filter.resources, "resourcesListChanged"),
    ] {
        if is_honoured {
            honoured.push((name.to_owned(), Raw::from_static("true")));
        }
    }
    if !uris.is_empty() {
        honoured.push(("resourceSubscriptions".to_owned(), Raw::from_value(&uris)));
    }
    let params = tagged(
        &object([("notifications".to_owned(), object(honoured))]),
        id,
    );
    outcome::notification("notifications/subscriptions/acknowledged", Some(&params))
}

/// Params or a result with the id of the subscription in `_meta`, beside what stands there.
fn tagged(params: &Raw, id: &Raw) -> Raw {
    let members = json::members(params.get()).unwrap_or_default();
    let meta = members.iter().find(|(name, _)| name == "_meta");
    let meta = meta.filter(|(_, meta)| meta.get().starts_with('{'));
    let meta = meta.map_or(Raw::from_static("{}"), |(_, meta)| params.part(meta));
    edit::with_member(
        params,
        "_meta",
        &edit::with_member(&meta, SUBSCRIPTION_ID, id),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_a_subscription_carry_its_id_beside_what_the_server_sent() {
        let id = Raw::from_static("17000000000001");
        let params = Raw::from_static(r#"{"uri":"a:","_meta":{"x/y": 1.10},"n":2}"#);
        assert_eq!(
            tagged(&params, &id).get(),
            r#"{"uri":"a:","_meta":{"x/y": 1.10,"io.modelcontextprotocol/subscriptionId":17000000000001},"n":2}"#
        );
        assert_eq!(
            tagged(&Raw::from_static("{}"), &id).get(),
            r#"{"_meta":{"io.modelcontextprotocol/subscriptionId":17000000000001}}"#
        );
    }
}
