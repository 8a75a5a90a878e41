//! Schemas of all dialects, written in that of 2020-12.

use super::Writer;
use crate::json::tree::{Members, Tree};
use crate::schema::{Base, Place, place};

impl Writer<'_, '_> {
    /// Writes one schema and all inside it. Every keyword that still means something is kept, and
    /// so is every one that nobody knows.
    pub(in crate::openapi) fn write(&mut self, schema: &Tree, outer: &Base) -> Tree {
        let members = match schema {
            Tree::Object(members) => members,
            Tree::Bool(_) => return schema.clone(),
            _ => return Tree::Object(Members::new()),
        };
        let base = self.references.base_of(schema, outer);
        let bare_ref = !self.dialect.ref_has_siblings() && members.contains_key("$ref");
        let mut output = Members::new();
        for (keyword, value) in members {
            let counts = !bare_ref || keyword == "$ref" || is_annotation(keyword);
            if counts && !self.is_done_with(keyword, value) {
                self.keyword(keyword, value, members, &base, &mut output);
            }
        }
        Tree::Object(output)
    }

    fn keyword(
        &mut self,
        keyword: &str,
        value: &Tree,
        members: &Members,
        base: &Base,
        output: &mut Members,
    ) {
        match (keyword, value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", Tree::String(reference)) => {
                self.reference(reference, base, output);
            }
            ("items", Tree::Array(prefix)) => {
                if !prefix.is_empty() {
                    let prefix = prefix.iter().map(|item| self.write(item, base)).collect();
                    output.insert("prefixItems".to_owned(), prefix);
                }
                if let Some(rest) = members.get("additionalItems") {
                    let rest = self.write(rest, base);
                    output.insert("items".to_owned(), rest);
                }
            }
            ("dependencies", Tree::Object(dependencies)) => {
                self.dependencies(dependencies, base, output);
            }
            ("minimum", _) if members.get("exclusiveMinimum") == Some(&Tree::Bool(true)) => {
                output.insert("exclusiveMinimum".to_owned(), value.clone());
            }
            ("maximum", _) if members.get("exclusiveMaximum") == Some(&Tree::Bool(true)) => {
                output.insert("exclusiveMaximum".to_owned(), value.clone());
            }
            ("discriminator", Tree::Object(discriminator)) => {
                let discriminator = self.discriminator(discriminator, base);
                output.insert(keyword.to_owned(), discriminator);
            }
            _ => {
                let value = self.inside(place(keyword), value, base);
                output.insert(keyword.to_owned(), value);
            }
        }
    }

    /// Whether a keyword has no place in a document. Identifiers would change what
    /// `#/components/…` is relative to; what they and the definitions were for is done.
    fn is_done_with(&self, keyword: &str, value: &Tree) -> bool {
        match keyword {
            "$schema" | "$vocabulary" | "$id" | "$anchor" | "$dynamicAnchor"
            | "$recursiveAnchor" | "additionalItems" => true,
            "$defs" | "definitions" => value.is_object(),
            "id" => value.is_string() && self.dialect.id_keyword() == "id",
            // Draft-04's are written with the bound that they are about.
            "exclusiveMinimum" | "exclusiveMaximum" => value.is_boolean(),
            _ => false,
        }
    }

    fn inside(&mut self, place: Place, value: &Tree, base: &Base) -> Tree {
        match (place, value) {
            (Place::Schema, _) => self.write(value, base),
            (Place::List, Tree::Array(list)) => {
                list.iter().map(|item| self.write(item, base)).collect()
            }
            (Place::Map, Tree::Object(map)) => {
                let write = |(name, item): (&String, _)| (name.clone(), self.write(item, base));
                Tree::Object(map.iter().map(write).collect())
            }
            _ => value.clone(),
        }
    }

    fn reference(&mut self, reference: &str, base: &Base, output: &mut Members) {
        let Some(pointer) = self.hoist(reference, base) else {
            return;
        };
        if !output.contains_key("$ref") {
            output.insert("$ref".to_owned(), pointer.into());
            return;
        }
        let second = Tree::object([("$ref", pointer.into())]);
        if let Tree::Array(all) = output
            .entry("allOf".to_owned())
            .or_insert_with(|| Tree::Array(Vec::new()))
        {
            all.push(second);
        }
    }

    fn dependencies(&mut self, dependencies: &Members, base: &Base, output: &mut Members) {
        for (name, dependency) in dependencies {
            let (keyword, dependency) = match dependency {
                Tree::Array(_) => ("dependentRequired", dependency.clone()),
                schema => ("dependentSchemas", self.write(schema, base)),
            };
            if let Tree::Object(map) = output
                .entry(keyword.to_owned())
                .or_insert_with(|| Tree::Object(Members::new()))
            {
                map.insert(name.clone(), dependency);
            }
        }
    }

    /// `OpenAPI`'s keyword, which pydantic writes: its mapping has references for values.
    fn discriminator(&mut self, discriminator: &Members, base: &Base) -> Tree {
        let mut discriminator = discriminator.clone();
        if let Some(Tree::Object(mapping)) = discriminator.get_mut("mapping") {
            for value in mapping.values_mut() {
                let pointer = value.as_str().filter(|text| text.starts_with('#'));
                if let Some(pointer) = pointer.and_then(|text| self.hoist(text, base)) {
                    *value = pointer.into();
                }
            }
        }
        Tree::Object(discriminator)
    }
}

/// What may stand beside a `$ref` up to draft-07 and still be read.
fn is_annotation(keyword: &str) -> bool {
    keyword.starts_with("x-")
        || matches!(
            keyword,
            "$comment"
                | "default"
                | "deprecated"
                | "description"
                | "examples"
                | "readOnly"
                | "title"
                | "writeOnly"
        )
}
