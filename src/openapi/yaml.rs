//! Documents as YAML.

use std::cell::RefCell;
use std::collections::HashSet;

use serde::{Serialize, Serializer};

use crate::json::tree::{Number, Tree};

/// Writes JSON as YAML, numbers as they were written.
///
/// No YAML writer takes the spelling of a number. So a text stands in its place, which is found
/// and replaced in what was written.
pub(super) fn write(tree: &Tree) -> String {
    let json = tree.to_string();
    let mark = unused_mark(&json);
    let numbers = RefCell::default();
    let node = Node {
        tree,
        mark: &mark,
        numbers: &numbers,
    };
    let Ok(yaml) = serde_saphyr::to_string(&node) else {
        // JSON is YAML too, should the writer ever refuse a document.
        return json;
    };
    let numbers = numbers.into_inner();
    if yaml.matches(&*mark).count() != numbers.len() {
        return json;
    }
    let mut pieces = yaml.split(&*mark);
    let mut output = pieces.next().unwrap_or_default().to_owned();
    for (number, piece) in numbers.into_iter().zip(pieces) {
        if needs_tag(number) {
            output.push_str("!!float ");
        }
        output.push_str(number.get());
        output.push_str(piece);
    }
    output
}

/// A word that stands nowhere in the text, nor in any way to write its strings as YAML: no
/// escape sequence begins or ends with `Z`, and YAML has no other meaning for the word.
fn unused_mark(json: &str) -> String {
    let taken: HashSet<&str> = json.split('Z').collect();
    let mut number = 0_usize;
    while taken.contains(&*number.to_string()) {
        number += 1;
    }
    format!("Z{number}Z")
}

/// Readers of YAML 1.1 take a number such as `1e5` for text, unless it is said to be a number.
fn needs_tag(number: &Number) -> bool {
    number.get().contains(['e', 'E'])
}

struct Node<'a, 'n> {
    tree: &'a Tree,
    mark: &'n str,
    /// The numbers, in the order in which they are written.
    numbers: &'n RefCell<Vec<&'a Number>>,
}

impl Serialize for Node<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inside = |tree| Node { tree, ..*self };
        match self.tree {
            Tree::Null => serializer.serialize_unit(),
            Tree::Bool(value) => serializer.serialize_bool(*value),
            Tree::Number(number) => {
                self.numbers.borrow_mut().push(number);
                serializer.serialize_str(self.mark)
            }
            Tree::String(text) => serializer.serialize_str(text),
            Tree::Array(elements) => serializer.collect_seq(elements.iter().map(inside)),
            Tree::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, inside(value))))
            }
        }
    }
}
