//! Metrics, in the text format of Prometheus.
//!
//! Whoever counts something has handles of its own ([`Metrics::reloads`]), which are registered
//! once: a count is one atomic operation then. What is only worth a look when somebody asks, such
//! as the state of each server, is written at that time ([`Metrics::render`]).

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{
    PrometheusBuilder, PrometheusRecorder,
    formatting::{sanitize_label_value, write_help_line, write_type_line},
};

const SERVER_UP: &str = "viceversa_server_up";

/// All that is counted in one gateway. Clones share it.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<PrometheusRecorder>);

/// How reloads of the config end.
#[derive(Clone)]
pub struct ReloadMetrics {
    applied: Counter,
    unchanged: Counter,
    refused: Counter,
    is_last_successful: Gauge,
    last_success: Gauge,
}

/// How a reload of the config ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadOutcome {
    /// It brought something new, which holds.
    Applied,
    /// The config says what it said.
    Unchanged,
    /// The config can't be used.
    Refused,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Nothing is counted yet.
    pub fn new() -> Self {
        let metrics = Self(Arc::new(PrometheusBuilder::new().build_recorder()));
        metrics.register(|| {
            describe_gauge!("viceversa_build_info", "The version that runs; always 1.");
            gauge!("viceversa_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
        });
        metrics
    }

    /// Makes handles of metrics that are counted here.
    fn register<T>(&self, make: impl FnOnce() -> T) -> T {
        // No recorder is installed for the whole process: tests run several gateways in one.
        metrics::with_local_recorder(&*self.0, make)
    }

    /// The handles of whoever reloads the config. One has been read: that of the start.
    pub fn reloads(&self) -> ReloadMetrics {
        let reloads = self.register(|| {
            const TOTAL: &str = "viceversa_config_reloads_total";
            const IS_SUCCESSFUL: &str = "viceversa_config_last_reload_successful";
            const LAST_SUCCESS: &str = "viceversa_config_last_reload_success_timestamp_seconds";
            describe_counter!(
                TOTAL,
                "Times that the config was read again, by what came of it."
            );
            describe_gauge!(
                IS_SUCCESSFUL,
                "Whether the config could be used when it was read last."
            );
            describe_gauge!(
                LAST_SUCCESS,
                "When a config was read last that could be used."
            );
            ReloadMetrics {
                applied: counter!(TOTAL, "outcome" => "applied"),
                unchanged: counter!(TOTAL, "outcome" => "unchanged"),
                refused: counter!(TOTAL, "outcome" => "refused"),
                is_last_successful: gauge!(IS_SUCCESSFUL),
                last_success: gauge!(LAST_SUCCESS),
            }
        });
        reloads.succeeded();
        reloads
    }

    /// Everything as it is now, with which of these servers are up.
    pub fn render<'a>(&self, servers: impl IntoIterator<Item = (&'a str, bool)>) -> String {
        let mut text = self.0.handle().render();
        let about = "Whether the server takes calls.";
        write_help_line(&mut text, SERVER_UP, None, None, about);
        write_type_line(&mut text, SERVER_UP, None, None, "gauge");
        for (name, is_up) in servers {
            let name = sanitize_label_value(name);
            // A string takes whatever is written.
            let _ = writeln!(text, "{SERVER_UP}{{server=\"{name}\"}} {}", u8::from(is_up));
        }
        text
    }
}

impl ReloadMetrics {
    /// Counts a reload.
    pub fn count(&self, outcome: ReloadOutcome) {
        match outcome {
            ReloadOutcome::Applied => self.applied.increment(1),
            ReloadOutcome::Unchanged => self.unchanged.increment(1),
            ReloadOutcome::Refused => {
                self.refused.increment(1);
                self.is_last_successful.set(0);
                return;
            }
        }
        self.succeeded();
    }

    fn succeeded(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.is_last_successful.set(1);
        // A clock that is before 1970 tells nothing.
        self.last_success.set(now.unwrap_or_default().as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reloads_are_counted_by_what_came_of_them() {
        let metrics = Metrics::new();
        let reloads = metrics.reloads();
        let line = |name: &str| {
            let text = metrics.render([]);
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim().to_owned()
        };
        let total = |outcome: &str| {
            let name = format!("viceversa_config_reloads_total{{outcome=\"{outcome}\"}}");
            line(&name)
        };
        assert_eq!(line("viceversa_config_last_reload_successful"), "1");
        assert_eq!(total("applied"), "0");
        reloads.count(ReloadOutcome::Applied);
        reloads.count(ReloadOutcome::Unchanged);
        reloads.count(ReloadOutcome::Unchanged);
        let last = line("viceversa_config_last_reload_success_timestamp_seconds");
        let seconds: f64 = last.parse().unwrap();
        assert!(seconds > 1.7e9, "{last}");
        reloads.count(ReloadOutcome::Refused);
        assert_eq!(total("applied"), "1");
        assert_eq!(total("unchanged"), "2");
        assert_eq!(total("refused"), "1");
        assert_eq!(line("viceversa_config_last_reload_successful"), "0");
        assert_eq!(
            line("viceversa_config_last_reload_success_timestamp_seconds"),
            last
        );
    }

    #[test]
    fn names_of_servers_cant_break_out_of_their_labels() {
        let text = Metrics::new().render([("a \"b\" \\c", true), ("plain", false)]);
        assert!(
            text.contains(r#"viceversa_server_up{server="a \"b\" \\c"} 1"#),
            "{text}"
        );
        assert!(
            text.contains("viceversa_server_up{server=\"plain\"} 0\n"),
            "{text}"
        );
        let two = Metrics::new();
        two.reloads().count(ReloadOutcome::Refused);
        // Each gateway counts for itself.
        assert!(!text.contains("reloads_total"), "{text}");
    }
}
