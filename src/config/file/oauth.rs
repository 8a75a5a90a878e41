//! How a server's access tokens are had.

use super::keys;
use super::written::{Json, Written};
use crate::config::json_schema::values::{HttpUrl, Words};
use crate::config::oauth::{GrantType, TokenStorage};
use crate::config::value::Number;

keys! {
    /// How the access tokens of a server are had that wants a login. `{}` will do for most: the
    /// rest is discovered. Nothing waits for the login, which is done at a URL that the log and
    /// `/status` show, or with `viceversa login`.
    #[schemars(rename = "OAuth", extend("additionalProperties" = false))]
    pub struct OAuthEntry {
        /// Where to look for the authorization server when the MCP server does not say.
        server_url: Written<HttpUrl> = "serverUrl" | "server_url",
        /// The authorization server that tokens may come from [default: the first that is found]
        #[schemars(example = &"https://login.example.com")]
        issuer: Written<HttpUrl> = "issuer",
        /// How a token is asked for: `authorization_code` where somebody logs in,
        /// `client_credentials` where the gateway itself is trusted [default: `authorization_code`]
        grant_type: Written<GrantType> = "grantType" | "grant_type",
        /// The name of a client that was registered beforehand.
        #[schemars(length(min = 1))]
        client_id: Written<String> = "clientId" | "client_id",
        /// Its secret. Rather write a reference than the secret itself.
        #[schemars(length(min = 1), example = &"${file:/run/secrets/client}")]
        client_secret: Written<String> = "clientSecret" | "client_secret",
        /// The https URL of a client-metadata document, for servers that read such documents.
        client_metadata_url: Written<HttpUrl> = "clientMetadataUrl" | "client_metadata_url",
        /// What the gateway says of itself when it registers (RFC 7591).
        client_metadata: Written<ClientMetadata> = "clientMetadata" | "client_metadata",
        /// The scopes to ask for, as a list or separated by spaces [default: those that the server
        /// names]
        #[schemars(example = ["read", "write"])]
        scopes: Written<Words> = "scopes" | "scope",
        /// Where tokens are kept: `file` in a file that only this user can read, `memory` until the
        /// next start [default: file]
        storage_type: Written<TokenStorage> = "storageType" | "storage_type",
        /// The port of this machine that the browser is sent to after a login [default: the
        /// gateway's own route is used]
        callback_port: Written<Number<1, 65535>> = "callbackPort" | "callback_port",
        /// Whether the gateway listens at that port; else the URL is pasted [default: true]
        use_loopback: Written<bool> = "useLoopback" | "use_loopback",
        /// Where the browser is sent after a login: `/oauth/callback` of the gateway as it is seen
        /// from outside.
        #[schemars(example = &"https://gateway.example.com/oauth/callback")]
        redirect_uri: Written<HttpUrl> = "redirectUri" | "redirect_uri",
    }
}

keys! {
    /// What the gateway says of itself when it registers as a client (RFC 7591). Any member is
    /// passed on.
    #[schemars(rename = "ClientMetadata")]
    pub struct ClientMetadata {
        /// Where the browser is sent after a login.
        #[schemars(example = ["http://localhost:3030/callback"])]
        redirect_uris: Vec<Written<HttpUrl>> = "redirect_uris",
        /// What the login page calls the gateway.
        client_name: String = "client_name",
        /// The scopes to ask for, separated by spaces.
        scope: String = "scope",
        /// How the gateway identifies itself at the token endpoint.
        #[schemars(example = &"none")]
        token_endpoint_auth_method: Json = "token_endpoint_auth_method",
    }
}
