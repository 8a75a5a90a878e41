//! Every environment variable that the gateway reads, in one place.

/// Command of the one server with its arguments, in one text, as the words after `--`.
pub const COMMAND: &str = "VICEVERSA_COMMAND";
/// Path of the config file, as `--config`.
pub const CONFIG: &str = "VICEVERSA_CONFIG";
/// Kind of the one server, as `--type`.
pub const TYPE: &str = "VICEVERSA_TYPE";
/// Headers for a remote server, as `--header`.
pub const HEADER: &str = "VICEVERSA_HEADER";
/// Variables for the servers, one `NAME=VALUE` a line, as `--env`.
pub const ENV: &str = "VICEVERSA_ENV";
/// Path of a `.env` file, as `--env-path`.
pub const ENV_PATH: &str = "VICEVERSA_ENV_PATH";

/// Title of the API, as `--name`.
pub const NAME: &str = "VICEVERSA_NAME";
/// Description of the API, as `--description`.
pub const DESCRIPTION: &str = "VICEVERSA_DESCRIPTION";
/// Version of the API, as `--version`.
pub const VERSION: &str = "VICEVERSA_VERSION";
/// Names of operations in documents, as `--operation-ids`.
pub const OPERATION_IDS: &str = "VICEVERSA_OPERATION_IDS";
/// Recursive schemas in documents, as `--recursion`.
pub const RECURSION: &str = "VICEVERSA_RECURSION";

/// Address to listen on, as `--host`.
pub const HOST: &str = "VICEVERSA_HOST";
/// Port to listen on, as `--port`.
pub const PORT: &str = "VICEVERSA_PORT";
/// Path before all routes of servers, as `--path-prefix`.
pub const PATH_PREFIX: &str = "VICEVERSA_PATH_PREFIX";
/// Path that a reverse proxy strips, as `--root-path`.
pub const ROOT_PATH: &str = "VICEVERSA_ROOT_PATH";
/// Certificate file, as `--ssl-certfile`.
pub const SSL_CERTFILE: &str = "VICEVERSA_SSL_CERTFILE";
/// Private key file, as `--ssl-keyfile`.
pub const SSL_KEYFILE: &str = "VICEVERSA_SSL_KEYFILE";
/// Number of worker threads, as `--workers`.
pub const WORKERS: &str = "VICEVERSA_WORKERS";
/// Most connections at a time, as `--max-connections`.
pub const MAX_CONNECTIONS: &str = "VICEVERSA_MAX_CONNECTIONS";

/// The API key, as `--api-key`.
pub const API_KEY: &str = "VICEVERSA_API_KEY";
/// File that holds the API key, as `--api-key-file`.
pub const API_KEY_FILE: &str = "VICEVERSA_API_KEY_FILE";
/// Keys protect everything, as `--strict-auth`.
pub const STRICT_AUTH: &str = "VICEVERSA_STRICT_AUTH";
/// Documents without a key, as `--public-docs`.
pub const PUBLIC_DOCS: &str = "VICEVERSA_PUBLIC_DOCS";
/// Serve everybody, as `--allow-unauthenticated`.
pub const ALLOW_UNAUTHENTICATED: &str = "VICEVERSA_ALLOW_UNAUTHENTICATED";
/// Origins of web pages that may call, as `--cors-allow-origins`.
pub const CORS_ALLOW_ORIGINS: &str = "VICEVERSA_CORS_ALLOW_ORIGINS";

/// Deadline of a call, as `--call-timeout`.
pub const CALL_TIMEOUT: &str = "VICEVERSA_CALL_TIMEOUT";
/// Deadline of a call that reports progress, as `--max-call-timeout`.
pub const MAX_CALL_TIMEOUT: &str = "VICEVERSA_MAX_CALL_TIMEOUT";
/// Deadline of a server's start, as `--start-timeout`.
pub const START_TIMEOUT: &str = "VICEVERSA_START_TIMEOUT";
/// Patience of a call with a starting server, as `--start-wait`.
pub const START_WAIT: &str = "VICEVERSA_START_WAIT";
/// Calls at a time, as `--max-concurrent-calls`.
pub const MAX_CONCURRENT_CALLS: &str = "VICEVERSA_MAX_CONCURRENT_CALLS";
/// Validation of arguments, as `--validate`.
pub const VALIDATE: &str = "VICEVERSA_VALIDATE";
/// Status of a failed tool, as `--tool-error-status`.
pub const TOOL_ERROR_STATUS: &str = "VICEVERSA_TOOL_ERROR_STATUS";

/// What stands between names of servers and tools, as `--name-separator`.
pub const NAME_SEPARATOR: &str = "VICEVERSA_NAME_SEPARATOR";
/// How tools are found, as `--discovery`.
pub const DISCOVERY: &str = "VICEVERSA_DISCOVERY";
/// Patience with idle MCP sessions, as `--session-idle-timeout`.
pub const SESSION_IDLE_TIMEOUT: &str = "VICEVERSA_SESSION_IDLE_TIMEOUT";
/// MCP sessions of one caller, as `--max-sessions`.
pub const MAX_SESSIONS: &str = "VICEVERSA_MAX_SESSIONS";
/// Patience with a stream that broke, as `--resume-wait`.
pub const RESUME_WAIT: &str = "VICEVERSA_RESUME_WAIT";
/// The key that replicas share, as `--session-key`.
pub const SESSION_KEY: &str = "VICEVERSA_SESSION_KEY";
/// File that holds the key that replicas share, as `--session-key-file`.
pub const SESSION_KEY_FILE: &str = "VICEVERSA_SESSION_KEY_FILE";
/// This replica's name, as `--replica`.
pub const REPLICA: &str = "VICEVERSA_REPLICA";
/// The other replicas, as `--peers`.
pub const PEERS: &str = "VICEVERSA_PEERS";
/// Path of event streams, as `--sse-path`.
pub const SSE_PATH: &str = "VICEVERSA_SSE_PATH";
/// Path of messages, as `--message-path`.
pub const MESSAGE_PATH: &str = "VICEVERSA_MESSAGE_PATH";

/// Largest request body, as `--max-body-size`.
pub const MAX_BODY_SIZE: &str = "VICEVERSA_MAX_BODY_SIZE";
/// Longest message of a stdio server, as `--max-line-size`.
pub const MAX_LINE_SIZE: &str = "VICEVERSA_MAX_LINE_SIZE";
/// Patience with a request's head, as `--header-timeout`.
pub const HEADER_TIMEOUT: &str = "VICEVERSA_HEADER_TIMEOUT";
/// Patience with a request's body, as `--body-timeout`.
pub const BODY_TIMEOUT: &str = "VICEVERSA_BODY_TIMEOUT";
/// Patience with calls in flight at the end, as `--shutdown-timeout`.
pub const SHUTDOWN_TIMEOUT: &str = "VICEVERSA_SHUTDOWN_TIMEOUT";

/// Folder of access tokens, as `--token-dir`.
pub const TOKEN_DIR: &str = "VICEVERSA_TOKEN_DIR";

/// What is logged, as `--log-level`.
pub const LOG_LEVEL: &str = "VICEVERSA_LOG_LEVEL";
/// How it is logged, as `--log-format`.
pub const LOG_FORMAT: &str = "VICEVERSA_LOG_FORMAT";

/// Follow changes of the config, as `--hot-reload`.
pub const HOT_RELOAD: &str = "VICEVERSA_HOT_RELOAD";
/// How often a fetched config is looked at, as `--poll-interval`.
pub const POLL_INTERVAL: &str = "VICEVERSA_POLL_INTERVAL";

/// mcpo's name for [`API_KEY`], which wins over it.
pub const MCPO_API_KEY: &str = "MCPO_API_KEY";
/// mcpo's name for [`PORT`], which wins over it.
pub const MCPO_PORT: &str = "MCPO_PORT";
/// mcpo's name for [`CALL_TIMEOUT`], in seconds; the other wins over it.
pub const MCPO_CONNECTION_TIMEOUT: &str = "CONNECTION_TIMEOUT";
/// mcpo's name for [`LOG_LEVEL`], which wins over it.
pub const MCPO_LOG_LEVEL: &str = "LOG_LEVEL";

/// `FastMCP`'s name for [`HOST`], which wins over it.
pub const FASTMCP_HOST: &str = "FASTMCP_HOST";
/// `FastMCP`'s name for [`PORT`], which wins over it.
pub const FASTMCP_PORT: &str = "FASTMCP_PORT";
/// `FastMCP`'s name for [`LOG_LEVEL`]; that and [`MCPO_LOG_LEVEL`] win over it.
pub const FASTMCP_LOG_LEVEL: &str = "FASTMCP_LOG_LEVEL";
/// `FastMCP`'s name for [`SSE_PATH`], which wins over it.
pub const FASTMCP_SSE_PATH: &str = "FASTMCP_SSE_PATH";
/// `FastMCP`'s name for [`MESSAGE_PATH`], which wins over it.
pub const FASTMCP_MESSAGE_PATH: &str = "FASTMCP_MESSAGE_PATH";
/// What `FastMCP` servers speak: `stdio` asks for MCP on standard input and output.
pub const FASTMCP_TRANSPORT: &str = "FASTMCP_TRANSPORT";

/// URL of an OpenAPI document: with it or [`API_SPEC_PATH`], and nothing else to serve, the gateway
/// takes the place of awslabs' openapi-mcp-server, whose variables follow.
pub const API_SPEC_URL: &str = "API_SPEC_URL";
/// The same in a file.
pub const API_SPEC_PATH: &str = "API_SPEC_PATH";
/// What the paths of its operations stand below.
pub const API_BASE_URL: &str = "API_BASE_URL";
/// Name of the server.
pub const API_NAME: &str = "API_NAME";
/// Further APIs, as a JSON list.
pub const ADDITIONAL_SPECS: &str = "ADDITIONAL_SPECS";
/// Tags whose operations are served.
pub const INCLUDE_TAGS: &str = "INCLUDE_TAGS";
/// Tags whose operations are not served.
pub const EXCLUDE_TAGS: &str = "EXCLUDE_TAGS";
/// What is done about answers that don't fit the document.
pub const VALIDATE_OUTPUT: &str = "VALIDATE_OUTPUT";
/// Whether there are prompts.
pub const ENABLE_OPERATION_PROMPTS: &str = "ENABLE_OPERATION_PROMPTS";
/// Documents may come over plain HTTP.
pub const ALLOW_INSECURE_HTTP: &str = "ALLOW_INSECURE_HTTP";
/// Addresses out of documents may be private ones.
pub const ALLOW_PRIVATE_NETWORKS: &str = "ALLOW_PRIVATE_NETWORKS";
/// Folders that documents must be in.
pub const ALLOWED_SPEC_DIRS: &str = "ALLOWED_SPEC_DIRS";
/// How the gateway identifies itself to the API.
pub const AUTH_TYPE: &str = "AUTH_TYPE";
/// User of `basic`.
pub const AUTH_USERNAME: &str = "AUTH_USERNAME";
/// Password of `basic`.
pub const AUTH_PASSWORD: &str = "AUTH_PASSWORD";
/// Token of `bearer`.
pub const AUTH_TOKEN: &str = "AUTH_TOKEN";
/// Key of `api_key`.
pub const AUTH_API_KEY: &str = "AUTH_API_KEY";
/// Name of that key.
pub const AUTH_API_KEY_NAME: &str = "AUTH_API_KEY_NAME";
/// Where that key stands.
pub const AUTH_API_KEY_IN: &str = "AUTH_API_KEY_IN";
/// App client of `cognito`.
pub const AUTH_COGNITO_CLIENT_ID: &str = "AUTH_COGNITO_CLIENT_ID";
/// Its secret.
pub const AUTH_COGNITO_CLIENT_SECRET: &str = "AUTH_COGNITO_CLIENT_SECRET";
/// Domain of the user pool.
pub const AUTH_COGNITO_DOMAIN: &str = "AUTH_COGNITO_DOMAIN";
/// Scopes to ask for.
pub const AUTH_COGNITO_SCOPES: &str = "AUTH_COGNITO_SCOPES";
/// User of `cognito`.
pub const AUTH_COGNITO_USERNAME: &str = "AUTH_COGNITO_USERNAME";
/// Password of that user.
pub const AUTH_COGNITO_PASSWORD: &str = "AUTH_COGNITO_PASSWORD";
/// The user pool.
pub const AUTH_COGNITO_USER_POOL_ID: &str = "AUTH_COGNITO_USER_POOL_ID";
/// Region of the user pool.
pub const AUTH_COGNITO_REGION: &str = "AUTH_COGNITO_REGION";
/// Title, as `--name`, which wins over it.
pub const SERVER_NAME: &str = "SERVER_NAME";
/// Log more, as `--debug`.
pub const SERVER_DEBUG: &str = "SERVER_DEBUG";
/// Address to listen on, as `--host`, which wins over it.
pub const SERVER_HOST: &str = "SERVER_HOST";
/// Port to listen on, as `--port`, which wins over it.
pub const SERVER_PORT: &str = "SERVER_PORT";
/// What is spoken with callers: `stdio`, or anything over HTTP.
pub const SERVER_TRANSPORT: &str = "SERVER_TRANSPORT";
/// Deadline of a call, in seconds, as `--call-timeout`, which wins over it.
pub const SERVER_MESSAGE_TIMEOUT: &str = "SERVER_MESSAGE_TIMEOUT";
/// Another deadline of a call; the shorter of the two counts.
pub const HTTP_TIMEOUT: &str = "HTTP_TIMEOUT";
/// Calls at a time, as `--max-concurrent-calls`, which wins over it.
pub const HTTP_MAX_CONNECTIONS: &str = "HTTP_MAX_CONNECTIONS";
/// Idle connections to the API that are kept.
pub const HTTP_MAX_KEEPALIVE: &str = "HTTP_MAX_KEEPALIVE";
/// Patience with calls in flight at the end, in seconds, as `--shutdown-timeout`, which wins
/// over it.
pub const UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN: &str = "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN";
/// `false`: no patience with them.
pub const UVICORN_GRACEFUL_SHUTDOWN: &str = "UVICORN_GRACEFUL_SHUTDOWN";
/// Metrics, which are not there yet.
pub const ENABLE_PROMETHEUS: &str = "ENABLE_PROMETHEUS";
/// The same in another spelling.
pub const USE_PROMETHEUS: &str = "USE_PROMETHEUS";
/// Port of the metrics.
pub const PROMETHEUS_PORT: &str = "PROMETHEUS_PORT";
/// How many calls the metrics remember.
pub const METRICS_MAX_HISTORY: &str = "METRICS_MAX_HISTORY";
/// How long answers are cached, which they are not yet.
pub const CACHE_TTL: &str = "CACHE_TTL";
/// How many answers are cached.
pub const CACHE_MAXSIZE: &str = "CACHE_MAXSIZE";
/// By which library they are cached.
pub const USE_CACHETOOLS: &str = "USE_CACHETOOLS";
/// Whether requests are retried, which they are not yet.
pub const USE_TENACITY: &str = "USE_TENACITY";
/// By which library that program checks documents: nothing here.
pub const MCP_USE_OPENAPI_CORE: &str = "MCP_USE_OPENAPI_CORE";

/// All variables of openapi-mcp-server, but for `LOG_LEVEL`, which is mcpo's too.
pub const OPENAPI_MCP_SERVER: [&str; 47] = [
    API_SPEC_URL,
    API_SPEC_PATH,
    API_BASE_URL,
    API_NAME,
    ADDITIONAL_SPECS,
    INCLUDE_TAGS,
    EXCLUDE_TAGS,
    VALIDATE_OUTPUT,
    ENABLE_OPERATION_PROMPTS,
    ALLOW_INSECURE_HTTP,
    ALLOW_PRIVATE_NETWORKS,
    ALLOWED_SPEC_DIRS,
    AUTH_TYPE,
    AUTH_USERNAME,
    AUTH_PASSWORD,
    AUTH_TOKEN,
    AUTH_API_KEY,
    AUTH_API_KEY_NAME,
    AUTH_API_KEY_IN,
    AUTH_COGNITO_CLIENT_ID,
    AUTH_COGNITO_CLIENT_SECRET,
    AUTH_COGNITO_DOMAIN,
    AUTH_COGNITO_SCOPES,
    AUTH_COGNITO_USERNAME,
    AUTH_COGNITO_PASSWORD,
    AUTH_COGNITO_USER_POOL_ID,
    AUTH_COGNITO_REGION,
    SERVER_NAME,
    SERVER_DEBUG,
    SERVER_HOST,
    SERVER_PORT,
    SERVER_TRANSPORT,
    SERVER_MESSAGE_TIMEOUT,
    HTTP_TIMEOUT,
    HTTP_MAX_CONNECTIONS,
    HTTP_MAX_KEEPALIVE,
    UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN,
    UVICORN_GRACEFUL_SHUTDOWN,
    ENABLE_PROMETHEUS,
    USE_PROMETHEUS,
    PROMETHEUS_PORT,
    METRICS_MAX_HISTORY,
    CACHE_TTL,
    CACHE_MAXSIZE,
    USE_CACHETOOLS,
    USE_TENACITY,
    MCP_USE_OPENAPI_CORE,
];

/// The folder of what programs keep (XDG Base Directory Specification).
pub const XDG_STATE_HOME: &str = "XDG_STATE_HOME";
/// The user's folder, where [`XDG_STATE_HOME`] is not set.
pub const HOME: &str = "HOME";

/// What all variables of our own start with.
pub const PREFIX: &str = "VICEVERSA_";

/// All variables that start with [`PREFIX`].
pub const OWN: [&str; 53] = [
    COMMAND,
    CONFIG,
    TYPE,
    HEADER,
    ENV,
    ENV_PATH,
    NAME,
    DESCRIPTION,
    VERSION,
    OPERATION_IDS,
    RECURSION,
    HOST,
    PORT,
    PATH_PREFIX,
    ROOT_PATH,
    SSL_CERTFILE,
    SSL_KEYFILE,
    WORKERS,
    MAX_CONNECTIONS,
    API_KEY,
    API_KEY_FILE,
    STRICT_AUTH,
    PUBLIC_DOCS,
    ALLOW_UNAUTHENTICATED,
    CORS_ALLOW_ORIGINS,
    CALL_TIMEOUT,
    MAX_CALL_TIMEOUT,
    START_TIMEOUT,
    START_WAIT,
    MAX_CONCURRENT_CALLS,
    VALIDATE,
    TOOL_ERROR_STATUS,
    NAME_SEPARATOR,
    DISCOVERY,
    SESSION_IDLE_TIMEOUT,
    MAX_SESSIONS,
    RESUME_WAIT,
    SESSION_KEY,
    SESSION_KEY_FILE,
    REPLICA,
    PEERS,
    SSE_PATH,
    MESSAGE_PATH,
    MAX_BODY_SIZE,
    MAX_LINE_SIZE,
    HEADER_TIMEOUT,
    BODY_TIMEOUT,
    SHUTDOWN_TIMEOUT,
    TOKEN_DIR,
    LOG_LEVEL,
    LOG_FORMAT,
    HOT_RELOAD,
    POLL_INTERVAL,
];

/// Whether no child process inherits this variable: it may hold our key, and settings of ours
/// would confuse a gateway that runs as a child of this one.
pub fn is_withheld_from_children(name: &str) -> bool {
    name.starts_with(PREFIX) || name == MCPO_API_KEY || name == MCPO_PORT
}
