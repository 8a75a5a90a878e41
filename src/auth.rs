//! Credentials in, caller out.
