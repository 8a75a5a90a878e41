//! What the gateway tells its operator: logs, on stderr, and metrics.

pub mod metrics;
mod sink;
mod text;
pub mod untrusted;

use std::sync::Arc;

pub use sink::Sink;

use tracing_subscriber::{EnvFilter, fmt::format::Format, reload, util::SubscriberInitExt};

use crate::config::{log::LogFormat, value::LogFilter};

use text::Text;

/// The target of the line that each request has, by which they can be filtered.
pub const ACCESS: &str = "viceversa::access";

/// The log: the way to it, and what goes there.
#[derive(Clone)]
pub struct Log {
    /// The way to stderr, which must be kept until the end.
    pub sink: Sink,
    /// Has other events be logged; nothing where another log was started before.
    refilter: Option<Arc<dyn Fn(EnvFilter) + Send + Sync>>,
}

impl Log {
    /// Has these events be logged from now on.
    pub fn set_filter(&self, filter: &LogFilter) {
        if let Some(refilter) = &self.refilter {
            refilter(env_filter(filter));
        }
    }
}

/// Starts logging. What is logged before is lost; what is logged after goes through the sink
/// that is returned.
pub fn start(format: LogFormat, filter: &LogFilter) -> Log {
    let sink = Sink::start();
    let filter = env_filter(filter);
    let builder = tracing_subscriber::fmt()
        .with_writer(sink.clone())
        .with_ansi(wants_colours());
    // A second start in one process keeps the first.
    let refilter = match format {
        LogFormat::Json => {
            let builder = builder.json().flatten_event(true);
            let builder = builder.with_env_filter(filter).with_filter_reloading();
            let handle = builder.reload_handle();
            let started = builder.finish().try_init();
            started.is_ok().then(|| refilter(handle))
        }
        LogFormat::Text => {
            let builder = builder.event_format(Text {
                frequent: ACCESS,
                full: Format::default().with_target(false),
            });
            let builder = builder.with_env_filter(filter).with_filter_reloading();
            let handle = builder.reload_handle();
            let started = builder.finish().try_init();
            started.is_ok().then(|| refilter(handle))
        }
    };
    Log { sink, refilter }
}

fn refilter<S: 'static>(
    handle: reload::Handle<EnvFilter, S>,
) -> Arc<dyn Fn(EnvFilter) + Send + Sync> {
    Arc::new(move |filter| {
        // It fails where the log has ended.
        let _ = handle.reload(filter);
    })
}

/// What the HTTP server says of itself at `info` stands in our own lines already, and that a
/// caller sent nonsense is no error of ours. The user's directives come after that and win. But
/// for the OAuth library and the AWS SDK, which show codes, tokens and keys when they are asked for
/// more: what matters of it we say ourselves.
fn env_filter(filter: &LogFilter) -> EnvFilter {
    EnvFilter::new(format!(
        "actix_server=warn,actix_http::h1::dispatcher=off,{},rmcp::transport::auth=off,\
         aws_smithy_runtime=warn",
        filter.directives()
    ))
}

/// Whether stderr shows colours: as `--color` says, else `NO_COLOR` (<https://no-color.org>) and
/// `CLICOLOR_FORCE` (<https://bixense.com/clicolors>), else where it is a terminal.
pub fn wants_colours() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}
