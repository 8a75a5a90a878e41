//! What an API answers, as its document says: between the reader, who finds it there, and the
//! writer, who tells it to those who call the API through the gateway.

use std::{fmt, sync::Arc};

/// What one operation answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Responses {
    /// Each of its responses, sorted by what they are for.
    pub all: Vec<(Statuses, Arc<Response>)>,
    /// What their schemas point to: the same for all operations of an API.
    pub definitions: Arc<Definitions>,
}

/// Which statuses a response is for (`OpenAPI` 3.2, responses object). Those that say it more
/// exactly come first, and count more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statuses {
    /// One status, such as 200.
    One(u16),
    /// All of a class: 4 is `4XX`.
    Class(u16),
    /// All that no other response is for: `default`.
    Others,
}

/// One response.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Response {
    /// What it means: untrusted text, maybe empty.
    pub description: String,
    /// The headers that callers get back ([`is_given_back`]).
    pub headers: Vec<Header>,
    /// Its body by media type, with its schema, where one says anything.
    pub content: Vec<(String, Option<SchemaText>)>,
}

/// A header of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Header {
    /// Its name, as the document spells it.
    pub name: String,
    /// What it means: untrusted text.
    pub description: Option<String>,
    /// Whether it is always there.
    pub is_required: bool,
    /// What its value is like.
    pub schema: Option<SchemaText>,
}

/// The text of a JSON Schema (2020-12), without the pointers to definitions: what these are called
/// is for each document to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SchemaText {
    /// JSON but for the holes.
    pub(in crate::openapi) text: String,
    /// Where in the text pointers belong, and to which definitions, in order.
    pub(in crate::openapi) holes: Vec<(usize, usize)>,
}

/// What the schemas of an API's responses point to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definitions(pub(in crate::openapi) Vec<Option<Definition>>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name, which no other has.
    pub name: String,
    /// What it says.
    pub schema: SchemaText,
}

impl Responses {
    /// The response that a status comes with.
    pub fn of(&self, status: u16) -> Option<&Arc<Response>> {
        let holds = |statuses: Statuses| match statuses {
            Statuses::One(one) => one == status,
            Statuses::Class(class) => class == status / 100,
            Statuses::Others => true,
        };
        let found = self.all.iter().find(|(statuses, _)| holds(*statuses));
        found.map(|(_, response)| response)
    }

    /// Whether any of them is for successes.
    pub fn tell_of_success(&self) -> bool {
        self.all.iter().any(|(statuses, _)| match statuses {
            Statuses::One(status) => (200..300).contains(status),
            Statuses::Class(class) => *class == 2,
            Statuses::Others => true,
        })
    }
}

impl Statuses {
    /// What a document calls them: a status, a class of them in any case, or `default`.
    pub fn named(name: &str) -> Option<Self> {
        if name == "default" {
            return Some(Self::Others);
        }
        let is_status = |status: &u16| (100..600).contains(status);
        let class = name.strip_suffix("XX").or_else(|| name.strip_suffix("xx"));
        match class {
            Some(class) => {
                let class: u16 = class.parse().ok()?;
                is_status(&(class * 100)).then_some(Self::Class(class))
            }
            None => name.parse().ok().filter(is_status).map(Self::One),
        }
    }
}

/// As a document names them.
impl fmt::Display for Statuses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(status) => write!(formatter, "{status}"),
            Self::Class(class) => write!(formatter, "{class}XX"),
            Self::Others => formatter.write_str("default"),
        }
    }
}

impl SchemaText {
    /// The definitions that it points to, as often as it does.
    pub fn definitions(&self) -> impl Iterator<Item = usize> {
        self.holes.iter().map(|(_, definition)| *definition)
    }

    /// The JSON text, with the reference that `pointer` gives for each definition.
    pub fn write(&self, mut pointer: impl FnMut(usize) -> String) -> String {
        let mut written = String::with_capacity(self.text.len() + self.holes.len() * 48);
        let mut position = 0;
        for (hole, definition) in &self.holes {
            written.push_str(self.text.get(position..*hole).unwrap_or_default());
            written.push('"');
            written.push_str(&pointer(*definition));
            written.push('"');
            position = *hole;
        }
        written.push_str(self.text.get(position..).unwrap_or_default());
        written
    }
}

impl Definitions {
    /// The definition of that number.
    pub fn get(&self, definition: usize) -> Option<&Definition> {
        self.0.get(definition)?.as_ref()
    }
}

/// What an HTTP caller gets back of an API's headers. Nothing that belongs to a connection (RFC
/// 9110 section 7.6.1), that identifies anybody, sets cookies, asks for credentials, or that a
/// proxy in front of the gateway would obey.
const GIVEN_BACK: [&str; 28] = [
    "content-type",
    "content-disposition",
    "content-language",
    "content-location",
    "content-range",
    "location",
    "etag",
    "last-modified",
    "link",
    "cache-control",
    "expires",
    "age",
    "retry-after",
    "allow",
    "accept-patch",
    "accept-post",
    "preference-applied",
    "deprecation",
    "sunset",
    "warning",
    "ratelimit*",
    "x-ratelimit*",
    "x-rate-limit*",
    "x-total*",
    "x-page*",
    "x-per-page",
    "x-next-page",
    "x-prev-page",
];

/// Whether callers over REST get this header of an API's answer, its name in lower case. The
/// upstream gives it back by this, and documents tell of it by this.
pub fn is_given_back(header: &str) -> bool {
    is_among(header, &GIVEN_BACK)
}

/// Whether a header, its name in lower case, is one of these: `*` stands for any end.
pub(crate) fn is_among(header: &str, patterns: &[&str]) -> bool {
    patterns
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => header.starts_with(start),
            None => header == *pattern,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_that_says_it_most_exactly_counts() {
        let mut all: Vec<(Statuses, Arc<Response>)> = ["default", "4xx", "404"]
            .map(|name| {
                let description = name.to_owned();
                let response = Response {
                    description,
                    ..Response::default()
                };
                (Statuses::named(name).unwrap(), Arc::new(response))
            })
            .into();
        all.sort_by_key(|(statuses, _)| *statuses);
        let responses = Responses {
            all,
            ..Responses::default()
        };
        let of = |status| &*responses.of(status).unwrap().description;
        assert_eq!(
            [of(404), of(400), of(500), of(200)],
            ["404", "4xx", "default", "default"]
        );
    }

    #[test]
    fn statuses_are_named_as_documents_name_them() {
        for (name, written) in [
            ("200", Some("200")),
            ("4xx", Some("4XX")),
            ("5XX", Some("5XX")),
            ("default", Some("default")),
            ("6XX", None),
            ("600", None),
            ("99", None),
            ("2X0", None),
            ("200,201", None),
            ("", None),
        ] {
            let statuses = Statuses::named(name).map(|statuses| statuses.to_string());
            assert_eq!(statuses.as_deref(), written, "{name:?}");
        }
    }
}
