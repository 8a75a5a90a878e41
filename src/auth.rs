//! Credentials in, caller out.
//!
//! [`Guard`] knows who may come in; it sees the text of the headers that carry [`Credentials`] and
//! nothing else of the protocol. It asks its [`Verifiers`].

mod credentials;
mod guard;
mod key_ring;

pub use credentials::Credentials;
pub use guard::{Admission, Guard, Proof, Refusal, Standing, Verifiers};
pub use key_ring::{Expired, KeyDigest, KeyRing};
