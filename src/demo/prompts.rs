//! The demo's prompts.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{GetPromptResult, PromptMessage, Role};
use rmcp::schemars::JsonSchema;
use rmcp::{prompt, prompt_router};
use serde::Deserialize;

use super::DemoServer;

#[derive(Deserialize, JsonSchema)]
struct PlanMeetingArguments {
    /// What the meeting is about.
    topic: String,
    /// IANA time zone of the one who invites, such as Europe/Berlin.
    timezone: String,
    /// Time zones of the others, separated by commas.
    others: Option<String>,
}

#[expect(
    clippy::unused_self,
    reason = "the macro takes a prompt without arguments only as a method"
)]
#[prompt_router(vis = "pub(super)")]
impl DemoServer {
    /// Asks the model to show what the demo's tools can do.
    #[prompt(name = "tour", title = "Tour of the demo")]
    fn tour(&self) -> GetPromptResult {
        GetPromptResult::new(vec![PromptMessage::new_text(
            Role::User,
            "Show me what this server can do: tell the time in Tokyo, calculate 84 / 2, give the \
             statistics of 3, 1 and 4, and describe the picture that the tool `image` gives.",
        )])
        .with_description("A tour of the demo's tools")
    }

    /// Asks the model to find a time for a meeting across time zones.
    #[prompt(name = "plan_meeting", title = "Plan a meeting")]
    fn plan_meeting(
        &self,
        Parameters(arguments): Parameters<PlanMeetingArguments>,
    ) -> GetPromptResult {
        let PlanMeetingArguments {
            topic,
            timezone,
            others,
        } = arguments;
        let others = others.unwrap_or_else(|| "Europe/London, Asia/Tokyo".to_owned());
        GetPromptResult::new(vec![
            PromptMessage::new_text(
                Role::User,
                format!(
                    "Find a time for a meeting about {topic}. I am in {timezone}, the others are \
                     in {others}. Use the tool `convert_time`."
                ),
            ),
            PromptMessage::new_text(
                Role::Assistant,
                "I look for an hour that falls into the working day in each zone.",
            ),
        ])
        .with_description("A time for a meeting across time zones")
    }
}
