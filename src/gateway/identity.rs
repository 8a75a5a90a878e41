//! Who calls, as a server that gets its callers' headers sees it.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use zeroize::Zeroizing;

/// The headers of a caller that are forwarded to one server. Callers that bring the same share an
/// upstream session; those that differ in anything never do.
///
/// Names are in lower case and in order; values are secrets, and show themselves only to whoever
/// asks with [`Identity::headers`]. Clones share them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identity(Arc<[Header]>);

#[derive(PartialEq, Eq)]
struct Header {
    name: String,
    value: Zeroizing<Vec<u8>>,
}

impl Identity {
    /// The identity of these headers, in whatever order and case they came. Several values of
    /// one name keep their order (RFC 9110 section 5.3).
    pub fn new<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut headers: Vec<Header> = headers
            .into_iter()
            .map(|(name, value)| Header {
                name: name.to_ascii_lowercase(),
                value: Zeroizing::new(value.to_vec()),
            })
            .collect();
        headers.sort_by(|one, other| one.name.cmp(&other.name));
        Self(headers.into())
    }

    /// Whether it says nothing about the caller.
    pub fn is_anonymous(&self) -> bool {
        self.0.is_empty()
    }

    /// The headers; each use of this is a place to look at in a review.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|header| (header.name.as_str(), header.value.as_slice()))
    }

    /// The names alone, for the log.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|header| header.name.as_str())
    }
}

impl Hash for Header {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.name.hash(hasher);
        self.value.as_slice().hash(hasher);
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_case_of_names_make_no_difference_but_values_do() {
        let one = Identity::new([("X-User", b"ada".as_slice()), ("x-team", b"blue")]);
        let same = Identity::new([("X-TEAM", b"blue".as_slice()), ("x-user", b"ada")]);
        let other = Identity::new([("x-team", b"blue".as_slice()), ("x-user", b"Ada")]);
        let less = Identity::new([("x-user", b"ada".as_slice())]);
        assert_eq!(one, same);
        assert_ne!(one, other);
        assert_ne!(one, less);
        // The border between two headers can't be moved.
        let joined = Identity::new([("x-a", b"1x-b2".as_slice())]);
        let split = Identity::new([("x-a", b"1".as_slice()), ("x-b", b"2")]);
        assert_ne!(joined, split);
    }

    #[test]
    fn an_identity_shows_names_alone() {
        let identity = Identity::new([("Authorization", b"Bearer top-secret".as_slice())]);
        assert_eq!(format!("{identity:?}"), r#"{"authorization"}"#);
    }
}
