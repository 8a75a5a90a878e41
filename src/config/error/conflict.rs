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
    /// Two keys where one is enough.
    #[error(
        "--session-key (gateway.sessionKey) and --session-key-file (gateway.sessionKeyFile) are both given, while replicas share one key; leave one of them out"
    )]
    TwoSessionKeys,
    /// Replicas that could not read each other's sessions.
    #[error(
        "--peers (gateway.peers) needs --session-key-file (gateway.sessionKeyFile) or --session-key (gateway.sessionKey) beside it: replicas share a key; make one with `openssl rand -base64 32`, and give it to all of them"
    )]
    PeersWithoutKey,
    /// A replica that its peers could not name.
    #[error(
        "--peers (gateway.peers) needs --replica (gateway.replica) beside it: the name that this replica has among the peers of the others"
    )]
    PeersWithoutReplica,
    /// A replica that would call itself.
    #[error(
        "--peers (gateway.peers) names this replica itself, as --replica (gateway.replica) says; leave it out there, and name the others alone"
    )]
    PeerOfItself,
    /// Two replicas of one name.
    #[error("--peers (gateway.peers) names a replica twice; rename or remove one of the two")]
    PeerTwice,
    /// Two endpoints in one place.
    #[error(
        "--sse-path (gateway.ssePath) and --message-path (gateway.messagePath) are one and the same; change one of them"
    )]
    SamePaths,
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
            Self::TwoSessionKeys => &["session_key", "session_key_file"],
            Self::PeersWithoutKey | Self::PeersWithoutReplica | Self::PeerTwice => &["peers"],
            Self::PeerOfItself => &["peers", "replica"],
            Self::SamePaths => &["sse_path", "message_path"],
        }
    }
}
