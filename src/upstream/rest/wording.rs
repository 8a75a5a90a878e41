//! What the settings of an API are called in messages: as whoever gave them would write them.

/// By what an API was described.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wording {
    /// By an entry of a config file.
    #[default]
    ConfigFile,
    /// By flags, or variables of the environment.
    CommandLine,
    /// By a member of `ADDITIONAL_SPECS`.
    AdditionalSpecs,
}

impl Wording {
    /// What names the API's base URL.
    pub(super) fn url(self) -> &'static str {
        match self {
            Self::ConfigFile => "`url`",
            Self::CommandLine => "--api-url (API_BASE_URL)",
            Self::AdditionalSpecs => "`base_url`",
        }
    }

    /// What gives credentials.
    pub(super) fn credentials(self) -> &'static str {
        match self {
            Self::ConfigFile => "`auth` or `headers`",
            Self::CommandLine => "--auth-type (AUTH_TYPE) or --header (VICEVERSA_HEADER)",
            Self::AdditionalSpecs => "`auth_type`",
        }
    }

    /// What gives a header.
    pub(super) fn headers(self) -> &'static str {
        match self {
            Self::ConfigFile => "`headers`",
            Self::CommandLine => "--header (VICEVERSA_HEADER)",
            Self::AdditionalSpecs => "`headers` of an entry in a config file",
        }
    }

    /// What has documents come over plain HTTP.
    pub(super) fn allow_insecure_http(self) -> &'static str {
        match self {
            Self::ConfigFile => "`allowInsecureHttp`",
            Self::CommandLine | Self::AdditionalSpecs => {
                "--allow-insecure-http (ALLOW_INSECURE_HTTP=true)"
            }
        }
    }

    /// What lets documents lead into private networks.
    pub(super) fn allow_private_networks(self) -> &'static str {
        match self {
            Self::ConfigFile => "`allowPrivateNetworks`",
            Self::CommandLine | Self::AdditionalSpecs => {
                "--allow-private-networks (ALLOW_PRIVATE_NETWORKS=true)"
            }
        }
    }

    /// What lets documents refer to files of other folders.
    pub(super) fn allowed_folders(self) -> &'static str {
        match self {
            Self::ConfigFile => "`allowedFolders`",
            Self::CommandLine | Self::AdditionalSpecs => "--allowed-spec-dirs (ALLOWED_SPEC_DIRS)",
        }
    }
}
