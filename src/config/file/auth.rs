//! Who may call, beyond the one key that a flag gives.

use super::keys;
use super::written::Written;

keys! {
    /// Who may call, beside who has the key of `apiKey`.
    #[schemars(rename = "Auth", extend("additionalProperties" = false))]
    pub struct AuthSection {
        /// Keys, each with the name of its owner and what that one may use.
        keys: Vec<KeyEntry> = "keys",
    }
}

keys! {
    /// A key, and what its owner may use.
    #[schemars(rename = "Key", extend("additionalProperties" = false, "required" = ["name"], "oneOf" = [{"required": ["key"]}, {"required": ["hash"]}]))]
    pub struct KeyEntry {
        /// What the log calls its owner.
        #[schemars(length(min = 1, max = 128), example = &"ada")]
        name: Written<String> = "name",
        /// The key. Rather write a reference than the key itself.
        #[schemars(length(min = 1), example = &"${ADA_KEY}")]
        key: Written<String> = "key",
        /// The SHA-256 digest of the key, in place of the key: for long random keys.
        #[schemars(regex(pattern = r"^sha256:[0-9a-fA-F]{64}$"))]
        hash: Written<String> = "hash",
        /// From when on it is refused, as RFC 3339 writes times [default: never]
        #[schemars(example = &"2030-12-31T00:00:00Z")]
        expires: Written<String> = "expires",
        /// What its owner may use [default: all but administration]
        grants: GrantsEntry = "grants",
    }
}

keys! {
    /// What a caller may use. What it may not use does not exist for it. All of these must admit it.
    #[schemars(rename = "Grants", extend("additionalProperties" = false))]
    pub struct GrantsEntry {
        /// Names of servers; `*` stands for any text, `!` in front leaves out. Of the patterns that
        /// match a name, the last decides [default: all; none if `groups` is there]
        #[schemars(example = ["time", "git*", "!gitlab"])]
        servers: Vec<Written<String>> = "servers",
        /// Names of groups, likewise. A group brings its tools along [default: all; none if
        /// `servers` is there]
        #[schemars(example = ["research"])]
        groups: Vec<Written<String>> = "groups",
        /// Patterns of tools, as in groups [default: all tools]
        #[schemars(length(min = 1), example = ["time.*", "!time.convert_time"])]
        tools: Vec<Written<String>> = "tools",
        /// Only tools that declare themselves read-only [default: false]
        read_only: Written<bool> = "readOnly",
        /// Resources and their templates [default: true; false if `tools` is there]
        resources: Written<bool> = "resources",
        /// Prompts [default: true; false if `tools` is there]
        prompts: Written<bool> = "prompts",
        /// The protocols that it may speak: `mcp`, `rest` [default: both]
        #[schemars(length(min = 1), example = ["mcp"])]
        protocols: Vec<Written<String>> = "protocols",
        /// Have the config read again, and see its state [default: false]
        admin: Written<bool> = "admin",
        /// Read metrics [default: as `admin`]
        metrics: Written<bool> = "metrics",
    }
}
