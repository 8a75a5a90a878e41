//! The Model Context Protocol, lossless.
