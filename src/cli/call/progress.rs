//! How a call comes along: a bar on a terminal, nothing elsewhere.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Deserialize;

use crate::{gateway::Event, json, telemetry::Sink, telemetry::untrusted::readable};

/// Of how many parts a bar is: progress may be any number.
const PARTS: u64 = 1000;

/// What is said before the tool has said anything, and of progress without a total.
const SPINNER: &str = "{spinner} {prefix} {wide_msg} {elapsed}";
const BAR: &str = "{spinner} {prefix} [{bar:24}] {percent:>3}% {wide_msg} {elapsed}";

/// Shows how a call comes along, where standard error is a terminal.
pub(super) struct Progress(Option<(MultiProgress, ProgressBar)>);

/// The parameters of `notifications/progress` (MCP, progress).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report {
    #[serde(deserialize_with = "json::lenient")]
    progress: f64,
    #[serde(deserialize_with = "json::lenient")]
    total: Option<f64>,
    #[serde(deserialize_with = "json::lenient")]
    message: Option<String>,
}

impl Progress {
    /// The call of the tool has begun. Log lines pass above the bar.
    pub(super) fn start(sink: &Sink, tool: &str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        sink.share_with(Some(all.clone()));
        let bar = all.add(ProgressBar::new(PARTS).with_style(style(SPINNER)));
        bar.set_prefix(readable(tool));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(Some((all, bar)))
    }

    /// Something happened. Log messages of servers are for the log.
    pub(super) fn show(&self, event: &Event) {
        let (Some((_, bar)), Event::Progress(params)) = (&self.0, event) else {
            return;
        };
        let report: Report = json::object(params.get()).unwrap_or_default();
        let message = report.message.as_deref().map(readable);
        if let Some(position) = report.position() {
            bar.set_style(style(BAR));
            bar.set_position(position);
            bar.set_message(message.unwrap_or_default());
        } else {
            bar.set_style(style(SPINNER));
            bar.set_message(message.unwrap_or_else(|| report.progress.to_string()));
        }
    }

    /// The call has ended: nothing of the bar stays.
    pub(super) fn end(self, sink: &Sink) {
        // What follows is done by `Drop`.
        drop(self);
        sink.share_with(None);
    }
}

/// A call that is given up leaves no bar either.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((all, bar)) = &self.0 {
            bar.finish_and_clear();
            // What can't be cleared is only a line on a terminal.
            let _ = all.clear();
        }
    }
}

impl Report {
    /// How far it is, in [`PARTS`], where that is known.
    fn position(&self) -> Option<u64> {
        let total = self
            .total
            .filter(|total| total.is_finite() && *total > 0.0)?;
        let share = (self.progress / total).clamp(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "it is between 0 and PARTS, which is small"
        )]
        let position = (share * PARTS as f64).round() as u64;
        Some(position)
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are ours and hold no placeholder that indicatif does not know.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_share_of_its_total_where_there_is_one() {
        let position = |params: &str| {
            let report: Report = json::object(params).unwrap();
            report.position()
        };
        assert_eq!(position(r#"{"progress":1,"total":4}"#), Some(250));
        assert_eq!(position(r#"{"progress":9,"total":4}"#), Some(PARTS));
        assert_eq!(position(r#"{"progress":-1,"total":4}"#), Some(0));
        for odd in [
            r#"{"progress":3}"#,
            r#"{"progress":3,"total":0}"#,
            r#"{"progress":3,"total":"x"}"#,
        ] {
            assert_eq!(position(odd), None, "{odd}");
        }
        for template in [SPINNER, BAR] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }
}
