//! Who asks, on which route, in which era: what all requests of one client have in common.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::join_all;

use super::{Service, message::Request, session::Session};
use crate::{
    gateway::{
        ApiAnswers, Askable, Caller, Catalog, Discovery, ExchangeError, Group, Identity, Lease,
        McpClient, Phase, Server, ServerName, View, Wishes, exchange::EventSender, view::Prepared,
    },
    json::Raw,
    mcp::Era,
};

/// How long lists wait for servers that have just begun to start, where others are listed too.
const LIST_PATIENCE: Duration = Duration::from_secs(2);

/// What a route is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All servers.
    All,
    /// One server, by its name.
    Server(String),
    /// A group of servers, by its name.
    Group(String),
}

/// Who asks, on which route, in which era.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// What all conversations share.
    pub service: Arc<Service>,
    /// What the route is about.
    pub scope: Scope,
    /// Who asks.
    pub caller: Caller,
    /// How the client talks.
    pub era: Era,
    /// Its session, where it has one.
    pub session: Option<Arc<Session>>,
    /// What the client answers of what servers ask, where it has no session and says so with its
    /// request.
    pub askable: Option<Askable>,
    /// How tools are found, where the URL says so.
    pub discovery: Option<Discovery>,
    /// What servers get of the caller's headers, where they get any.
    pub identities: Arc<HashMap<ServerName, Identity>>,
}

/// A server of a route, as the caller has it.
#[derive(Debug)]
pub struct Member {
    /// The server.
    pub server: Lease,
    /// What it offers, or offered last.
    pub catalog: Option<Arc<Catalog>>,
    /// Why it can't be used just now, where that is so.
    pub problem: Option<String>,
}

/// The servers of a route, and what they offer together.
#[derive(Debug)]
pub struct Members {
    /// The servers, in the order of the config.
    pub list: Vec<Member>,
    /// What they offer, and the index of it.
    pub prepared: Arc<Prepared>,
}

impl Members {
    /// What they offer.
    pub fn view(&self) -> &View {
        &self.prepared.view
    }

    /// The server at this place of the view.
    pub fn server(&self, source: usize) -> Option<&Lease> {
        self.list.get(source).map(|member| &member.server)
    }

    /// Whether what they offer depends on who asks.
    pub fn is_private(&self) -> bool {
        self.list
            .iter()
            .any(|member| member.server.forwarding().is_some() || member.server.is_of_session())
    }
}

/// What the server that all share offers, where a caller has one of its own for what it answers,
/// and not for who it is.
fn shared_catalog(own: &Lease, shared: &Arc<Server>) -> Option<Arc<Catalog>> {
    if Arc::ptr_eq(own, shared) || shared.forwarding().is_some() {
        return None;
    }
    shared.state().catalog.clone()
}

impl Conversation {
    /// Whether the route is about one server, whose names are unchanged.
    pub fn is_of_one(&self) -> bool {
        matches!(self.scope, Scope::Server(_))
    }

    /// The route's servers and what they offer. A single one is waited for; of several, those that
    /// have just begun to start, and for a moment only.
    pub async fn members(&self) -> Result<Members, ExchangeError> {
        let roster = self.service.registry.roster();
        let settings = self.service.settings();
        let separator = &settings.name_separator;
        let servers: Vec<&Arc<Server>> = match &self.scope {
            Scope::Server(name) => {
                let Some(server) = roster.get(name).filter(|it| self.sees(it)) else {
                    return Ok(self.nobody());
                };
                let (server, catalog) = self.only(server).await?;
                let catalog = catalog.granted(self.caller.grants(), &server.name);
                let prepared = catalog.prepared();
                let member = Member {
                    server,
                    catalog: Some(catalog),
                    problem: None,
                };
                return Ok(Members {
                    list: vec![member],
                    prepared,
                });
            }
            Scope::All => roster.servers().filter(|it| self.sees(it)).collect(),
            Scope::Group(name) => {
                let group = roster.group(name);
                let servers = group.into_iter().flat_map(|group| &group.servers);
                servers
                    .filter_map(|name| roster.get(name.as_str()))
                    .collect()
            }
        };
        let members = servers.into_iter().map(|server| self.member(server));
        let list: Vec<Member> = join_all(members).await;
        let catalogs: Vec<_> = list.iter().map(|member| member.catalog.clone()).collect();
        let group = match &self.scope {
            Scope::Group(name) => roster.group(name),
            Scope::All | Scope::Server(_) => None,
        };
        let make = || {
            let sources = list
                .iter()
                .map(|member| (&member.server.name, member.catalog.as_deref()));
            View::of_many(sources, separator, group.map(|group| &group.selection))
        };
        let prepared = self.service.views.get(&self.scope, &catalogs, make);
        Ok(Members { list, prepared })
    }

    fn sees(&self, server: &Server) -> bool {
        self.caller.grants().admit_server(&server.name)
    }

    fn nobody(&self) -> Members {
        let prepared = self.service.views.get(&self.scope, &[], View::default);
        Members {
            list: Vec::new(),
            prepared,
        }
    }

    /// The group that the route is about.
    pub fn group(&self) -> Option<Arc<Group>> {
        match &self.scope {
            Scope::Group(name) => self.service.registry.group(name),
            Scope::All | Scope::Server(_) => None,
        }
    }

    /// A single server and what it offers.
    async fn only(&self, shared: &Arc<Server>) -> Result<(Lease, Arc<Catalog>), ExchangeError> {
        let policy = self.service.policy();
        let known = match shared.forwarding() {
            // Whether it is shared depends on its era, which shows when it is up.
            None => Some(policy.catalog(shared).await?),
            Some(_) => None,
        };
        let own = self.lease(shared)?;
        if let Some(catalog) = known
            && Arc::ptr_eq(&own, shared)
        {
            return Ok((own, catalog));
        }
        match policy.catalog(&own).await {
            Ok(catalog) => Ok((own, catalog)),
            // One that all share serves those too for whom no other could be started.
            Err(error) => match shared_catalog(&own, shared) {
                Some(catalog) => Ok((Lease::shared(shared), catalog)),
                None => Err(error),
            },
        }
    }

    /// One of several servers, and what it offers, if that is known or shows in a moment.
    async fn member(&self, shared: &Arc<Server>) -> Member {
        if shared.forwarding().is_none() {
            self.in_a_moment(shared).await;
        }
        let own = match self.lease(shared) {
            Ok(own) => own,
            Err(error) => {
                return Member {
                    server: Lease::shared(shared),
                    catalog: None,
                    problem: Some(error.to_string()),
                };
            }
        };
        let catalog = self.in_a_moment(&own).await;
        let (server, catalog) = match catalog {
            Some(catalog) => (own, Some(catalog)),
            // Until the caller's own has started, it sees what all see.
            None => match shared_catalog(&own, shared) {
                Some(catalog) => (Lease::shared(shared), Some(catalog)),
                None => (own, None),
            },
        };
        let phase = server.state().phase;
        let grants = self.caller.grants();
        Member {
            catalog: catalog.map(|catalog| catalog.granted(grants, &server.name)),
            server,
            problem: (phase != Phase::Ready).then(|| phase.as_str().to_owned()),
        }
    }

    /// What a server offers; one that has just begun to start is waited for.
    async fn in_a_moment(&self, server: &Server) -> Option<Arc<Catalog>> {
        let state = server.state();
        if state.catalog.is_some() {
            return state.catalog.clone();
        }
        let left = LIST_PATIENCE.saturating_sub(state.since.elapsed());
        if left.is_zero() || !matches!(state.phase, Phase::Starting | Phase::Restarting) {
            return None;
        }
        let policy = self.service.policy();
        let patience = left.min(policy.start_wait);
        let catalog = policy.catalog(server);
        let catalog = tokio::time::timeout(patience, catalog).await;
        catalog.ok().and_then(Result::ok)
    }

    /// A server as the caller has it: for its session alone, for its identity, or with all.
    pub fn lease(&self, server: &Arc<Server>) -> Result<Lease, ExchangeError> {
        let nobody = Identity::new([]);
        let identity = self.identities.get(&server.name).unwrap_or(&nobody);
        let busy = |problem: crate::gateway::NoPlace| ExchangeError::Busy(problem.to_string());
        // A server of the stateless era needs no connection of its own to know who asks.
        let may_need_one = || {
            let shared = server.state();
            let catalog = shared.catalog.as_ref();
            catalog.map_or(server.forwarding().is_some(), |catalog| {
                !catalog.is_stateless
            })
        };
        if let Some(askable) = &self.askable
            && may_need_one()
        {
            let own = server.lease_caller(identity, &self.caller, askable);
            if let Some(lease) = own.map_err(busy)? {
                return Ok(lease);
            }
        }
        if let Some(session) = &self.session {
            if let Some(lease) = session.own(&server.name, identity) {
                return Ok(lease);
            }
            if may_need_one() && session.may_own() {
                let client = Arc::clone(session) as _;
                if let Some(lease) = server.lease_session(identity, &client).map_err(busy)? {
                    session.keep(&server.name, identity, lease.clone());
                    return Ok(lease);
                }
            }
        }
        server.lease(identity).map_err(busy)
    }

    /// How the route's tools are found.
    pub fn discovery(&self) -> Discovery {
        let roster = self.service.registry.roster();
        let global = self.service.settings().discovery;
        self.discovery.unwrap_or_else(|| match &self.scope {
            Scope::All => global,
            Scope::Server(name) => {
                let own = roster
                    .get(name)
                    .and_then(|server| server.settings().discovery);
                // Of the only server there is, the global setting speaks.
                let is_only = roster.servers().count() == 1;
                own.unwrap_or(if is_only { global } else { Discovery::Full })
            }
            Scope::Group(_) => {
                let own = self.group().and_then(|group| group.discovery);
                own.unwrap_or(global)
            }
        })
    }

    /// Takes note of what a client without a session says of itself in a request.
    pub fn take_note(&mut self, request: &Request) {
        if let (Era::Stateless(_), Some(capabilities)) =
            (&self.era, &request.params.meta.capabilities)
        {
            let client = McpClient {
                capabilities: capabilities.clone(),
                meta: Vec::new(),
                log_level: None,
            };
            let program = request.params.meta.client_info.as_ref();
            self.askable = client.can_be_asked().then(|| Askable {
                program: program.map_or("", Raw::get).into(),
                capabilities: client.askable_capabilities().into(),
            });
        }
    }

    /// What a client wants of an exchange. `client` is what it says of itself in this request, or
    /// said at its session's beginning.
    pub fn wishes(&self, client: McpClient, events: Option<EventSender>) -> Wishes {
        let answers_input = match (&self.era, &self.session) {
            (Era::Stateless(_), _) => true,
            // Only in a session is there a way to ask, and only those who can be asked.
            (Era::Legacy(_), session) => session.is_some() && client.can_be_asked(),
        };
        Wishes {
            events,
            answers_input,
            questions: self.session.as_ref().map(|session| session.questions()),
            client: Some(Arc::new(client)),
            api_answers: ApiAnswers::None,
        }
    }
}
