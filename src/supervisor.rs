//! One task per server: start, watch, restart, stop.
