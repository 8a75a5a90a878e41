//! Settings that contradict each other.

/// Settings that contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Half of a pair.
    #[error(
        "--ssl-certfile (gateway.sslCertfile) needs --ssl-keyfile (gateway.sslKeyfile) beside it: TLS takes a certificate and its key"
    )]
    CertificateWithoutKey,
    /// The other half of a pair.
    #[error(
        "--ssl-keyfile (gateway.sslKeyfile) needs --ssl-certfile (gateway.sslCertfile) beside it: TLS takes a certificate and its key"
    )]
    KeyWithoutCertificate,
    /// A deadline beyond the greatest deadline.
    #[error(
        "--call-timeout (gateway.callTimeout) is longer than --max-call-timeout (gateway.maxCallTimeout); raise the latter, or lower the former"
    )]
    CallTimeouts,
    /// Contradiction about documents.
    #[error(
        "--strict-auth (gateway.strictAuth) protects documents too, and --public-docs (gateway.publicDocs) opens them; leave one of them out"
    )]
    StrictAndPublic,
    /// mcpo's default, which is not ours.
    #[error(
        "--strict-auth (gateway.strictAuth) can't be switched off; use --public-docs, which opens documents and their pages alone"
    )]
    NotStrict,
    /// `*` beside a list.
    #[error(
        "--cors-allow-origins (gateway.corsAllowOrigins) has `*` beside other origins; give `*` alone, or leave it out"
    )]
    AnyOriginBesideOthers,
}

impl Conflict {
    /// The ids of the settings that contradict each other.
    pub(crate) fn settings(self) -> &'static [&'static str] {
        match self {
            Self::CertificateWithoutKey => &["ssl_certfile"],
            Self::KeyWithoutCertificate => &["ssl_keyfile"],
            Self::CallTimeouts => &["call_timeout", "max_call_timeout"],
            Self::StrictAndPublic => &["strict_auth", "public_docs"],
            Self::NotStrict => &["strict_auth"],
            Self::AnyOriginBesideOthers => &["cors_allow_origins"],
        }
    }
}
