//! The one server whose command stands after `--`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use indexmap::IndexMap;

use crate::config::child_environment::{ChildEnvironment, Inherit};
use crate::config::documents::DocumentConfig;
use crate::config::error::ConfigError;
use crate::config::server::{ServerConfig, StdioConfig, UpstreamConfig};
use crate::config::server_entry::Common;
use crate::config::server_entry::remote::from_command_line;
use crate::config::source::RemoteSource;
use crate::gateway::Isolation;
use crate::gateway::server_name::ServerName;

/// Programs that run another one, which stands in their arguments.
const LAUNCHERS: [&str; 6] = ["bunx", "npx", "pipx", "pnpx", "uv", "uvx"];

/// The server that a command line describes.
pub(crate) fn server(
    command: Vec<OsString>,
    common: &Common,
    documents: &DocumentConfig,
) -> Result<(ServerName, ServerConfig), ConfigError> {
    if let [word] = command.as_slice()
        && is_document(Path::new(word))
    {
        return Err(ConfigError::DocumentAsCommand(word.into()));
    }
    let name = name_for(&command).ok_or(ConfigError::NoSource)?;
    let mut words = command.into_iter();
    let command = words
        .next()
        .filter(|word| !word.is_empty())
        .ok_or(ConfigError::NoSource)?;
    let upstream = UpstreamConfig::Stdio(StdioConfig {
        command,
        args: words.collect(),
        cwd: None,
        environment: ChildEnvironment {
            inherit: Inherit::All,
            from_file: common.env_file.clone(),
            set: common.env.clone(),
        },
        max_line_size: common.max_line_size,
    });
    Ok((name, with_defaults(upstream, common, documents)))
}

/// The remote server that a command line describes, named after its host.
pub(crate) fn remote(
    source: RemoteSource,
    common: &Common,
    documents: &DocumentConfig,
) -> Result<(ServerName, ServerConfig), ConfigError> {
    let RemoteSource {
        transport,
        url,
        headers,
    } = source;
    let name = url
        .host_str()
        .and_then(|host| host.parse().ok())
        .or_else(|| "server".parse().ok())
        .ok_or(ConfigError::NoUrl)?;
    let remote = from_command_line(transport, url, headers, common.max_line_size);
    let upstream = UpstreamConfig::Remote(remote);
    Ok((name, with_defaults(upstream, common, documents)))
}

/// Whether this names a document rather than a program: by its name, and since it can't be run.
pub(crate) fn names_a_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        let known = ["json", "yaml", "yml"];
        known
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn is_document(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let is_no_program = |metadata: std::fs::Metadata| {
        metadata.is_file() && metadata.permissions().mode() & 0o111 == 0
    };
    names_a_document(path) && path.metadata().is_ok_and(is_no_program)
}

/// A server of which nothing but its upstream is known.
pub(crate) fn with_defaults(
    upstream: UpstreamConfig,
    common: &Common,
    documents: &DocumentConfig,
) -> ServerConfig {
    ServerConfig {
        upstream,
        disabled_tools: BTreeSet::new(),
        documents: documents.overrides.clone(),
        start_timeout: common.calls.start_timeout,
        call_timeout: common.calls.timeout,
        max_call_timeout: common.calls.max_timeout,
        protocol_version: None,
        isolation: Isolation::default(),
        discovery: None,
        tools: IndexMap::new(),
    }
}

/// A name for logs and status pages: that of the package or program.
fn name_for(command: &[OsString]) -> Option<ServerName> {
    let words: Vec<&str> = command.iter().filter_map(|word| word.to_str()).collect();
    let program = words
        .first()
        .and_then(|word| Path::new(word).file_stem()?.to_str());
    let package = words
        .iter()
        .skip(1)
        .filter(|_| program.is_some_and(|program| LAUNCHERS.contains(&program)))
        .find(|word| !word.starts_with('-') && !["run", "tool", "x"].contains(word))
        .and_then(|word| package_name(word));
    package
        .or(program)
        .and_then(|name| name.parse().ok())
        .or_else(|| "server".parse().ok())
}

/// `server-time` of `@scope/server-time@1.2.3` or `server-time==1.2.3`. Nothing of a text that is
/// not plainly the name of a package, since it may be a secret.
fn package_name(word: &str) -> Option<&str> {
    let name = word.rsplit('/').next()?.split(['@', '=', '[']).next()?;
    let is_plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    (is_plain && !name.is_empty() && !word.contains("://")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_server_is_named_after_its_package_or_program() {
        for (command, name) in [
            (
                "uvx mcp-server-time --local-timezone=UTC",
                "mcp-server-time",
            ),
            (
                "npx -y @modelcontextprotocol/server-everything@1.2.3",
                "server-everything",
            ),
            ("npx -y server-everything==1", "server-everything"),
            ("/usr/bin/uv run server.py", "server.py"),
            ("./server --stdio secret", "server"),
            ("python server.py", "python"),
            ("npx -y", "npx"),
            ("npx https://user:password@example.com/x", "npx"),
            ("docs", "server"),
        ] {
            let words: Vec<OsString> = command.split(' ').map(OsString::from).collect();
            assert_eq!(name_for(&words).unwrap().as_str(), name, "{command}");
        }
    }
}
