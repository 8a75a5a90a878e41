//! Credentials in, caller out.
//!
//! [`Guard`] knows who may come in; it sees the `Authorization` header's text and nothing else
//! of the protocol that carried it.

mod guard;

pub use guard::{Admission, Guard, Proof, Refusal};
