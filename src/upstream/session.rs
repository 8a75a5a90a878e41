//! Exchanges over a connection that speaks MCP.

use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use indexmap::IndexMap;
use serde::Deserialize;
use tokio::{
    sync::{Notify, mpsc},
    task::{AbortHandle, JoinSet},
};

use super::remote::ParameterHeaders;
use crate::{
    config::spelling,
    gateway::{
        Catalog, ClientSession, Continuation, End, ExchangeError, Members, Operation, Prompt,
        Server, Session, SessionError, Subscriptions, Terms, Tool, ToolOverride, Warning, Wishes,
        catalog::{TaskSupport, WholeLists},
    },
    json::{self, Raw},
    mcp::{
        Client, ClientError, Era, Notice, Observer, PeerError,
        client::{Answer, Asker, Call, ListCapability, Listed, read_error},
        codes, envelope,
        peer::refusal,
    },
    telemetry::untrusted,
};

/// How many questions of a server may wait for the answers of one client.
const MAX_QUESTIONS: usize = 16;

/// How long to wait before a subscription that ended is opened again.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);

/// How long a server may take to take note of a subscription to a resource.
const SUBSCRIBE_TIMEOUT: Duration = Duration::from_secs(10);

/// How many of those may be under way at a time.
const SUBSCRIBE_AT_A_TIME: usize = 16;

/// An MCP connection as the core sees it.
#[derive(Debug)]
pub struct McpSession {
    client: Client,
    /// Where arguments are repeated beside the call, so that the transport must know which.
    mirrors: Option<Arc<ParameterHeaders>>,
    /// Woken when the server says that one of its lists changed.
    changed: Notify,
    /// Up to which change of what is wanted the server is being told (MCP 2026-07-28,
    /// `subscriptions/listen`).
    listening: AtomicU64,
}

impl McpSession {
    /// The session of an open connection.
    pub(super) fn new(client: Client, mirrors: Option<Arc<ParameterHeaders>>) -> Arc<Self> {
        Arc::new(Self {
            client,
            mirrors,
            changed: Notify::new(),
            listening: AtomicU64::new(0),
        })
    }

    /// The client below.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits until the server says that one of its lists changed. Changes that were announced
    /// since the last wait count as one. Cancel safe.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Whether a change of the tools would be heard of: an old server's session ends with the
    /// server, and a newer one's subscription does where it has one.
    pub fn announces_tools(&self) -> bool {
        let tools = &self.client.about().capabilities.tools;
        matches!(self.client.era(), Era::Legacy(_))
            || tools.as_ref().is_some_and(|list| list.list_changed)
    }

    /// Reads all that the server offers, with what the config changes of its tools, by the names
    /// that the server gives them.
    pub async fn load_catalog(
        &self,
        revision: u64,
        overrides: &Arc<IndexMap<String, Arc<ToolOverride>>>,
    ) -> Result<Catalog, ClientError> {
        let about = self.client.about();
        let capabilities = &about.capabilities;
        // A server that declares no tools may have some all the same; one that has none says
        // that it does not know the method.
        let listed = match self.client.list("tools/list", "tools").await {
            Err(ClientError::Peer(PeerError::Rpc(_))) if capabilities.tools.is_none() => {
                Listed::default()
            }
            listed => listed?,
        };
        let whole_tools = listed.whole;
        let (definitions, left_out) = match &self.mirrors {
            Some(mirrors) => mirrors.replace(listed.items),
            None => (listed.items, Vec::new()),
        };
        let offered = definitions.len() + left_out.len();
        // Compiling schemas may take a while, and other servers' tasks run on this thread.
        let overrides = Arc::clone(overrides);
        let are_changed = !overrides.is_empty();
        let read = tokio::task::spawn_blocking(move || {
            read_tools(&definitions, left_out, &overrides, Tool::read_overridden)
        });
        let (tools, mut warnings) = read
            .await
            .map_err(|error| ClientError::Protocol(format!("the tools can't be read: {error}")))?;
        let mut optional = Vec::new();
        for (capability, method, member) in [
            (&capabilities.prompts, "prompts/list", "prompts"),
            (&capabilities.resources, "resources/list", "resources"),
            (
                &capabilities.resources,
                "resources/templates/list",
                "resourceTemplates",
            ),
        ] {
            optional.push(
                self.list_optional(capability.as_ref(), method, member, &mut warnings)
                    .await?,
            );
        }
        let resource_templates = optional.pop().unwrap_or_default();
        let resources = optional.pop().unwrap_or_default();
        let prompts = optional.pop().unwrap_or_default();
        let mut catalog = Catalog::with_tools(tools, warnings);
        catalog.revision = revision;
        catalog.server_name.clone_from(&about.name);
        catalog.server_title.clone_from(&about.title);
        catalog.server_version.clone_from(&about.version);
        catalog.instructions.clone_from(&about.instructions);
        catalog.server_info.clone_from(&about.server_info);
        catalog.capabilities.clone_from(capabilities);
        catalog.declared.clone_from(&about.declared);
        catalog.is_stateless = matches!(self.client.era(), Era::Stateless(_));
        catalog.protocol_version = self.client.era().version().into();
        catalog.prompts = read_prompts(&prompts.items, &mut catalog.warnings);
        catalog.resources = resources.items;
        catalog.resource_templates = resource_templates.items;
        catalog.whole = WholeLists {
            // As it came only if all of it is offered.
            tools: whole_tools.filter(|_| catalog.tools.len() == offered && !are_changed),
            prompts: prompts
                .whole
                .filter(|_| catalog.prompts.len() == prompts.items.len()),
            resources: resources.whole,
            resource_templates: resource_templates.whole,
        };
        Ok(catalog)
    }

    /// A list beside the tools: its failure is a warning, unless the connection itself failed.
    async fn list_optional(
        &self,
        capability: Option<&ListCapability>,
        method: &str,
        member: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Listed, ClientError> {
        if capability.is_none() {
            return Ok(Listed::default());
        }
        match self.client.list(method, member).await {
            Ok(listed) => Ok(listed),
            Err(error @ ClientError::Peer(PeerError::Closed { .. } | PeerError::Lost { .. })) => {
                Err(error)
            }
            Err(error) => {
                warnings.push(Warning {
                    about: method.into(),
                    message: format!(
                        "the list is empty, since the server failed to give it: {error}"
                    ),
                });
                Ok(Listed::default())
            }
        }
    }

    /// Handles what the server says of itself, until the connection ends. On one that serves a
    /// single session of an MCP client, the client is asked and told; on a shared one nothing of
    /// the kind was declared, and what the server says goes to our log. `divert` gets each notice
    /// first, and gives back what is not for it.
    pub async fn attend(
        &self,
        server: &Server,
        client: Option<&Arc<dyn ClientSession>>,
        divert: impl Fn(Notice) -> Option<Notice>,
        notices: &mut mpsc::Receiver<Notice>,
    ) {
        let name = server.name.as_str();
        let mut log = untrusted::Log::new(name);
        // Ended with the connection: there is nobody left to answer then.
        let mut questions = JoinSet::new();
        let mut open: Vec<(Raw, AbortHandle)> = Vec::new();
        while let Some(notice) = notices.recv().await {
            while questions.try_join_next().is_some() {}
            open.retain(|(_, question)| !question.is_finished());
            let Some(notice) = divert(notice) else {
                continue;
            };
            match notice {
                Notice::Request { id, method, params } => match client {
                    Some(client) if questions.len() < MAX_QUESTIONS => {
                        let client = Arc::clone(client);
                        let peer = self.client.peer().clone();
                        let asked = id.clone();
                        let question = questions.spawn(async move {
                            let answer = client.ask(&method, params).await;
                            let answer = answer.as_ref().map(Raw::get).map_err(Raw::get);
                            // A connection that has just ended needs no answer.
                            let _ = peer.respond(&id, answer).await;
                        });
                        open.push((asked, question));
                    }
                    Some(_) | None => {
                        // The refusal comes at once, so that the tool can go on.
                        let refusal = refusal(&method);
                        tracing::debug!(
                            server = name,
                            method,
                            "a request of the server is refused"
                        );
                        let peer = self.client.peer();
                        if peer.respond(&id, Err(&refusal)).await.is_err() {
                            return;
                        }
                    }
                },
                Notice::Notification { method, params } => match (method.as_str(), params) {
                    (
                        "notifications/tools/list_changed"
                        | "notifications/prompts/list_changed"
                        | "notifications/resources/list_changed"
                        // Whatever changed before the subscription began was not announced.
                        | "notifications/subscriptions/acknowledged",
                        _,
                    ) => {
                        if method == "notifications/subscriptions/acknowledged" {
                            let listening = self.listening.load(Ordering::Relaxed);
                            server.subscriptions.told(listening, HashMap::new());
                        }
                        self.changed.notify_one();
                    }
                    ("notifications/resources/updated", Some(params)) => {
                        if let Some(uri) = updated_uri(&params) {
                            server.subscriptions.announce(&uri, &params);
                        }
                    }
                    // The client knows the question by another id, which it is told when the question
                    // is dropped.
                    ("notifications/cancelled", params) if client.is_some() => {
                        let id = params.as_ref().and_then(envelope::cancelled_id);
                        let question = open.iter().find(|(asked, _)| Some(asked) == id.as_ref());
                        if let Some((_, question)) = question {
                            question.abort();
                        }
                    }
                    (_, params) if let Some(client) = client => {
                        client.tell(&server.name, &method, params);
                    }
                    ("notifications/message", params) => {
                        log.info(params.as_ref().map_or("", Raw::get));
                    }
                    _ => tracing::debug!(server = name, method, "a notification is not used"),
                },
                Notice::Unusable { problem } => log.warn(&problem),
            }
        }
    }

    /// Has the server log from a level on, where it is of the legacy era and logs at all. A failure
    /// is only noted: it is no reason not to make a call.
    pub async fn set_log_level(&self, level: &str) {
        let logs = self.client.about().capabilities.logging.is_some();
        if !logs || !matches!(self.client.era(), Era::Legacy(_)) {
            return;
        }
        let level = Raw::from_value(&level);
        let call = Call {
            method: "logging/setLevel",
            members: &[("level", level.get())],
            asker: Asker::Nobody,
            observer: None,
        };
        if let Err(error) = self.client.call(call).await {
            tracing::debug!(%error, "the level of log messages was not set");
        }
    }

    /// Keeps the server informed of what callers want to hear of: which lists change, in the era
    /// that has a subscription for it (MCP 2026-07-28, subscriptions), and which resources do.
    /// Never returns; dropping the future ends the subscription.
    pub async fn listen(&self, subscriptions: &Subscriptions) {
        match self.client.era() {
            Era::Legacy(_) => self.subscribe(subscriptions).await,
            Era::Stateless(_) => loop {
                let mut changes = subscriptions.watch();
                tokio::select! {
                    () = self.hold_subscription(subscriptions) => {
                        tokio::time::sleep(LISTEN_AGAIN).await;
                    }
                    _ = changes.changed() => {}
                }
            },
        }
    }

    /// Subscribes to each resource that is wanted (MCP 2025-11-25, resources, subscriptions).
    async fn subscribe(&self, subscriptions: &Subscriptions) {
        let resources = self.client.about().capabilities.resources.as_ref();
        if !resources.is_some_and(|resources| resources.subscribe) {
            return std::future::pending().await;
        }
        let mut changes = subscriptions.watch();
        let mut active = BTreeSet::new();
        loop {
            let change = *changes.borrow_and_update();
            let wanted = subscriptions.wanted();
            let ended = active.difference(&wanted);
            let ended = ended.map(|uri| ("resources/unsubscribe", Arc::clone(uri)));
            let begun = wanted.difference(&active);
            let begun = begun.map(|uri| ("resources/subscribe", Arc::clone(uri)));
            let told = ended
                .chain(begun)
                .map(|(method, uri)| self.tell_of_interest(method, uri).boxed());
            let told: Vec<_> = stream::iter(told.collect::<Vec<_>>())
                .buffer_unordered(SUBSCRIBE_AT_A_TIME)
                .collect()
                .await;
            let refused: HashMap<_, _> = told.into_iter().flatten().collect();
            active = wanted;
            // What is refused is tried again when something else is wanted.
            active.retain(|uri| !refused.contains_key(uri));
            subscriptions.told(change, refused);
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Subscribes to a resource, or ends that. What is refused comes back, with the reason.
    async fn tell_of_interest(
        &self,
        method: &str,
        uri: Arc<str>,
    ) -> Option<(Arc<str>, ExchangeError)> {
        let uri_text = Raw::from_value(&uri.as_ref());
        let call = Call {
            method,
            members: &[("uri", uri_text.get())],
            asker: Asker::Nobody,
            observer: None,
        };
        match tokio::time::timeout(SUBSCRIBE_TIMEOUT, self.client.call(call)).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => {
                tracing::debug!(%error, method, "a resource's changes");
                match session_error(error) {
                    error @ SessionError::Rpc { .. } => Some((uri, error.into())),
                    _ => None,
                }
            }
            Err(_) => {
                tracing::debug!(method, "a resource's changes: no answer in time");
                None
            }
        }
    }

    /// Holds one subscription open until the server closes it.
    async fn hold_subscription(&self, subscriptions: &Subscriptions) {
        let capabilities = &self.client.about().capabilities;
        let mut filter: Vec<String> = [
            (&capabilities.tools, "toolsListChanged"),
            (&capabilities.prompts, "promptsListChanged"),
            (&capabilities.resources, "resourcesListChanged"),
        ]
        .into_iter()
        .filter(|(capability, _)| capability.as_ref().is_some_and(|list| list.list_changed))
        .map(|(_, name)| format!(r#""{name}":true"#))
        .collect();
        let change = *subscriptions.watch().borrow();
        let resources = subscriptions.wanted();
        if !resources.is_empty() {
            let uris: Vec<&str> = resources.iter().map(AsRef::as_ref).collect();
            let uris = Raw::from_value(&uris);
            filter.push(format!(r#""resourceSubscriptions":{}"#, uris.get()));
        }
        if filter.is_empty() {
            return std::future::pending().await;
        }
        self.listening.store(change, Ordering::Relaxed);
        let filter = format!("{{{}}}", filter.join(","));
        let call = Call {
            method: "subscriptions/listen",
            members: &[("notifications", &filter)],
            asker: Asker::Nobody,
            observer: None,
        };
        if let Err(error) = self.client.call(call).await {
            tracing::debug!(%error, "the subscription to changes ended");
            // Nobody need wait for it.
            subscriptions.told(change, HashMap::new());
        }
    }

    async fn call_tool(
        &self,
        tool: &Tool,
        members: &[(&str, &str)],
        asker: Asker<'_>,
        observer: Arc<dyn Observer>,
    ) -> Result<Answer, ClientError> {
        let call = Call {
            method: "tools/call",
            members,
            asker,
            observer: Some(observer),
        };
        // A caller that asks for a task follows it by itself.
        let asks_for_task = members.iter().any(|(name, _)| *name == "task");
        if tool.task_support == TaskSupport::Required
            && self.client.has_legacy_tasks()
            && !asks_for_task
        {
            self.client.call_as_task(call).await
        } else {
            self.client.call(call).await
        }
    }

    /// Whether a call was refused since a tool's annotations have changed, and they are known
    /// now (MCP 2026-07-28, client behavior): then it is to be made again.
    async fn learns_headers(&self, carried: &Result<Answer, ClientError>) -> bool {
        let (Some(mirrors), Err(ClientError::Peer(PeerError::Rpc(error)))) =
            (&self.mirrors, carried)
        else {
            return false;
        };
        if !matches!(read_error(error), Some((codes::HEADER_MISMATCH, ..))) {
            return false;
        }
        match self.client.list("tools/list", "tools").await {
            Ok(listed) => {
                mirrors.replace(listed.items);
                // The catalog has changed too.
                self.changed.notify_one();
                true
            }
            Err(_) => false,
        }
    }

    /// Carries an operation to its end. Dropping the future cancels it on the server.
    pub async fn carry(
        &self,
        operation: &Operation,
        wishes: &Wishes,
        observer: Arc<dyn Observer>,
    ) -> Result<Answer, ClientError> {
        let asker = asker(wishes);
        match operation {
            Operation::CallTool {
                tool,
                arguments,
                continuation,
                rest,
            } => {
                let name = Raw::from_value(&tool.upstream_name);
                let members = members(&name, arguments, continuation.as_ref(), rest);
                self.call_tool(tool, &members, asker, observer).await
            }
            Operation::GetPrompt {
                prompt,
                arguments,
                // Its server knows nothing of names here.
                tool_names: _,
                continuation,
                rest,
            } => {
                let name = Raw::from_value(&prompt.name);
                self.client
                    .call(Call {
                        method: "prompts/get",
                        members: &members(&name, arguments, continuation.as_ref(), rest),
                        asker,
                        observer: Some(observer),
                    })
                    .await
            }
            Operation::Request { method, params, .. } => {
                let members = json::members(params.get()).map_err(|error| {
                    ClientError::Protocol(format!(
                        "the parameters of {method} are no object: {error}"
                    ))
                })?;
                let members: Vec<(&str, &str)> = members
                    .iter()
                    .map(|(name, value)| (name.as_ref(), value.get()))
                    .collect();
                self.client
                    .call(Call {
                        method,
                        members: &members,
                        asker,
                        observer: Some(observer),
                    })
                    .await
            }
            Operation::List { method, member } => {
                let listed = self.client.list(method, member).await?;
                if let Some(whole) = listed.whole {
                    return Ok(Answer::Complete(whole));
                }
                let items: Vec<&str> = listed.items.iter().map(Raw::get).collect();
                let text = format!(r#"{{"{member}":[{}]}}"#, items.join(","));
                Ok(Answer::Complete(Raw::assume_valid(text.into())))
            }
        }
    }
}

impl Session for McpSession {
    fn run<'a>(
        &'a self,
        operation: &'a Operation,
        terms: Terms<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<End, SessionError>> + Send + 'a>> {
        Box::pin(async move {
            let carry = || {
                let observer = Arc::clone(terms.activity) as _;
                self.carry(operation, terms.wishes, observer)
            };
            let mut carried = carry().await;
            if self.learns_headers(&carried).await {
                carried = carry().await;
            }
            match carried {
                // The connection goes on, so the second try needs no other.
                Err(ClientError::Peer(PeerError::Lost {
                    sent,
                    is_last: false,
                    ..
                })) if !sent || operation.is_repeatable() => end(carry().await),
                carried => end(carried),
            }
        })
    }

    fn notify<'a>(
        &'a self,
        method: &'a str,
        params: &'a Raw,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let params = params.get().replace(['\n', '\r'], " ");
            if let Err(error) = self.client.peer().notify(method, &params).await {
                tracing::debug!(%error, method, "a notification was not sent");
            }
        })
    }
}

/// The resource that `notifications/resources/updated` is about.
fn updated_uri(params: &Raw) -> Option<String> {
    #[derive(Deserialize)]
    struct Updated {
        uri: String,
    }
    let updated: Updated = json::object(params.get()).ok()?;
    Some(updated.uri)
}

/// On whose behalf an operation is carried.
fn asker(wishes: &Wishes) -> Asker<'_> {
    match (&wishes.client, wishes.answers_input) {
        (Some(client), _) => Asker::Client {
            capabilities: client.capabilities.get(),
            meta: &client.meta,
            log_level: client.log_level.as_deref(),
            follows_tasks: client.follows_tasks(),
        },
        (None, true) => Asker::AnswersInput,
        (None, false) => Asker::Nobody,
    }
}

/// The members of the parameters of what has a name and arguments.
fn members<'a>(
    name: &'a Raw,
    arguments: &'a Raw,
    continuation: Option<&'a Continuation>,
    rest: &'a Members,
) -> Vec<(&'a str, &'a str)> {
    let mut members = vec![("name", name.get()), ("arguments", arguments.get())];
    if let Some(continuation) = continuation {
        let responses = continuation.input_responses.as_ref();
        members.extend(responses.map(|raw| ("inputResponses", raw.get())));
        let state = continuation.request_state.as_ref();
        members.extend(state.map(|raw| ("requestState", raw.get())));
    }
    members.extend(
        rest.iter()
            .map(|(name, value)| (name.as_str(), value.get())),
    );
    members
}

/// How many warnings one list may give: each is logged, and stands in `/status`.
const MAX_WARNINGS: usize = 100;

/// How a tool is made of its definition and what the config changes of it.
type ReadTool =
    fn(&Raw, &IndexMap<String, Arc<ToolOverride>>) -> Result<(Tool, Vec<Warning>), Warning>;

/// The tools, and what is wrong with them or with those that were left out before.
pub(super) fn read_tools(
    definitions: &[Raw],
    left_out: Vec<(String, String)>,
    overrides: &IndexMap<String, Arc<ToolOverride>>,
    read: ReadTool,
) -> (Vec<Tool>, Vec<Warning>) {
    let mut tools = Vec::with_capacity(definitions.len().min(1024));
    let mut warnings = Vec::new();
    let mut more = 0_usize;
    let mut warn = |found: Vec<Warning>| {
        let room = MAX_WARNINGS - warnings.len();
        more += found.len().saturating_sub(room);
        warnings.extend(found.into_iter().take(room).map(Warning::cut));
    };
    for definition in definitions {
        match read(definition, overrides) {
            Ok((tool, found)) => {
                tools.push(tool);
                warn(found);
            }
            Err(warning) => warn(vec![warning]),
        }
    }
    for name in overrides.keys() {
        if tools.iter().all(|tool: &Tool| tool.upstream_name != *name) {
            let known = tools.iter().map(|tool| tool.upstream_name.as_str());
            let hint = spelling::hint(spelling::nearest(name, known));
            warn(vec![Warning {
                about: name.clone(),
                message: format!("`tools` names it, but the server has no such tool{hint}"),
            }]);
        }
    }
    let left_out = left_out.into_iter().map(|(about, problem)| Warning {
        message: format!("the tool was left out: {problem}"),
        about,
    });
    warn(left_out.collect());
    if more > 0 {
        warnings.push(Warning {
            about: "tools/list".into(),
            message: format!("{more} more warnings about tools are not listed"),
        });
    }
    (tools, warnings)
}

/// Of several prompts of one name the first counts, as with tools.
pub(super) fn read_prompts(definitions: &[Raw], warnings: &mut Vec<Warning>) -> Vec<Arc<Prompt>> {
    let mut prompts = Vec::with_capacity(definitions.len().min(1024));
    let mut more = 0_usize;
    let most = warnings.len() + MAX_WARNINGS;
    for definition in definitions {
        match Prompt::read(definition) {
            Ok(prompt) => prompts.push(Arc::new(prompt)),
            Err(warning) if warnings.len() < most => warnings.push(warning.cut()),
            Err(_) => more += 1,
        }
    }
    if more > 0 {
        warnings.push(Warning {
            about: "prompts/list".into(),
            message: format!("{more} more prompts have something wrong"),
        });
    }
    prompts
}

/// An answer in the core's words.
pub fn end(answer: Result<Answer, ClientError>) -> Result<End, SessionError> {
    match answer {
        Ok(Answer::Complete(result)) => Ok(End::Result(result)),
        Ok(Answer::InputRequired(result)) => Ok(End::InputRequired(result)),
        Err(error) => Err(session_error(error)),
    }
}

fn session_error(error: ClientError) -> SessionError {
    match error {
        ClientError::Protocol(message) | ClientError::Peer(PeerError::Unusable(message)) => {
            SessionError::Unusable(message)
        }
        ClientError::Peer(PeerError::TooLarge(message)) => SessionError::TooLarge(message),
        ClientError::Peer(PeerError::Refused {
            status: 429,
            message,
        }) => SessionError::Busy(message),
        ClientError::Peer(PeerError::Refused { message, .. }) => SessionError::Unusable(message),
        ClientError::Peer(PeerError::LoginRequired(message)) => {
            SessionError::LoginRequired(message)
        }
        ClientError::Peer(PeerError::Lost {
            reason,
            sent,
            is_last,
        }) => SessionError::Gone {
            reason,
            may_have_run: sent,
            has_successor: is_last,
        },
        ClientError::Peer(PeerError::Closed { reason, sent }) => SessionError::Gone {
            reason,
            may_have_run: sent,
            has_successor: true,
        },
        ClientError::Peer(PeerError::Rpc(error)) => match read_error(&error) {
            Some((code, message, data)) => SessionError::Rpc {
                code,
                message,
                data,
            },
            None => SessionError::Unusable(format!(
                "the server answered with an error that is no JSON-RPC error object: {}",
                untrusted::readable(error.get())
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_capped_whatever_they_are_about() {
        let left_out = |count: usize| vec![("t".to_owned(), "its header".to_owned()); count];
        let none = IndexMap::new();
        let read = Tool::read_overridden;
        let (_, warnings) = read_tools(&[], left_out(3), &none, read);
        assert_eq!(warnings.len(), 3);
        let nameless = vec![Raw::from_static("{}"); 60];
        let (_, warnings) = read_tools(&nameless, left_out(1000), &none, read);
        assert_eq!(warnings.len(), MAX_WARNINGS + 1);
        let last = &warnings.last().unwrap().message;
        assert!(last.starts_with("960 more"), "{last}");
        let long = vec![("t".repeat(9_000), "é".repeat(9_000))];
        let (_, warnings) = read_tools(&[], long, &none, read);
        assert_eq!(warnings[0].about.chars().count(), 501);
        assert_eq!(warnings[0].message.chars().count(), 501);
    }
}
