//! stub
use std::{borrow::Borrow, fmt, sync::Arc};
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerName(Arc<str>);
impl ServerName {
    pub fn new(t: &str) -> Result<Self, String> {
        Ok(Self(t.into()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl Borrow<str> for ServerName {
    fn borrow(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
