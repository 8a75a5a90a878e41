//! The live things behind servers.
