//! Which headers of its callers a server gets.

use super::keys;
use super::written::Written;
use crate::config::value::{Number, Timeout};

keys! {
    /// Which headers of its callers a server gets. Each set of forwarded headers has a connection,
    /// a catalog and documents of its own.
    #[schemars(rename = "HeaderForwarding", extend("additionalProperties" = false))]
    pub struct ForwardingEntry {
        /// Whether headers are forwarded [default: false]
        enabled: Written<bool> = "enabled",
        /// Names of headers in any case; `*` at the end stands for any rest [default: all that may
        /// pass]
        #[schemars(example = ["X-User-*", "X-Team"])]
        whitelist: Vec<Written<String>> = "whitelist",
        /// Names of headers that are withheld. It wins over `whitelist`.
        blacklist: Vec<Written<String>> = "blacklist",
        /// Logs for each request the names of headers that are forwarded and withheld, never their
        /// values [default: false]
        debug_headers: Written<bool> = "debugHeaders" | "debug_headers",
        /// The header in which callers send their credentials for the server: it becomes its
        /// `Authorization` [default: X-Upstream-Authorization]
        credential_header: Written<String> = "credentialHeader" | "credential_header",
        /// How many identities have a connection at a time [default: 256]
        max_identities: Written<Number<1, 65536>> = "maxIdentities" | "max_identities",
        /// How long the connection of an identity lives without being used [default: 10m]
        idle_timeout: Written<Timeout> = "idleTimeout" | "idle_timeout",
    }
}
