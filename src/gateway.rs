//! The core.

pub mod server_name;
