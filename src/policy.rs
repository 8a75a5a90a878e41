//! What each exchange passes.
