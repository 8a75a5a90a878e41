//! The protocols that callers speak to the gateway.
