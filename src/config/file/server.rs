//! One entry of `mcpServers`: a program that speaks MCP, a remote MCP server, or a REST API.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::written::{Json, Written};
use super::{ApiAuth, ForwardingEntry, OAuthEntry, OperationsEntry, Tools, keys};
use crate::config::json_schema::{
    self,
    values::{Argument, Inherit, Scalar, Spec, Variable},
};
use crate::config::server::{ProtocolVersion, ServerType};
use crate::config::value::{Number, Patience, Size, Timeout};
use crate::gateway::{Discovery, Isolation};
use crate::upstream::rest::settings::ValidateOutput;

/// Spellings of `type` that mean a program.
pub(crate) const PROGRAM_TYPES: [&str; 1] = ["stdio"];
/// Spellings of `type` that mean a remote server.
pub(crate) const REMOTE_TYPES: [&str; 5] = [
    "sse",
    "streamable-http",
    "streamable_http",
    "streamablehttp",
    "http",
];
/// Spellings of `type` that mean a REST API.
pub(crate) const API_TYPES: [&str; 1] = ["openapi"];
/// Keys that a REST API can't have, as they are of programs and of MCP servers.
pub(crate) const OF_PROGRAMS: [&str; 8] = [
    "command",
    "args",
    "env",
    "cwd",
    "inheritEnv",
    "inherit_env",
    "oauth",
    "maxLineSize",
];

keys! {
    /// A server: a program that speaks MCP (`command`), a remote MCP server (`url`), or a REST API
    /// with an OpenAPI document (`spec`).
    #[schemars(rename = "Server", transform = json_schema::entry::by_kind)]
    pub struct ServerEntry {
        /// What the server speaks: `stdio` for a program, `streamable-http` or `sse` for a remote
        /// MCP server, `openapi` for a REST API [default: found out]
        server_type: Written<ServerType> = "type" | "transport",
        /// The server is not started, and its other keys are not looked at [default: false]
        disabled: Written<bool> = "disabled",

        /// The program: a path, or a name that is found in `PATH`.
        #[schemars(length(min = 1), example = &"uvx", example = &"npx")]
        command: Written<String> = "command",
        /// The program's arguments.
        #[schemars(example = ["mcp-server-time", "--local-timezone=UTC"])]
        args: Vec<Written<Argument>> = "args",
        /// Variables of the program. They win over all others. Rather write references than
        /// secrets.
        #[schemars(example = serde_json::json!({"GITHUB_TOKEN": "${file:/run/secrets/github}"}))]
        env: IndexMap<String, Written<Variable>> = "env",
        /// The program's working folder [default: the gateway's own]
        #[schemars(length(min = 1), example = &"/srv/files")]
        cwd: Written<String> = "cwd",
        /// What the program gets of the gateway's environment: `true` for all; a list of names for
        /// these, beside `PATH`, `HOME` and the like; `false` for those alone [default: true]
        #[schemars(example = ["AWS_PROFILE"])]
        inherit_env: Written<Inherit> = "inheritEnv" | "inherit_env",

        /// The endpoint of a remote MCP server; of a REST API, what the paths of its operations
        /// stand below [default of a REST API: what its document says]
        #[schemars(example = &"https://example.com/mcp")]
        url: Written<String> = "url",
        /// Headers of each request to a remote server or a REST API. Rather write references than
        /// secrets.
        #[schemars(example = serde_json::json!({"Authorization": "Bearer ${file:/run/secrets/token}"}))]
        headers: IndexMap<String, Written<Variable>> = "headers",
        /// Which headers of its callers a remote server or a REST API gets [default: none]
        client_header_forwarding: ForwardingEntry = "clientHeaderForwarding" | "client_header_forwarding",
        /// How the access tokens of a remote server are had that wants a login; `{}` will do for
        /// most.
        oauth: OAuthEntry = "oauth",
        /// A file of certificates (PEM) that are trusted beside the system's.
        #[schemars(length(min = 1), example = &"/etc/ssl/own-ca.pem")]
        ca_file: Written<String> = "caFile" | "ca_file",
        /// A file with a certificate of our own (PEM), where the server wants one.
        #[schemars(length(min = 1))]
        client_cert: Written<String> = "clientCert" | "client_cert",
        /// A file with the key of `clientCert` (PEM) [default: it stands in the same file]
        #[schemars(length(min = 1))]
        client_key: Written<String> = "clientKey" | "client_key",
        /// Takes any certificate of the server for good. Rather give its certificate as `caFile`
        /// [default: false]
        insecure_skip_verify: Written<bool> = "insecureSkipVerify" | "insecure_skip_verify",
        /// How long a connection may take: name, TCP and TLS [default: 10s]
        connect_timeout: Written<Timeout> = "connectTimeout",
        /// How long an answer may take to begin [default: as long as a call]
        first_byte_timeout: Written<Timeout> = "firstByteTimeout",
        /// How long a stream may be silent [default: as long as a call; a day for streams that only
        /// tell of changes]
        idle_timeout: Written<Timeout> = "idleTimeout",
        /// How many connections are kept though nobody uses them [default: no limit]
        max_idle_connections: Written<Number<0, 65536>> = "maxIdleConnections",

        /// The OpenAPI document of a REST API: a URL, the path of a file, or the document itself; or
        /// a list of such, of which those after the first add to it.
        #[schemars(example = &"https://petstore3.swagger.io/api/v3/openapi.json")]
        spec: Written<Spec> = "spec",
        /// Which operations of a REST API are served [default: all]
        operations: OperationsEntry = "operations",
        /// How the gateway identifies itself to a REST API [default: not at all]
        auth: ApiAuth = "auth",
        /// Whether operations that only read are resources and resource templates too
        /// [default: false]
        resources: Written<bool> = "resources",
        /// Whether a REST API has prompts [default: true]
        prompts: Written<bool> = "prompts",
        /// What is done about answers of a REST API that don't fit its document: `off`, `warn` or
        /// `strict` [default: warn]
        validate_output: Written<ValidateOutput> = "validateOutput",
        /// Folders whose files documents may refer to, beside their own, relative to this file.
        #[schemars(example = ["schemas"])]
        allowed_folders: Vec<Written<String>> = "allowedFolders",
        /// Whether addresses that stand in documents may lead into private networks
        /// [default: false]
        allow_private_networks: Written<bool> = "allowPrivateNetworks",
        /// Whether documents may come over plain HTTP from other machines [default: false]
        allow_insecure_http: Written<bool> = "allowInsecureHttp",
        /// How often a document is fetched again; `0`: never [default: 5m]
        refresh_interval: Written<Patience> = "refreshInterval",
        /// The largest answer of a REST API [default: the global `maxLineSize`]
        max_answer_size: Written<Size> = "maxAnswerSize",

        /// Tools that nobody sees, by the names that the server gives them.
        #[schemars(example = ["convert_time"])]
        disabled_tools: Vec<Written<String>> = "disabledTools" | "disabled_tools",
        /// Other names and words for its tools, and arguments that callers can't set.
        #[schemars(example = serde_json::json!({"get_current_time": {"name": "now", "arguments": {"timezone": {"fixed": "UTC"}}}}))]
        tools: Tools = "tools",
        /// Title of its document [default: the server's own]
        title: Written<String> = "title" | "name",
        /// Description of its document [default: the server's own]
        description: Written<String> = "description",
        /// Version of its document [default: the server's own]
        version: Written<Scalar> = "version",
        /// How its tools are found at its own MCP endpoint: `full` lists them, `search` offers three
        /// tools that search, describe and call them [default: the global one]
        discovery: Written<Discovery> = "discovery",
        /// Deadline of its start, downloads included [default: the global one]
        start_timeout: Written<Timeout> = "startTimeout",
        /// Deadline of a call [default: the global one]
        call_timeout: Written<Timeout> = "callTimeout",
        /// Deadline up to which progress reports extend a call [default: the global one]
        max_call_timeout: Written<Timeout> = "maxCallTimeout",
        /// Longest message of the server [default: the global one]
        max_line_size: Written<Size> = "maxLineSize",
        /// The version of MCP to speak [default: found out]
        protocol_version: Written<ProtocolVersion> = "protocolVersion",
        /// Whether a caller whom the server may ask something has a session of its own with it:
        /// `session` always, `shared` never, `auto` as far as there is room [default: auto]
        isolation: Written<Isolation> = "isolation",
    }
}

/// A server. Of one that is disabled nothing else needs to be right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Entry(pub ServerEntry);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// What is looked at first.
        #[derive(Deserialize)]
        struct Switch {
            disabled: Option<Written<bool>>,
        }

        let json = Json::deserialize(deserializer)?;
        serde_json::from_str(json.get()).map(Self).or_else(|error| {
            let switch = serde_json::from_str::<Switch>(json.get());
            match switch.map_err(D::Error::custom)?.disabled {
                Some(disabled) if disabled.json().get() == "true" => Ok(Self(ServerEntry {
                    disabled: Some(disabled),
                    ..ServerEntry::default()
                })),
                _ => Err(D::Error::custom(error)),
            }
        })
    }
}
