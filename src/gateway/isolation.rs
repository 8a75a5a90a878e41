//! Whether callers have sessions of their own with a server.

/// Whether callers have sessions of their own with a server, where their protocol lets the server
/// ask them something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Callers that a server may ask something have sessions of their own with a remote server,
    /// and with a program up to a bound, since each session costs a process there.
    #[default]
    Auto,
    /// Each such caller has a session of its own.
    Session,
    /// All callers share one session, in which the server can ask nobody.
    Shared,
}
