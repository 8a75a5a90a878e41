//! Changes to JSON text that leave the rest of it as it came.

use std::borrow::Cow;
use std::ops::Range;

use super::Raw;

/// An object with another value for one of its members; a member that it does not have is put at
/// its end. What is no object stays as it is.
#[must_use]
pub fn with_member(object: &Raw, name: &str, value: &Raw) -> Raw {
    let text = object.get();
    if !text.trim_start().starts_with('{') {
        return object.clone();
    }
    let mut scanner = Scanner::new(text);
    scanner.open();
    let mut is_empty = true;
    let mut edits = Edits::default();
    while let Some(key) = scanner.key() {
        is_empty = false;
        let place = scanner.skip_value();
        if key.name == name {
            edits.replace(place, value.get().to_owned());
            return Raw::assume_valid(edits.apply(text).into());
        }
    }
    let end = scanner.position().saturating_sub(1);
    let comma = if is_empty { "" } else { "," };
    let member = Raw::from_value(&name);
    edits.replace(end..end, format!("{comma}{}:{}", member.get(), value.get()));
    Raw::assume_valid(edits.apply(text).into())
}

/// Replacements in a text, each a range of bytes and what takes its place, in the order of the
/// text and without overlap.
#[derive(Debug, Default)]
pub struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Whether the text stays as it is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many replacements there are, for [`Edits::truncate`].
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes back the replacements after the first `length`.
    pub fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// Puts `replacement` in the place of `range`, which lies after all earlier ranges.
    pub fn replace(&mut self, range: Range<usize>, replacement: String) {
        self.0.push((range, replacement));
    }

    /// The text with all replacements made.
    pub fn apply(&self, text: &str) -> String {
        let growth: usize = self.0.iter().map(|(_, new)| new.len()).sum();
        let mut output = String::with_capacity(text.len() + growth);
        let mut position = 0;
        for (range, replacement) in &self.0 {
            output.push_str(text.get(position..range.start).unwrap_or_default());
            output.push_str(replacement);
            position = range.end;
        }
        output.push_str(text.get(position..).unwrap_or_default());
        output
    }
}

/// Finds its way through text that is known to be JSON. On other text it finds nonsense or
/// nothing, but always moves on and always ends.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    text: &'a str,
    position: usize,
}

/// The name of a member, and where it begins.
#[derive(Debug)]
pub struct Key<'a> {
    /// Where the opening quote stands.
    pub start: usize,
    /// The name, unescaped.
    pub name: Cow<'a, str>,
}

impl<'a> Scanner<'a> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    /// The place in the text that is read next.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The first byte of the next value, or of what ends the array that it could stand in.
    pub fn peek_value(&mut self) -> Option<u8> {
        self.skip_space();
        self.peek()
    }

    /// Steps over the bracket or brace that opens the next value.
    pub fn open(&mut self) {
        self.skip_space();
        self.position += 1;
    }

    /// The name of the next member, whose value is next then; at the end of the object, steps
    /// over the brace and returns `None`.
    pub fn key(&mut self) -> Option<Key<'a>> {
        self.separator();
        if self.peek()? != b'"' {
            self.position += 1;
            return None;
        }
        let start = self.position;
        self.skip_string();
        let spelling = self.text.get(start..self.position)?;
        let inner = spelling.get(1..spelling.len().saturating_sub(1))?;
        let name = if inner.contains('\\') {
            Cow::Owned(serde_json::from_str(spelling).ok()?)
        } else {
            Cow::Borrowed(inner)
        };
        self.skip_space();
        self.position += 1;
        Some(Key { start, name })
    }

    /// Whether an array has another element, which is next then; at its end, steps over the
    /// bracket.
    pub fn element(&mut self) -> bool {
        self.separator();
        match self.peek() {
            None => false,
            Some(b']' | b'}') => {
                self.position += 1;
                false
            }
            Some(_) => true,
        }
    }

    /// Steps over a comma, if one is next: then returns where the following member or element
    /// begins.
    pub fn separator(&mut self) -> Option<usize> {
        self.skip_space();
        if self.peek() != Some(b',') {
            return None;
        }
        self.position += 1;
        self.skip_space();
        Some(self.position)
    }

    /// Steps over the next value and returns where it stands.
    pub fn skip_value(&mut self) -> Range<usize> {
        self.skip_space();
        let start = self.position;
        match self.peek() {
            None => {}
            Some(b'"') => self.skip_string(),
            Some(b'{' | b'[') => self.skip_container(),
            Some(_) => self.skip_scalar(),
        }
        start..self.position
    }

    /// Steps over everything up to and with the next number, and returns where it stands.
    pub fn next_number(&mut self) -> Option<Range<usize>> {
        loop {
            match self.peek()? {
                b'"' => self.skip_string(),
                b'-' | b'0'..=b'9' => {
                    let start = self.position;
                    self.skip_scalar();
                    return Some(start..self.position);
                }
                _ => self.position += 1,
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.position += 1;
        }
    }

    fn skip_string(&mut self) {
        self.position += 1;
        loop {
            let rest = self.text.as_bytes().get(self.position..);
            match rest.and_then(|rest| Some((memchr::memchr2(b'"', b'\\', rest)?, rest))) {
                None => {
                    self.position = self.text.len();
                    return;
                }
                Some((at, rest)) if rest.get(at) == Some(&b'"') => {
                    self.position += at + 1;
                    return;
                }
                Some((at, _)) => self.position += at + 2,
            }
        }
    }

    fn skip_container(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.position += 1;
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_scalar(&mut self) {
        while let Some(byte) = self.peek() {
            if matches!(
                byte,
                b',' | b']' | b'}' | b':' | b' ' | b'\n' | b'\r' | b'\t'
            ) {
                return;
            }
            self.position += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_replaced_or_added_and_all_else_stays() {
        let value = Raw::from_static("7");
        for (object, changed) in [
            (
                r#"{"b": 1.10 , "a" : [1, 2],"c":{}}"#,
                r#"{"b": 1.10 , "a" : 7,"c":{}}"#,
            ),
            (
                r#"{"x":{"a":1}, "\u0061":2}"#,
                r#"{"x":{"a":1}, "\u0061":7}"#,
            ),
            (r#" {"x":"}"} "#, r#" {"x":"}","a":7} "#),
            ("{ }", r#"{ "a":7}"#),
            ("[1]", "[1]"),
        ] {
            let object = Raw::from_static(object);
            assert_eq!(with_member(&object, "a", &value).get(), changed);
        }
    }
}
