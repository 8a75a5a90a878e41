//! Shows how the servers start: a progress display on a terminal, a table at the end.

use std::{io::IsTerminal, sync::Arc, time::Duration};

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use futures_util::future::join_all;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::overview::{HEADINGS, ServerRow};
use crate::{
    config::log::LogFormat,
    gateway::{Phase, Registry, Server},
    telemetry::{Sink, untrusted::readable},
};

/// Follows the first start of all servers, then shows the table. Cancel safe.
pub(super) async fn show(registry: Registry, sink: Sink, format: LogFormat) {
    wait(&registry, &sink, format).await;
    match format {
        LogFormat::Text if !tracing::enabled!(tracing::Level::INFO) => {}
        LogFormat::Text => sink.print(&format!("{}\n", table(&registry))),
        // The log already holds a line for each server.
        LogFormat::Json => {}
    }
}

/// Follows the first start of all servers. Cancel safe.
pub(super) async fn wait(registry: &Registry, sink: &Sink, format: LogFormat) {
    let display = Display::start(registry, sink, format);
    let roster = registry.roster();
    let started = roster.servers().map(async |server| {
        let mut states = server.watch();
        // A server that is taken away meanwhile is no longer waited for.
        let _ = states
            .wait_for(|state| state.phase != Phase::Starting)
            .await;
        display.ended(server);
    });
    join_all(started).await;
    display.end(sink);
}

/// A spinner for each server that is still starting, where there is somebody to see it.
struct Display {
    all: Option<MultiProgress>,
    bars: Vec<(Arc<Server>, ProgressBar)>,
}

impl Display {
    fn start(registry: &Registry, sink: &Sink, format: LogFormat) -> Self {
        if format != LogFormat::Text || !std::io::stderr().is_terminal() {
            return Self {
                all: None,
                bars: Vec::new(),
            };
        }
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        sink.share_with(Some(all.clone()));
        // The template is ours and holds no placeholder that it does not know.
        let style = ProgressStyle::with_template("{spinner} {prefix} {msg} {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bars = registry
            .roster()
            .servers()
            .map(|server| {
                let bar = all.add(ProgressBar::new_spinner().with_style(style.clone()));
                bar.set_prefix(readable(server.name.as_str()));
                bar.set_message("is starting (the first start may download it)");
                bar.enable_steady_tick(Duration::from_millis(120));
                (Arc::clone(server), bar)
            })
            .collect();
        Self {
            all: Some(all),
            bars,
        }
    }

    fn ended(&self, server: &Arc<Server>) {
        let bar = self
            .bars
            .iter()
            .find(|(known, _)| Arc::ptr_eq(known, server));
        if let Some((_, bar)) = bar {
            bar.finish_and_clear();
        }
    }

    fn end(self, sink: &Sink) {
        if let Some(all) = &self.all {
            // What can't be cleared is only a line on a terminal.
            let _ = all.clear();
        }
        sink.share_with(None);
    }
}

/// Each server with its state, its tools and how long its start took.
fn table(registry: &Registry) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .use_stderr()
        .set_header(HEADINGS);
    if !std::io::stderr().is_terminal() {
        table.set_width(120);
    }
    for server in registry.roster().servers() {
        let row = ServerRow::of(server).with_next_try(server.state().retry_at);
        table.add_row(row.cells(|warnings| match warnings {
            1 => "1 warning, see /status".to_owned(),
            several => format!("{several} warnings, see /status"),
        }));
    }
    table
}
