//! The top of a config file: `mcpServers`, `groups` and `gateway`.

use indexmap::IndexMap;

use crate::config::access::Access;
use crate::config::document::Object;
use crate::config::error::{ConfigError, Problem};
use crate::config::globals::GatewayFile;
use crate::config::server::ServerConfig;
use crate::config::server_entry::{self, Common};
use crate::config::settings::Settings;
use crate::config::warning::Warning;
use crate::config::{auth, givers, group};
use crate::gateway::Group;
use crate::gateway::server_name::ServerName;

/// Keys at the top of a config file that other programs put there.
pub(crate) const FOREIGN_TOP_KEYS: [&str; 12] = [
    "$schema",
    "inputs",
    "globalShortcut",
    "preferences",
    "theme",
    "mcp",
    "isUsingBuiltInNodeForMcp",
    "scale",
    "locale",
    "userThemeMode",
    "hasTrackedInitialActivation",
    "version",
];

/// What stands in the file beside `gateway`.
pub(super) struct Top {
    pub(super) servers: IndexMap<ServerName, ServerConfig>,
    pub(super) disabled: Vec<String>,
    pub(super) groups: IndexMap<ServerName, Group>,
}

impl Top {
    /// Tells of names in grants that are not there.
    pub(super) fn warned(self, access: &Access, warnings: &mut Vec<Warning>) -> Self {
        if let Access::Credentials(credentials) = access {
            let enabled = self.servers.keys().map(ServerName::as_str);
            let disabled = self.disabled.iter().map(String::as_str);
            let servers: Vec<&str> = enabled.chain(disabled).collect();
            let groups: Vec<&str> = self.groups.keys().map(ServerName::as_str).collect();
            auth::warn_of_unknown_names(credentials, &servers, &groups, warnings);
        }
        self
    }
}

/// Reads the object `gateway`, where there is one.
pub(super) fn read_gateway(
    top: &mut Object<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<GatewayFile, ConfigError> {
    let Some(gateway) = top.take("gateway") else {
        return Ok(GatewayFile::default());
    };
    let mut gateway = gateway.object("{\"port\": 8000}")?;
    let places = givers::places(&gateway);
    let settings = Settings::from_file(&mut gateway)?;
    let auth = gateway.take("auth");
    gateway.finish()?;
    let auth = auth.map(|auth| auth::read(auth, warnings)).transpose()?;
    let (credentials, key_places) = auth.unwrap_or_default();
    Ok(GatewayFile {
        settings,
        places,
        credentials,
        key_places,
    })
}

/// Reads what stands beside `gateway`.
pub(super) fn read_top(
    mut top: Object<'_>,
    common: &Common,
    warnings: &mut Vec<Warning>,
) -> Result<Top, ConfigError> {
    let entries = top.take("mcpServers");
    let groups = top.take("groups");
    let unknown = top.unknown(&FOREIGN_TOP_KEYS)?;
    let Some(entries) = entries else {
        let servers = unknown.iter().find(|member| member.key == "servers");
        return Err(match servers {
            Some(servers) => servers.error(Problem::VsCodeServers),
            None => top.node().error(Problem::NoServers),
        });
    };
    for member in unknown {
        if !FOREIGN_TOP_KEYS.contains(&member.key.as_str()) {
            warnings.push(Warning::at(
                &member.place(),
                "this key is ignored: it means nothing here",
            ));
        }
    }

    let node = entries.clone();
    let entries = entries
        .object("{\"time\": {\"command\": \"uvx\"}}")?
        .into_members();
    if entries.is_empty() {
        return Err(node.error(Problem::NoServers));
    }
    let mut servers = IndexMap::new();
    let mut disabled = Vec::new();
    for entry in entries {
        match server_entry::read(&entry, common, warnings)? {
            Some((name, server)) => {
                servers.insert(name, server);
            }
            None => disabled.push(entry.key),
        }
    }
    if servers.is_empty() {
        return Err(node.error(Problem::AllDisabled));
    }
    let known = group::Servers {
        enabled: &servers,
        disabled: &disabled,
    };
    let groups = groups.map(|groups| group::read(groups, &known, common, warnings));
    Ok(Top {
        groups: groups.transpose()?.unwrap_or_default(),
        servers,
        disabled,
    })
}
