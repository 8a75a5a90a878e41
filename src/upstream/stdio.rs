//! stub
#[derive(Debug)]
pub struct Process;
