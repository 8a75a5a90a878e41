//! A tool that takes its time and reports its progress.

use std::time::Duration;

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::ProgressNotificationParam;
use rmcp::schemars::JsonSchema;
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{tool, tool_router};
use serde::Deserialize;

use super::DemoServer;

#[derive(Deserialize, JsonSchema)]
struct SlowArguments {
    /// How long to take, in seconds.
    #[serde(default = "default_seconds")]
    #[schemars(range(min = 0, max = 60))]
    seconds: f64,
    /// In how many equal steps; progress is reported after each.
    #[serde(default = "default_steps")]
    #[schemars(range(min = 1, max = 100))]
    steps: u32,
}

fn default_seconds() -> f64 {
    3.0
}

fn default_steps() -> u32 {
    3
}

#[tool_router(router = slow_tools, vis = "pub(super)")]
impl DemoServer {
    /// Takes some seconds, reports its progress, and stops when the call is cancelled.
    #[tool(
        title = "Slow",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn slow(
        &self,
        Parameters(arguments): Parameters<SlowArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<String, String> {
        let SlowArguments { seconds, steps } = arguments;
        let pause = step_pause(seconds, steps)?;
        for step in 1..=steps {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = context.ct.cancelled() => return Err("The call was cancelled.".to_owned()),
            }
            report(&context, step, steps).await;
        }
        Ok(format!("Took {seconds} seconds in {steps} steps."))
    }
}

fn step_pause(seconds: f64, steps: u32) -> Result<Duration, String> {
    if !(0.0..=60.0).contains(&seconds) {
        return Err(format!(
            "{seconds} seconds are out of range: `seconds` is from 0 to 60."
        ));
    }
    if !(1..=100).contains(&steps) {
        return Err(format!(
            "{steps} steps are out of range: `steps` is from 1 to 100."
        ));
    }
    Ok(Duration::from_secs_f64(seconds / f64::from(steps)))
}

async fn report(context: &RequestContext<RoleServer>, step: u32, steps: u32) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    let progress = ProgressNotificationParam::new(token, f64::from(step))
        .with_total(f64::from(steps))
        .with_message(format!("Step {step} of {steps} is done"));
    // Progress is a courtesy: when it can't be sent, the end of the transport will say why.
    let _ = context.peer.notify_progress(progress).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_share_the_time() {
        assert_eq!(step_pause(3.0, 2), Ok(Duration::from_millis(1500)));
        assert_eq!(step_pause(0.0, 100), Ok(Duration::ZERO));
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for (seconds, steps) in [(-1.0, 1), (60.1, 1), (f64::NAN, 1), (1.0, 0), (1.0, 101)] {
            assert!(step_pause(seconds, steps).is_err(), "{seconds} {steps}");
        }
    }
}
