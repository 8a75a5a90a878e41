//! Groups of servers as REST: what several servers offer together, under the names that they have
//! there.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Payload},
};

use super::{Failure, completions, prompts, resources, tools};
use crate::{
    frontend::{
        State, answer,
        mcp::{self, Conversation, Members, PerformFailure, Scope},
        route::Offer,
    },
    gateway::{Caller, ExchangeError, Lease, Prompt, Tool},
    json::Raw,
    mcp::{Era, NEWEST_LEGACY_VERSION},
};

/// A group as one request reaches it.
struct Group {
    conversation: Conversation,
    members: Members,
}

/// What a group offers. `None`: it has nothing of that name.
pub async fn serve(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    caller: &Caller,
    name: &str,
    offer: &Offer<'_>,
) -> Option<HttpResponse> {
    // A group brings its servers along.
    let caller = caller.in_group();
    let group = match Group::reach(state, request, &caller, name).await {
        Ok(group) => group,
        Err(failure) => return Some(failure.response()),
    };
    Some(match offer {
        Offer::CallTool(tool) => {
            let (server, tool) = group.tool(tool)?;
            tools::call_found(state, request, payload, caller, &server, &tool).await
        }
        Offer::Resources => {
            let list = group.conversation.list_resources(&group.members).await;
            whole(list)
        }
        Offer::ResourceTemplates => {
            let list = group.conversation.list_templates(&group.members).await;
            whole(list)
        }
        Offer::ReadResource => group.read(request).await,
        Offer::Prompts => whole(group.conversation.list_prompts(&group.members)),
        Offer::GetPrompt(prompt) => {
            let (server, prompt) = group.prompt(prompt)?;
            let found = (&prompt, group.members.view().tool_names(&server.name));
            prompts::get_found(state, request, payload, caller, &server, found).await
        }
        Offer::CompletePrompt(prompt) => {
            let (server, prompt) = group.prompt(prompt)?;
            completions::prompt_found(state, request, payload, caller, &server, &prompt.name).await
        }
        Offer::CompleteResourceTemplate => {
            let uri = |uri: &str| {
                let source = *group
                    .members
                    .view()
                    .resources
                    .locate_template(uri)
                    .first()?;
                group.members.server(source).cloned()
            };
            completions::template_of(state, request, payload, caller, uri).await
        }
    })
}

impl Group {
    async fn reach(
        state: &State,
        request: &HttpRequest,
        caller: &Caller,
        name: &str,
    ) -> Result<Self, Failure> {
        // What the gateway itself asks of servers for a group has no client behind it.
        let era = Era::Legacy(NEWEST_LEGACY_VERSION);
        let scope = Scope::Group(name.to_owned());
        let conversation = mcp::conversation(state, request, caller, &scope, era)
            .map_err(|error| Failure::message(StatusCode::BAD_REQUEST, &error.message))?;
        let members = conversation
            .members()
            .await
            .map_err(|error| Failure::from_exchange(error, name))?;
        Ok(Self {
            conversation,
            members,
        })
    }

    fn tool(&self, name: &str) -> Option<(Lease, Arc<Tool>)> {
        let item = self.members.view().tools.get(name)?;
        let server = self.members.server(item.source)?;
        Some((server.clone(), Arc::clone(&item.item)))
    }

    fn prompt(&self, name: &str) -> Option<(Lease, Arc<Prompt>)> {
        let item = self.members.view().prompts.get(name)?;
        let server = self.members.server(item.source)?;
        Some((server.clone(), Arc::clone(&item.item)))
    }

    async fn read(&self, request: &HttpRequest) -> HttpResponse {
        let Some(uri) = resources::asked_uri(request) else {
            return resources::missing_uri();
        };
        match self.conversation.read(&self.members, &uri).await {
            Ok(result) => resources::content(request, result),
            Err(failure) => resources::not_read(failed(failure)).response(),
        }
    }
}

/// A result as it came.
fn whole(result: Result<Raw, PerformFailure>) -> HttpResponse {
    match result {
        Ok(result) => answer::json(StatusCode::OK, result.into_bytes()),
        Err(failure) => failed(failure).response(),
    }
}

/// Why a group has no answer, in HTTP's vocabulary.
fn failed(failure: PerformFailure) -> Failure {
    match failure {
        PerformFailure::Exchange(error, server) => Failure::from_exchange(error, &server),
        PerformFailure::Rpc(error) => Failure::from_exchange(
            ExchangeError::Rpc {
                code: error.code,
                message: error.message,
                data: error.data,
            },
            "",
        ),
    }
}
