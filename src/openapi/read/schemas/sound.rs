//! Keywords whose values can't be: they are left out, so that the rest of the schema still counts.

use super::Schemas;
use crate::json::tree::Tree;
use crate::openapi::read::resolve::Place;
use crate::openapi::read::text::push_string;
use crate::schema;

impl Schemas<'_, '_> {
    /// Whether a keyword that holds data is what its meta-schema demands; else says so in the
    /// notes.
    pub(super) fn is_sound(&mut self, keyword: &str, place: Place<'_>) -> bool {
        let value = place.tree;
        let is_sound = match keyword {
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                matches!(value, Tree::Number(_))
            }
            "multipleOf" => value.is_positive(),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" | "minContains" | "maxContains" => is_count(value),
            "uniqueItems" | "readOnly" | "writeOnly" | "deprecated" => value.is_boolean(),
            "title" | "description" | "format" | "$comment" | "contentEncoding"
            | "contentMediaType" => value.is_string(),
            "enum" | "examples" => value.as_array().is_some_and(|list| !list.is_empty()),
            "type" | "required" => false,
            "dependentRequired" => value.as_object().is_some_and(|map| {
                map.values().all(|names| {
                    names
                        .as_array()
                        .is_some_and(|all| all.iter().all(Tree::is_string))
                })
            }),
            "pattern" => value.as_str().is_some_and(|pattern| self.compiles(pattern)),
            _ => true,
        };
        if !is_sound {
            self.unsound(keyword, place);
        }
        is_sound
    }

    /// Says that a keyword can't have this value, and where that stands.
    pub(super) fn unsound(&mut self, keyword: &str, place: Place<'_>) {
        let mut text = place.tree.to_string();
        if text.len() > 100 {
            let end = text.floor_char_boundary(100);
            text.truncate(end);
            text.push('…');
        }
        let at = self.resolver.pointer(place);
        let at = at.map(|at| format!(", at {at}")).unwrap_or_default();
        self.note(format!("`{keyword}` can't be {text} and is left out{at}"));
    }

    fn compiles(&mut self, pattern: &str) -> bool {
        if let Some(compiles) = self.patterns.get(pattern) {
            return *compiles;
        }
        let mut text = r#"{"pattern":"#.to_owned();
        push_string(&mut text, pattern);
        text.push('}');
        let compiles = schema::check(&text).is_ok();
        self.patterns.insert(pattern.to_owned(), compiles);
        compiles
    }
}

/// Whether it is a whole number from zero on.
fn is_count(value: &Tree) -> bool {
    let Tree::Number(number) = value else {
        return false;
    };
    let number = number.get().parse::<f64>();
    number.is_ok_and(|number| number >= 0.0 && number.fract() == 0.0)
}
