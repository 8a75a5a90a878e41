//! Schemas while they are written: text with holes where they point to others.

use crate::json::tree::Tree;

/// Text that is longer goes nowhere: see [`Fragment::is_too_large`].
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// A pointer to a definition has about so many bytes.
const POINTER: usize = 80;

/// The position of a definition among all that schemas point to.
pub(super) type DefinitionId = usize;

/// JSON text, and where in it the pointers to definitions are missing: what a definition is
/// called is known only when a tool's schema is complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Fragment {
    pub(super) text: String,
    /// In the order of the text.
    pub(super) holes: Vec<(usize, DefinitionId)>,
}

impl Fragment {
    /// How many bytes it has, those of the pointers included.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.holes.len() * POINTER
    }

    /// Whether it is so large that what was written after that was not kept: then it is no JSON.
    pub(super) fn is_too_large(&self) -> bool {
        self.size() > MOST_BYTES
    }

    pub(super) fn push(&mut self, text: &str) {
        if !self.is_too_large() {
            self.text.push_str(text);
        }
    }

    /// A schema that says nothing.
    pub(super) fn any() -> Self {
        Self {
            text: "{}".to_owned(),
            holes: Vec::new(),
        }
    }

    /// A JSON string.
    pub(super) fn string(&mut self, text: &str) {
        if !self.is_too_large() {
            push_string(&mut self.text, text);
        }
    }

    /// A value as it is.
    pub(super) fn tree(&mut self, tree: &Tree) {
        if !self.is_too_large() {
            push_tree(&mut self.text, tree);
        }
    }

    /// A string that points to a definition.
    pub(super) fn hole(&mut self, definition: DefinitionId) {
        if !self.is_too_large() {
            self.holes.push((self.text.len(), definition));
        }
    }

    /// The text, with the pointer that `name` gives for each definition.
    pub(super) fn fill<'n>(&self, out: &mut String, name: impl Fn(DefinitionId) -> &'n str) {
        let mut position = 0;
        for (hole, definition) in &self.holes {
            out.push_str(self.text.get(position..*hole).unwrap_or_default());
            out.push_str("\"#/$defs/");
            out.push_str(name(*definition));
            out.push('"');
            position = *hole;
        }
        out.push_str(self.text.get(position..).unwrap_or_default());
    }
}

/// An object that is being written.
pub(super) struct ObjectText<'f> {
    out: &'f mut Fragment,
    is_empty: bool,
}

impl<'f> ObjectText<'f> {
    pub(super) fn begin(out: &'f mut Fragment) -> Self {
        out.push("{");
        Self {
            out,
            is_empty: true,
        }
    }

    /// The next member, whose value is to be written then.
    pub(super) fn member(&mut self, name: &str) -> &mut Fragment {
        if !self.is_empty {
            self.out.push(",");
        }
        self.is_empty = false;
        self.out.string(name);
        self.out.push(":");
        self.out
    }

    /// Where the value of the last member goes on.
    pub(super) fn value(&mut self) -> &mut Fragment {
        self.out
    }

    pub(super) fn end(self) {
        self.out.push("}");
    }
}

pub(super) fn push_string(out: &mut String, text: &str) {
    let needs_escapes = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    if text.bytes().any(needs_escapes) {
        // A string is JSON in any case, so this does not fail.
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

fn push_tree(out: &mut String, tree: &Tree) {
    match tree {
        _ if out.len() > MOST_BYTES => {}
        Tree::Null => out.push_str("null"),
        Tree::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Tree::Number(number) => out.push_str(number.get()),
        Tree::String(text) => push_string(out, text),
        Tree::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_tree(out, element);
            }
            out.push(']');
        }
        Tree::Object(members) => {
            out.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_string(out, name);
                out.push(':');
                push_tree(out, value);
            }
            out.push('}');
        }
    }
}
