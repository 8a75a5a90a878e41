//! What the gateway tells its operator: logs, on stderr.

mod sink;
pub mod untrusted;

use std::io::IsTerminal;

pub use sink::Sink;

use tracing_subscriber::{EnvFilter, util::SubscriberInitExt};

use crate::config::log::{LogConfig, LogFormat};

/// Starts logging. What is logged before is lost; what is logged after goes through the sink
/// that is returned, which must be kept until the end.
pub fn start(config: &LogConfig) -> Sink {
    let sink = Sink::start();
    // What the HTTP server says of itself at `info` stands in our own lines already, and that a
    // caller sent nonsense is no error of ours. The user's directives come after that and win.
    // But for the OAuth library and the AWS SDK, which show codes, tokens and keys when they are
    // asked for more: what matters of it we say ourselves.
    let filter = EnvFilter::new(format!(
        "actix_server=warn,actix_http::h1::dispatcher=off,{},rmcp::transport::auth=off,\
         aws_smithy_runtime=warn",
        config.filter.directives()
    ));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(sink.clone())
        .with_ansi(wants_colours());
    // A second start in one process keeps the first.
    let _ = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
        LogFormat::Text => builder.with_target(false).finish().try_init(),
    };
    sink
}

/// Whether stderr shows colours (<https://no-color.org>).
pub fn wants_colours() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
