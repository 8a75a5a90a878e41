//! Exchanges over a connection that speaks MCP.

use std::{future::Future, pin::Pin, sync::Arc};

use tokio::sync::{Notify, mpsc};

use super::remote::ParameterHeaders;
use crate::{
    gateway::{
        Catalog, End, Operation, Prompt, Session, SessionError, Terms, Tool, Warning,
        catalog::TaskSupport,
    },
    json::{self, Raw},
    mcp::{
        Client, ClientError, Era, Notice, Observer, PeerError,
        client::{Answer, Call, ListCapability, read_error},
        codes,
        peer::refusal,
    },
    telemetry::untrusted,
};

/// An MCP connection as the core sees it.
#[derive(Debug)]
pub struct McpSession {
    client: Client,
    /// Where arguments are repeated beside the call, so that the transport must know which.
    mirrors: Option<Arc<ParameterHeaders>>,
    /// Woken when the server says that one of its lists changed.
    changed: Notify,
}

impl McpSession {
    /// The session of an open connection.
    pub(super) fn new(client: Client, mirrors: Option<Arc<ParameterHeaders>>) -> Arc<Self> {
        Arc::new(Self {
            client,
            mirrors,
            changed: Notify::new(),
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

    /// Reads all that the server offers.
    pub async fn load_catalog(&self, revision: u64) -> Result<Catalog, ClientError> {
        let about = self.client.about();
        let capabilities = &about.capabilities;
        // A server that declares no tools may have some all the same; one that has none says
        // that it does not know the method.
        let definitions = match self.client.list("tools/list", "tools").await {
            Err(ClientError::Peer(PeerError::Rpc(_))) if capabilities.tools.is_none() => Vec::new(),
            definitions => definitions?,
        };
        let (definitions, left_out) = match &self.mirrors {
            Some(mirrors) => mirrors.replace(definitions),
            None => (definitions, Vec::new()),
        };
        // Compiling schemas may take a while, and other servers' tasks run on this thread.
        let read = tokio::task::spawn_blocking(move || read_tools(&definitions, left_out));
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
        catalog.protocol_version = self.client.era().version().into();
        catalog.prompts = read_prompts(&prompts, &mut catalog.warnings);
        catalog.resources = resources;
        catalog.resource_templates = resource_templates;
        Ok(catalog)
    }

    /// A list beside the tools: its failure is a warning, unless the connection itself failed.
    async fn list_optional(
        &self,
        capability: Option<&ListCapability>,
        method: &str,
        member: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<Raw>, ClientError> {
        if capability.is_none() {
            return Ok(Vec::new());
        }
        match self.client.list(method, member).await {
            Ok(items) => Ok(items),
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
                Ok(Vec::new())
            }
        }
    }

    /// Handles what the server says of itself on a shared connection, until it ends. Server
    /// `name` is for the log.
    pub async fn attend(&self, name: &str, notices: &mut mpsc::Receiver<Notice>) {
        let mut log = untrusted::Log::new(name);
        while let Some(notice) = notices.recv().await {
            match notice {
                Notice::Request { id, method, .. } => {
                    // Nothing of the kind was declared on this shared session. The refusal
                    // comes at once, so that the tool can go on.
                    let refusal = refusal(&method);
                    tracing::debug!(server = name, method, "a request of the server is refused");
                    if self
                        .client
                        .peer()
                        .respond(&id, Err(&refusal))
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
                Notice::Notification { method, params } => match method.as_str() {
                    "notifications/tools/list_changed"
                    | "notifications/prompts/list_changed"
                    | "notifications/resources/list_changed"
                    // Whatever changed before the subscription began was not announced.
                    | "notifications/subscriptions/acknowledged" => self.changed.notify_one(),
                    "notifications/message" => log.info(params.as_ref().map_or("", Raw::get)),
                    _ => tracing::debug!(server = name, method, "a notification is not used"),
                },
                Notice::Unusable { problem } => log.warn(&problem),
            }
        }
    }

    /// Keeps a subscription to list changes open, where the era has one (MCP 2026-07-28,
    /// subscriptions); returns when the connection ends or the server closes it.
    pub async fn listen(&self) {
        if matches!(self.client.era(), Era::Legacy(_)) {
            return std::future::pending().await;
        }
        let capabilities = &self.client.about().capabilities;
        let filter: Vec<String> = [
            (&capabilities.tools, "toolsListChanged"),
            (&capabilities.prompts, "promptsListChanged"),
            (&capabilities.resources, "resourcesListChanged"),
        ]
        .into_iter()
        .filter(|(capability, _)| capability.as_ref().is_some_and(|list| list.list_changed))
        .map(|(_, name)| format!(r#""{name}":true"#))
        .collect();
        if filter.is_empty() {
            return std::future::pending().await;
        }
        let filter = format!("{{{}}}", filter.join(","));
        let call = Call {
            method: "subscriptions/listen",
            members: &[("notifications", &filter)],
            answers_input: false,
            observer: None,
        };
        if let Err(error) = self.client.call(call).await {
            tracing::debug!(%error, "the subscription to list changes ended");
        }
    }

    async fn call_tool(
        &self,
        tool: &Tool,
        members: &[(&str, &str)],
        answers_input: bool,
        observer: Arc<dyn Observer>,
    ) -> Result<Answer, ClientError> {
        let call = Call {
            method: "tools/call",
            members,
            answers_input,
            observer: Some(observer),
        };
        if tool.task_support == TaskSupport::Required && self.client.has_legacy_tasks() {
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
            Ok(definitions) => {
                mirrors.replace(definitions);
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
        answers_input: bool,
        observer: Arc<dyn Observer>,
    ) -> Result<Answer, ClientError> {
        match operation {
            Operation::CallTool {
                tool,
                arguments,
                continuation,
            } => {
                let name = Raw::from_value(&tool.name);
                let mut members = vec![("name", name.get()), ("arguments", arguments.get())];
                if let Some(continuation) = continuation {
                    let responses = continuation.input_responses.as_ref();
                    members.extend(responses.map(|raw| ("inputResponses", raw.get())));
                    let state = continuation.request_state.as_ref();
                    members.extend(state.map(|raw| ("requestState", raw.get())));
                }
                self.call_tool(tool, &members, answers_input, observer)
                    .await
            }
            Operation::GetPrompt { prompt, arguments } => {
                let name = Raw::from_value(&prompt.name);
                self.client
                    .call(Call {
                        method: "prompts/get",
                        members: &[("name", name.get()), ("arguments", arguments.get())],
                        answers_input,
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
                        answers_input,
                        observer: Some(observer),
                    })
                    .await
            }
            Operation::List { method, member } => {
                let items = self.client.list(method, member).await?;
                let items: Vec<&str> = items.iter().map(Raw::get).collect();
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
                self.carry(operation, terms.answers_input, observer)
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
}

/// How many warnings one list may give: each is logged, and stands in `/status`.
const MAX_WARNINGS: usize = 100;

/// The tools, and what is wrong with them or with those that were left out before.
fn read_tools(definitions: &[Raw], left_out: Vec<(String, String)>) -> (Vec<Tool>, Vec<Warning>) {
    let mut tools = Vec::with_capacity(definitions.len().min(1024));
    let mut warnings = Vec::new();
    let mut more = 0_usize;
    let mut warn = |found: Vec<Warning>| {
        let room = MAX_WARNINGS - warnings.len();
        more += found.len().saturating_sub(room);
        warnings.extend(found.into_iter().take(room));
    };
    for definition in definitions {
        match Tool::read(definition) {
            Ok((tool, found)) => {
                tools.push(tool);
                warn(found);
            }
            Err(warning) => warn(vec![warning]),
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
fn read_prompts(definitions: &[Raw], warnings: &mut Vec<Warning>) -> Vec<Arc<Prompt>> {
    let mut prompts = Vec::with_capacity(definitions.len().min(1024));
    let mut more = 0_usize;
    let most = warnings.len() + MAX_WARNINGS;
    for definition in definitions {
        match Prompt::read(definition) {
            Ok(prompt) => prompts.push(Arc::new(prompt)),
            Err(warning) if warnings.len() < most => warnings.push(warning),
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
        let (_, warnings) = read_tools(&[], left_out(3));
        assert_eq!(warnings.len(), 3);
        let nameless = vec![Raw::from_static("{}"); 60];
        let (_, warnings) = read_tools(&nameless, left_out(1000));
        assert_eq!(warnings.len(), MAX_WARNINGS + 1);
        let last = &warnings.last().unwrap().message;
        assert!(last.starts_with("960 more"), "{last}");
    }
}
