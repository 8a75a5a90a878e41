//! Servers that want access tokens.

mod logins;
mod peers;
mod tokens;
