//! Exchanges with an API, in the words of MCP.
//!
//! - [`call`]: one operation, sent and answered;
//! - [`resource`]: URIs and what they lead to; [`prompt`]; [`completion`].

mod call;
mod completion;
mod prompt;
mod resource;
#[cfg(test)]
mod tests;

use std::{future::Future, pin::Pin, sync::Arc};

use indexmap::IndexMap;
use serde::Deserialize;
use tokio::sync::{Mutex, watch};

use super::{
    Rest, answer, api::Known, catalog::catalog, changes::Changes, document::DocumentError,
};
use crate::{
    gateway::{Catalog, End, Operation, Session, SessionError, Stale, Terms, ToolOverride},
    json::{self, Raw},
    mcp::codes,
    upstream::Audience,
};

/// An API as the core sees it.
#[derive(Debug)]
pub struct RestSession {
    rest: Arc<Rest>,
    /// What is known of the API, when it is news.
    news: Mutex<watch::Receiver<Option<Arc<Known>>>>,
}

impl RestSession {
    /// Reads what the API offers, if nobody has yet.
    pub(super) async fn open(rest: Arc<Rest>) -> Result<Arc<Self>, DocumentError> {
        let mut news = rest.library.changes();
        rest.library.known().await?;
        news.mark_unchanged();
        Ok(Arc::new(Self {
            rest,
            news: Mutex::new(news),
        }))
    }

    /// Waits until the API's documents have changed. Cancel safe.
    pub(in crate::upstream) async fn changed(&self) {
        if self.news.lock().await.changed().await.is_err() {
            // The library is gone, and so is whoever would hear of it.
            std::future::pending::<()>().await;
        }
    }

    /// Looks now and then whether they have, for all sessions of the server. Never returns.
    pub(in crate::upstream) async fn listen(&self) {
        match self.rest.audience {
            Audience::Everybody | Audience::Anonymous => self.rest.library.refresh().await,
            // The server that this is a caller's own part of does so.
            Audience::Identity => std::future::pending().await,
        }
    }

    /// Hears of what keeps the API's documents from being read anew.
    pub(in crate::upstream) fn stale(&self) -> watch::Receiver<Option<Stale>> {
        self.rest.library.stale()
    }

    /// What the API offers, with what the config changes of its tools.
    pub(in crate::upstream) async fn load_catalog(
        &self,
        revision: u64,
        overrides: &Arc<IndexMap<String, Arc<ToolOverride>>>,
    ) -> Result<Catalog, String> {
        let known = self.known().map_err(|error| error.to_string())?;
        let overrides = Arc::clone(overrides);
        let changes = self.rest.changes.clone();
        // Compiling schemas may take a while, and other servers' tasks run on this thread.
        tokio::task::spawn_blocking(move || catalog(&known, revision, &overrides, &changes))
            .await
            .map_err(|error| error.to_string())
    }

    fn known(&self) -> Result<Arc<Known>, SessionError> {
        let unread = || SessionError::Unusable("the API's documents were not read yet".to_owned());
        self.rest.library.current().ok_or_else(unread)
    }

    async fn carry(&self, operation: &Operation, terms: Terms<'_>) -> Result<End, SessionError> {
        let known = self.known()?;
        match operation {
            Operation::CallTool {
                tool, arguments, ..
            } => {
                let Some(prepared) = known.operation(&tool.upstream_name) else {
                    return Err(invalid(format!(
                        "the API no longer has the operation {:?}",
                        tool.upstream_name
                    )));
                };
                // The document may have changed since the caller saw the tool.
                let is_repeatable = operation.is_repeatable() && prepared.has_repeatable_method();
                let (answer, draft) =
                    call::call(&self.rest, prepared, arguments, is_repeatable).await?;
                answer::end(
                    answer,
                    draft,
                    prepared,
                    self.rest.validate_output,
                    terms.wishes.api_answers,
                )
                .await
            }
            Operation::GetPrompt {
                prompt,
                arguments,
                tool_names,
                ..
            } => {
                let changes = &self.rest.changes;
                prompt::get(changes, &known, &prompt.name, arguments, tool_names).map(End::Result)
            }
            Operation::Request { method, params, .. } => {
                self.request(&known, method, params).await.map(End::Result)
            }
            Operation::List { method, member } => {
                list(&self.rest.changes, &known, method, member).map(End::Result)
            }
        }
    }

    async fn request(
        &self,
        known: &Known,
        method: &str,
        params: &Raw,
    ) -> Result<Raw, SessionError> {
        match method {
            "ping" => Ok(Raw::from_static("{}")),
            "resources/read" => {
                #[derive(Deserialize)]
                struct Params {
                    uri: String,
                }
                let Params { uri } = json::object(params.get())
                    .map_err(|error| invalid(format!("params.uri can't be read: {error}")))?;
                resource::read(&self.rest, known, &uri).await
            }
            "completion/complete" => completion::complete(&self.rest.changes, known, params),
            _ => Err(not_found(method)),
        }
    }
}

impl Session for RestSession {
    fn run<'a>(
        &'a self,
        operation: &'a Operation,
        terms: Terms<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<End, SessionError>> + Send + 'a>> {
        Box::pin(self.carry(operation, terms))
    }

    fn notify<'a>(
        &'a self,
        method: &'a str,
        _: &'a Raw,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        tracing::trace!(method, "an API has nothing to do with notifications");
        Box::pin(std::future::ready(()))
    }
}

/// All items of a list.
fn list(changes: &Changes, known: &Known, method: &str, member: &str) -> Result<Raw, SessionError> {
    let resources = |is_template| {
        let resources = changes.resources(known);
        let those = resources.filter(move |resource| resource.is_template == is_template);
        those.map(|resource| resource.definition.get()).collect()
    };
    let prompts: Vec<_> = changes.prompts(known).collect();
    let items: Vec<&str> = match method {
        "tools/list" => {
            let operations = known.operations.iter();
            operations.map(|it| it.operation.definition.get()).collect()
        }
        "prompts/list" => prompts.iter().map(|it| it.definition.get()).collect(),
        "resources/list" => resources(false),
        "resources/templates/list" => resources(true),
        _ => return Err(not_found(method)),
    };
    let text = format!(r#"{{"{member}":[{}]}}"#, items.join(","));
    Ok(Raw::assume_valid(text.into()))
}

fn not_found(method: &str) -> SessionError {
    SessionError::Rpc {
        code: codes::METHOD_NOT_FOUND,
        message: format!("an API behind the gateway has no {method}"),
        data: None,
    }
}

/// The parameters of a request are not what they must be.
fn invalid(message: String) -> SessionError {
    SessionError::Rpc {
        code: codes::INVALID_PARAMS,
        message,
        data: None,
    }
}
