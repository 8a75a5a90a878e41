//! The running program: builds everything, binds early, serves until stopped, drains.
