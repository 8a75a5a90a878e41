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
    gateway::{
        Caller, Catalog, Group, ServerName, ServerState, Subscription, Update,
        lease::{InUse, OwnUse},
    },
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

/// Follows what the servers of a route offer, whichever these are.
#[derive(Debug)]
pub struct Changes {
    conversation: Conversation,
    followed: Vec<Followed>,
    group: Option<Arc<Group>>,
    roster: watch::Receiver<u64>,
    /// Whether there is another roster than the one whose servers are followed.
    is_stale: bool,
}

#[derive(Debug)]
struct Followed {
    name: ServerName,
    /// So that one of the caller's own does not end meanwhile.
    _own: Option<OwnUse>,
    states: watch::Receiver<Arc<ServerState>>,
    seen: Option<Arc<Catalog>>,
}

impl Changes {
    /// Follows from what is there now. `roster` was taken before the members were.
    pub fn of(conversation: Conversation, members: &Members, roster: watch::Receiver<u64>) -> Self {
        Self {
            followed: followed(members),
            group: conversation.group(),
            conversation,
            roster,
            is_stale: false,
        }
    }

    /// Waits until lists change, and says which. Never ready where there is nothing to follow.
    /// Cancel safe.
    pub async fn next(&mut self) -> Changed {
        loop {
            let mut changed = Changed::default();
            if self.is_stale {
                changed = self.renew().await;
                self.is_stale = false;
            }
            for followed in &mut self.followed {
                let now = followed.states.borrow_and_update().catalog.clone();
                let Some(now) = now else { continue };
                let now = now.granted(self.conversation.caller.grants(), &followed.name);
                match &followed.seen {
                    Some(seen) if Arc::ptr_eq(seen, &now) => continue,
                    Some(seen) => changed.add(differences(seen, &now)),
                    None => changed.add(Changed::ALL),
                }
                followed.seen = Some(now);
            }
            if changed != Changed::default() {
                return changed;
            }
            let ended = tokio::select! {
                // There is always one as long as there is a gateway.
                _ = self.roster.changed() => {
                    self.is_stale = true;
                    continue;
                }
                ended = next_state(&mut self.followed) => ended,
            };
            if let Some(at) = ended {
                // The server is gone for good.
                self.followed.swap_remove(at);
            }
        }
    }

    /// Follows the servers that the route has now, and says what is different with them.
    async fn renew(&mut self) -> Changed {
        let Ok(members) = self.conversation.members().await else {
            // It is gone, or does not start. Whoever asks for a list hears why.
            let had_some = !std::mem::take(&mut self.followed).is_empty();
            return if had_some {
                Changed::ALL
            } else {
                Changed::default()
            };
        };
        let mut changed = Changed::default();
        let group = self.conversation.group();
        if group.as_deref() != self.group.as_deref() {
            changed = Changed::ALL;
        }
        let followed = followed(&members);
        for now in &followed {
            let before = self.followed.iter().find(|before| before.name == now.name);
            changed.add(match (before.map(|it| it.seen.as_ref()), &now.seen) {
                (Some(Some(before)), Some(now)) => differences(before, now),
                // What a server lacks that is down, it has when it is up again.
                (Some(_), _) | (None, None) => Changed::default(),
                (None, Some(_)) => Changed::ALL,
            });
        }
        let is_there = |name: &ServerName| followed.iter().any(|now| now.name == *name);
        if self.followed.iter().any(|before| !is_there(&before.name)) {
            changed = Changed::ALL;
        }
        // What is seen now is news even where the server was down before.
        let before = std::mem::replace(&mut self.followed, followed);
        for now in &mut self.followed {
            if before
                .iter()
                .any(|it| it.name == now.name && it.seen.is_none())
            {
                now.seen = None;
            }
        }
        self.group = group;
        changed
    }
}

fn followed(members: &Members) -> Vec<Followed> {
    let members = members.list.iter();
    let followed = members.map(|member| Followed {
        name: member.server.name.clone(),
        states: member.server.watch(),
        seen: member.catalog.clone(),
        _own: match member.server.in_use() {
            InUse::Own(own) => Some(own),
            // Whoever only hears of changes does not keep it from ending.
            InUse::Shared(_) => None,
        },
    });
    followed.collect()
}

/// Waits until the state of a server changes, and says which has come to its end, if one has.
/// Never ready where there is none. Cancel safe.
async fn next_state(followed: &mut [Followed]) -> Option<usize> {
    if followed.is_empty() {
        return std::future::pending().await;
    }
    let states = followed.iter_mut();
    let next = states.map(|followed| Box::pin(followed.states.changed()));
    let (outcome, at, _) = select_all(next).await;
    outcome.is_err().then_some(at)
}

impl Changed {
    const ALL: Self = Self {
        tools: true,
        prompts: true,
        resources: true,
    };

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
    let roster = conversation.service.registry.watch();
    let Ok(members) = conversation.members().await else {
        return;
    };
    let mut changes = Changes::of(conversation, &members, roster);
    drop(members);
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
        let roster = self.service.registry.watch();
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
            changes: Changes::of(self.clone(), &members, roster),
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

    /// Who listens.
    pub fn caller(&self) -> &Caller {
        &self.changes.conversation.caller
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
