//! Servers that want access tokens.

mod logins;
pub mod peers;
mod tokens;
