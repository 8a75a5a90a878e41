//! Calls of tools, prompts and completions.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{
    conversation::{Conversation, Members},
    message::Params,
    outcome::{self, RpcError},
    perform::Failure,
    session::Session,
};
use crate::{
    gateway::{
        ClientSession as _, Continuation, Discovery, End, Exchange, ExchangeError, Lease,
        McpClient, Operation, Wishes, view::Item,
    },
    json::{self, Raw},
    mcp::codes,
    policy::Policy,
};

/// How often a server may ask in one call before it is taken for one that never ends.
const MAX_ROUNDS: usize = 32;

/// When to ask again for what a server may offer that has not been up yet.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Conversation {
    /// `tools/call`.
    pub(super) async fn call_tool(
        &self,
        members: &Members,
        params: &Params,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        let name = params.string("name")?;
        let arguments = arguments(params)?;
        if self.discovery() == Discovery::Search {
            return self
                .call_search(members, &name, &arguments, params, wishes)
                .await;
        }
        self.call_by_name(members, &name, arguments, params, wishes)
            .await
    }

    /// Calls the tool that has this name on the route.
    pub(super) async fn call_by_name(
        &self,
        members: &Members,
        name: &str,
        arguments: Raw,
        params: &Params,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        let later;
        let mut members = members;
        if members.view().tools.get(name).is_none()
            && let Some(complete) = self.once_started(members, name).await
        {
            later = complete;
            members = &later;
        }
        let item = members.view().tools.get(name);
        let found = item.and_then(|item| Some((item, members.server(item.source)?)));
        let Some((Item { item: tool, .. }, server)) = found else {
            return Err(unknown("tool", name, members).into());
        };
        let operation = Operation::CallTool {
            tool: Arc::clone(tool),
            arguments,
            continuation: params.continuation(),
            rest: params.rest(&["name", "arguments", "inputResponses", "requestState"]),
        };
        match self.ask(server, operation, wishes).await {
            Ok(result) => {
                let tasks = &self.service.tasks;
                tasks.remember(&self.caller, &server.name, &result);
                Ok(result)
            }
            Err(Failure::Exchange(error, server)) => match outcome::for_models(&error) {
                Some(words) => Ok(tool_error(&words)),
                None => Err(Failure::Exchange(error, server)),
            },
            Err(failure) => Err(failure),
        }
    }

    /// What the route offers once the server has started that a name points to, where that one is
    /// on its way: a call waits for it longer than a list does.
    async fn once_started(&self, members: &Members, name: &str) -> Option<Members> {
        let meant = away(members).find(|server| is_of(name, server))?;
        self.service.policy().catalog(meant).await.ok()?;
        self.members().await.ok()
    }

    /// `prompts/get`.
    pub(super) async fn get_prompt(
        &self,
        members: &Members,
        params: &Params,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        let name = params.string("name")?;
        let later;
        let mut members = members;
        if members.view().prompts.get(&name).is_none()
            && let Some(complete) = self.once_started(members, &name).await
        {
            later = complete;
            members = &later;
        }
        let item = members.view().prompts.get(&name);
        let found = item.and_then(|item| Some((item, members.server(item.source)?)));
        let Some((Item { item: prompt, .. }, server)) = found else {
            return Err(unknown("prompt", &name, members).into());
        };
        let operation = Operation::GetPrompt {
            prompt: Arc::clone(prompt),
            arguments: arguments(params)?,
            tool_names: members.view().tool_names(&server.name),
            continuation: params.continuation(),
            rest: params.rest(&["name", "arguments", "inputResponses", "requestState"]),
        };
        self.ask(server, operation, wishes).await
    }

    /// `completion/complete`.
    pub(super) async fn complete(
        &self,
        members: &Members,
        params: &Params,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        #[derive(Deserialize)]
        struct Reference {
            #[serde(rename = "type")]
            kind: String,
            name: Option<String>,
            uri: Option<String>,
        }
        let problem = |message: &str| Failure::from(RpcError::new(codes::INVALID_PARAMS, message));
        let reference = params
            .get("ref")
            .ok_or_else(|| problem("params.ref is missing"))?;
        let read: Reference = json::object(reference.get())
            .map_err(|error| problem(&format!("params.ref can't be read: {error}")))?;
        let (server, reference) = match (read.kind.as_str(), read.name, read.uri) {
            ("ref/prompt", Some(name), _) => {
                let item = members.view().prompts.get(&name);
                let item = item.ok_or_else(|| unknown("prompt", &name, members))?;
                let own = Raw::from_value(&item.item.name);
                let reference = json::edit::with_member(reference, "name", &own);
                (members.server(item.source), reference)
            }
            ("ref/resource", _, Some(uri)) => {
                let places = members.view().resources.locate_template(&uri);
                let source = places.first().copied();
                (
                    source.and_then(|source| members.server(source)),
                    reference.clone(),
                )
            }
            _ => {
                return Err(problem(
                    "params.ref must be a ref/prompt with a name, or a ref/resource with a uri",
                ));
            }
        };
        let server = server.ok_or_else(|| problem("nothing here is meant by params.ref"))?;
        let operation = Operation::Request {
            method: "completion/complete".into(),
            params: params.object_with("ref", &reference),
            repeatable: true,
        };
        self.ask(server, operation, wishes).await
    }
}

/// `params.arguments`: an object, or nothing.
fn arguments(params: &Params) -> Result<Raw, RpcError> {
    match params.get("arguments") {
        None => Ok(Raw::from_static("{}")),
        Some(arguments) if arguments.get() == "null" => Ok(Raw::from_static("{}")),
        Some(arguments) if arguments.get().starts_with('{') => Ok(arguments.clone()),
        Some(_) => Err(RpcError::new(
            codes::INVALID_PARAMS,
            "params.arguments must be an object",
        )),
    }
}

/// The servers that have not been up yet.
fn away(members: &Members) -> impl Iterator<Item = &Lease> {
    let away = members.list.iter().filter(|it| it.catalog.is_none());
    away.map(|member| &member.server)
}

/// Whether a name on a route of several servers may be one of this server's.
fn is_of(name: &str, server: &Lease) -> bool {
    name.starts_with(server.name.as_str())
}

/// There is no such thing, or not just now.
pub(super) fn unknown(what: &str, name: &str, members: &Members) -> RpcError {
    let shown: String = name.chars().take(100).collect();
    if let Some(server) = away(members).find(|server| is_of(name, server)) {
        let phase = server.state().phase;
        let message = format!(
            "{shown:?} may be a {what} of {:?}, which has not been up yet ({})",
            server.name.as_str(),
            phase.as_str()
        );
        return RpcError::unavailable(message, server.name.as_str(), phase, Some(RETRY_AFTER));
    }
    let names: Vec<&str> = away(members).map(|server| server.name.as_str()).collect();
    let hint = if names.is_empty() {
        String::new()
    } else {
        format!(
            "; nothing is known yet of what these offer: {}",
            names.join(", ")
        )
    };
    RpcError::new(
        codes::INVALID_PARAMS,
        format!("Unknown {what}: {shown:?}{hint}"),
    )
}

/// A result in which a tool reports an error.
pub(super) fn tool_error(message: &str) -> Raw {
    Raw::from_value(&json!({"content": [{"type": "text", "text": message}], "isError": true}))
}

/// Carries an exchange to its end, asking the client whatever the server asks by an
/// `InputRequiredResult`: the client is of an era that has requests of the server instead.
pub(super) async fn run_asking(
    policy: &Policy,
    mut exchange: Exchange,
    session: &Arc<Session>,
) -> Result<End, ExchangeError> {
    if !exchange.wishes.answers_input {
        // It will never be asked.
        return policy.run(exchange).await;
    }
    for _ in 0..MAX_ROUNDS {
        let end = policy.run(exchange.clone()).await?;
        let End::InputRequired(asked) = end else {
            return Ok(end);
        };
        let continuation = answer(session, &asked).await?;
        go_on(&mut exchange.operation, continuation);
    }
    Err(ExchangeError::Unusable(format!(
        "the server asked for input {MAX_ROUNDS} times and would ask again"
    )))
}

/// The client's answers to an `InputRequiredResult`.
async fn answer(session: &Arc<Session>, asked: &Raw) -> Result<Continuation, ExchangeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Asked<'a> {
        #[serde(borrow)]
        input_requests: Option<&'a RawValue>,
        #[serde(borrow)]
        request_state: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Question<'a> {
        method: String,
        #[serde(borrow)]
        params: Option<&'a RawValue>,
    }
    let unusable = |error: serde_json::Error| {
        ExchangeError::Unusable(format!("what the server asks can't be read: {error}"))
    };
    let read: Asked<'_> = json::object(asked.get()).map_err(unusable)?;
    let requests = match read.input_requests {
        Some(requests) => json::members(requests.get()).map_err(unusable)?,
        None => Vec::new(),
    };
    let mut questions = Vec::with_capacity(requests.len());
    for (name, request) in requests {
        let question: Question<'_> = json::object(request.get()).map_err(unusable)?;
        let params = question.params.map(|params| asked.part(params));
        questions.push((name.into_owned(), question.method, params));
    }
    let answers = questions.into_iter().map(async |(name, method, params)| {
        let answer = session.ask(&method, params).await;
        (name, answer)
    });
    let mut responses = Vec::new();
    for (name, answer) in futures_util::future::join_all(answers).await {
        match answer {
            Ok(answer) => responses.push((name, answer)),
            Err(error) => {
                // Without its answer the server can't go on.
                let refused = crate::mcp::client::read_error(&error);
                let (code, message, data) =
                    refused.unwrap_or((codes::INVALID_REQUEST, "the client refused".into(), None));
                return Err(ExchangeError::Rpc {
                    code,
                    message: format!("the client did not answer {name:?}: {message}"),
                    data,
                });
            }
        }
    }
    Ok(Continuation {
        input_responses: (!responses.is_empty()).then(|| super::message::object(responses)),
        request_state: read.request_state.map(|state| asked.part(state)),
    })
}

/// The same operation, with what it goes on.
fn go_on(operation: &mut Operation, with: Continuation) {
    match operation {
        Operation::CallTool { continuation, .. } | Operation::GetPrompt { continuation, .. } => {
            *continuation = Some(with);
        }
        Operation::Request { params, .. } => {
            let members = [
                ("inputResponses", with.input_responses),
                ("requestState", with.request_state),
            ];
            for (name, value) in members {
                if let Some(value) = value {
                    *params = json::edit::with_member(params, name, &value);
                }
            }
        }
        Operation::List { .. } => {}
    }
}

/// What a server of the legacy era says by -32042 (MCP 2025-11-25, URL mode elicitation), as an
/// `InputRequiredResult`; nothing where the client can't be asked to open URLs.
pub(super) fn url_elicitations(error: &RpcError, client: &McpClient) -> Option<Raw> {
    #[derive(Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        elicitations: Vec<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Capabilities {
        elicitation: Elicitation,
    }
    #[derive(Deserialize)]
    struct Elicitation {
        #[serde(rename = "url")]
        _url: serde::de::IgnoredAny,
    }
    let capabilities: Result<Capabilities, _> = serde_json::from_str(client.capabilities.get());
    let Capabilities {
        elicitation: Elicitation { .. },
    } = capabilities.ok()?;
    let data: Data<'_> = serde_json::from_str(error.data.as_ref()?.get()).ok()?;
    let requests: Vec<String> = (1..)
        .zip(&data.elicitations)
        .map(|(number, params)| {
            format!(
                r#""url-{number}":{{"method":"elicitation/create","params":{}}}"#,
                params.get()
            )
        })
        .collect();
    if requests.is_empty() {
        return None;
    }
    let result = format!(
        r#"{{"resultType":"input_required","inputRequests":{{{}}}}}"#,
        requests.join(",")
    );
    Some(Raw::assume_valid(result.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Members as Extra;

    #[test]
    fn a_url_that_must_be_opened_first_becomes_a_question_for_clients_that_open_urls() {
        let error = RpcError::new(codes::URL_ELICITATION_REQUIRED, "open it").with_data(
            &json!({"elicitations": [{"mode": "url", "url": "https://x", "elicitationId": "1"}]}),
        );
        let client = |capabilities| McpClient {
            capabilities: Raw::from_static(capabilities),
            meta: Extra::new(),
            log_level: None,
        };
        let asked = url_elicitations(&error, &client(r#"{"elicitation":{"url":{}}}"#)).unwrap();
        assert_eq!(
            asked.get(),
            r#"{"resultType":"input_required","inputRequests":{"url-1":{"method":"elicitation/create","params":{"mode":"url","url":"https://x","elicitationId":"1"}}}}"#
        );
        assert!(url_elicitations(&error, &client(r#"{"elicitation":{"form":{}}}"#)).is_none());
    }
}
