//! JSON that is carried as the text that came.
//!
//! What passes through the gateway is never re-modelled: it travels as [`Raw`] text, and code
//! reads only the members that it must. Where it has to be rewritten, it is read into a
//! [`tree::Tree`], which keeps numbers as they were written.

pub mod edit;
pub mod pretty;
pub mod strict;
pub mod tree;
pub(crate) mod yaml;

use std::{borrow::Cow, collections::HashSet, fmt};

use bytes::Bytes;
use bytestring::ByteString;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// A complete JSON value as the text that came: member order, white space and the spelling of
/// numbers included. Cloning and slicing share the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw(ByteString);

impl Raw {
    /// Takes text that holds exactly one JSON value.
    pub fn parse(text: ByteString) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<&RawValue>(&text)?;
        Ok(Self(text))
    }

    /// Text of our own that is known to be one JSON value.
    pub const fn from_static(text: &'static str) -> Self {
        Self(ByteString::from_static(text))
    }

    /// Serializes a value of our own.
    pub fn from_value(value: &impl serde::Serialize) -> Self {
        // Values of our own have string keys and finite numbers, so this does not fail.
        Self(
            serde_json::to_string(value)
                .unwrap_or_else(|_| "null".into())
                .into(),
        )
    }

    /// A value that was read out of this one, sharing its bytes.
    #[must_use]
    pub fn part(&self, part: &RawValue) -> Self {
        Self::part_of(&self.0, part)
    }

    /// A value that was read out of a text, sharing its bytes; a value from elsewhere is copied.
    pub fn part_of(text: &ByteString, part: &RawValue) -> Self {
        let outer = text.as_bytes().as_ptr_range();
        let inner = part.get().as_bytes().as_ptr_range();
        if outer.start <= inner.start && inner.end <= outer.end {
            Self(text.slice_ref(part.get()))
        } else {
            Self(part.get().into())
        }
    }

    /// The text.
    pub fn get(&self) -> &str {
        &self.0
    }

    /// The text as shared bytes, for a body.
    pub fn into_bytes(self) -> Bytes {
        self.0.into_bytes()
    }
}

/// The members of an object in their order, each value as the text that came. An object that
/// names a member twice is refused: two readers could take different ones.
pub fn members(object: &str) -> Result<Vec<(Cow<'_, str>, &RawValue)>, serde_json::Error> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            let mut names = HashSet::new();
            while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                if !names.insert(name.clone()) {
                    return Err(serde::de::Error::custom(format!(
                        "the member {name:?} stands there twice"
                    )));
                }
                members.push((name, value));
            }
            Ok(members)
        }
    }

    serde_json::Deserializer::from_str(object).deserialize_map(Members)
}

/// Reads an object through a view of the members that matter. A derived view alone would take a
/// list for an object, and its complaint would speak of our own types.
pub fn object<'a, T: Deserialize<'a>>(object: &'a str) -> Result<T, serde_json::Error> {
    if object.trim_start().starts_with('{') {
        serde_json::from_str(object)
    } else {
        Err(serde::de::Error::custom("it is not an object"))
    }
}

/// The items of a list, each as the text that came. A list of more than `most` is refused as
/// soon as that shows.
pub fn items(list: &str, most: usize) -> Result<Vec<&RawValue>, serde_json::Error> {
    struct Items(usize);

    impl<'de> Visitor<'de> for Items {
        type Value = Vec<&'de RawValue>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = list.next_element::<&'de RawValue>()? {
                if items.len() == self.0 {
                    return Err(serde::de::Error::custom(format!(
                        "the list has more than {} items",
                        self.0
                    )));
                }
                items.push(item);
            }
            Ok(items)
        }
    }

    serde_json::Deserializer::from_str(list).deserialize_seq(Items(most))
}

/// Reads a value that may not be what it should: then it is the default, and what stands beside
/// it is still read. For `deserialize_with`.
pub fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + serde::de::DeserializeOwned,
{
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}

/// A member's name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl fmt::Debug for Raw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
