//! The `viceversa` binary.

fn main() {}
