//! Servers that want access tokens.

mod peers;
mod tokens;
