//! One keyword of a schema.

use std::collections::HashSet;

use super::{Direction, Schemas, Words, is_nullable};
use crate::json::tree::{Members, Tree};
use crate::openapi::read::resolve::Place;
use crate::openapi::read::text::{Fragment, ObjectText};
use crate::schema::{Place as Kind, place as kind};

/// A keyword and what stands around it.
pub(super) struct Keyword<'k, 'd> {
    pub(super) name: &'d str,
    pub(super) value: Place<'d>,
    pub(super) members: &'d Members,
    /// The properties that are not to be seen.
    pub(super) hidden: &'k HashSet<&'d str>,
}

impl<'d> Schemas<'_, 'd> {
    pub(super) fn keyword(
        &mut self,
        keyword: &Keyword<'_, 'd>,
        direction: Direction,
        object: &mut ObjectText<'_>,
    ) -> Result<(), String> {
        let Keyword {
            name,
            value,
            members,
            hidden,
        } = *keyword;
        match (name, value.tree) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", Tree::String(reference)) => {
                let id = self.point(reference, value, direction)?;
                let second = name != "$ref" && members.contains_key("$ref");
                if !second {
                    object.member("$ref").hole(id);
                }
            }
            ("type", _) => {
                if !is_type(value.tree) {
                    self.unsound(name, value);
                }
                write_type(value.tree, is_nullable(members), object);
            }
            ("nullable" | "x-nullable", Tree::Bool(_)) => {}
            ("enum", Tree::Array(options)) if !options.is_empty() => {
                write_enum(options, admits_null(members), object);
            }
            ("required", Tree::Array(names)) => write_required(names, hidden, object),
            ("properties", Tree::Object(_)) => {
                let out = object.member(name);
                self.map(value, hidden, direction, out)?;
            }
            ("items", Tree::Array(_)) => {
                if value.tree.as_array().is_some_and(|list| !list.is_empty()) {
                    self.list(value, direction, object.member("prefixItems"))?;
                }
                if let Some(rest) = members.get("additionalItems") {
                    self.write(value.at(rest), direction, object.member("items"))?;
                }
            }
            ("dependencies", Tree::Object(_)) => self.dependencies(value, direction, object)?,
            ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum", _) => {
                self.bound(name, value, members, object);
            }
            ("example", example) => {
                if !members.contains_key("examples") {
                    let out = object.member("examples");
                    out.push("[");
                    out.tree(example);
                    out.push("]");
                }
            }
            ("examples", Tree::Object(named)) => write_examples(named, object.member(name)),
            ("format", Tree::String(_)) if is_file_type(members) => {}
            ("discriminator", _) => self.discriminator(value, direction, object),
            _ if is_done_with(name) => {}
            _ => self.other(name, value, direction, object)?,
        }
        Ok(())
    }

    fn other(
        &mut self,
        name: &str,
        value: Place<'d>,
        direction: Direction,
        object: &mut ObjectText<'_>,
    ) -> Result<(), String> {
        match (kind(name), value.tree) {
            (Kind::Schema, Tree::Object(_) | Tree::Bool(_)) => {
                self.write(value, direction, object.member(name))
            }
            (Kind::List, Tree::Array(list)) if !list.is_empty() => {
                self.list(value, direction, object.member(name))
            }
            // Some authors forget the brackets.
            (Kind::List, Tree::Object(_)) => {
                let out = object.member(name);
                out.push("[");
                self.write(value, direction, out)?;
                out.push("]");
                Ok(())
            }
            (Kind::Map, Tree::Object(_)) => {
                let nothing = HashSet::new();
                self.map(value, &nothing, direction, object.member(name))
            }
            (Kind::Data, data) => {
                if self.is_sound(name, value) {
                    object.member(name).tree(data);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn map(
        &mut self,
        map: Place<'d>,
        hidden: &HashSet<&'d str>,
        direction: Direction,
        out: &mut Fragment,
    ) -> Result<(), String> {
        let mut object = ObjectText::begin(out);
        for (name, tree) in map.tree.as_object().into_iter().flatten() {
            if !hidden.contains(&**name) {
                let words = Words::default();
                self.write_with(map.at(tree), &words, direction, object.member(name))?;
            }
        }
        object.end();
        Ok(())
    }

    fn list(
        &mut self,
        list: Place<'d>,
        direction: Direction,
        out: &mut Fragment,
    ) -> Result<(), String> {
        out.push("[");
        for (index, tree) in list.tree.as_array().into_iter().flatten().enumerate() {
            if index > 0 {
                out.push(",");
            }
            self.write(list.at(tree), direction, out)?;
        }
        out.push("]");
        Ok(())
    }

    /// Bounds of draft-04, which `OpenAPI` had up to 3.0, say apart whether they are exclusive.
    fn bound(
        &mut self,
        name: &str,
        place: Place<'d>,
        members: &Members,
        object: &mut ObjectText<'_>,
    ) {
        let value = place.tree;
        let exclusive = match name {
            "minimum" => "exclusiveMinimum",
            "maximum" => "exclusiveMaximum",
            _ => name,
        };
        let is_exclusive = members.get(exclusive) == Some(&Tree::Bool(true));
        if value.is_boolean() || !self.is_sound(name, place) {
            return;
        }
        object
            .member(if is_exclusive { exclusive } else { name })
            .tree(value);
    }

    fn dependencies(
        &mut self,
        dependencies: Place<'d>,
        direction: Direction,
        object: &mut ObjectText<'_>,
    ) -> Result<(), String> {
        let all = dependencies.tree.as_object();
        let all = move || all.into_iter().flatten();
        if all().any(|(_, one)| one.as_array().is_some()) {
            let mut required = ObjectText::begin(object.member("dependentRequired"));
            for (name, names) in all().filter(|(_, one)| one.as_array().is_some()) {
                required.member(name).tree(names);
            }
            required.end();
        }
        if all().any(|(_, one)| one.as_array().is_none()) {
            let mut schemas = ObjectText::begin(object.member("dependentSchemas"));
            for (name, schema) in all().filter(|(_, one)| one.as_array().is_none()) {
                self.write(dependencies.at(schema), direction, schemas.member(name))?;
            }
            schemas.end();
        }
        Ok(())
    }

    /// `OpenAPI`'s own keyword, whose mapping has references, or names of schemas, for values.
    fn discriminator(
        &mut self,
        value: Place<'d>,
        direction: Direction,
        object: &mut ObjectText<'_>,
    ) {
        match value.tree {
            Tree::String(name) => {
                let mut inner = ObjectText::begin(object.member("discriminator"));
                inner.member("propertyName").string(name);
                inner.end();
            }
            Tree::Object(members) => {
                let mut inner = ObjectText::begin(object.member("discriminator"));
                for (name, member) in members {
                    if name != "mapping" || !member.is_object() {
                        inner.member(name).tree(member);
                        continue;
                    }
                    let mut mapping = ObjectText::begin(inner.member(name));
                    for (label, target) in member.as_object().into_iter().flatten() {
                        let out = mapping.member(label);
                        match self.mapped(target, value, direction) {
                            Some(id) => out.hole(id),
                            None => out.tree(target),
                        }
                    }
                    mapping.end();
                }
                inner.end();
            }
            _ => {}
        }
    }

    fn mapped(&mut self, target: &Tree, place: Place<'d>, direction: Direction) -> Option<usize> {
        let target = target.as_str()?;
        let is_name = !target.contains(['#', '/', '.']);
        let named = format!("#/components/schemas/{target}");
        let reference = if is_name { &named } else { target };
        self.point(reference, place, direction).ok()
    }
}

/// Whether a keyword has no place in a tool's schema, or not with such a value. Identifiers would
/// change what `#/$defs/…` is relative to; what they and the definitions were for is done.
fn is_done_with(name: &str) -> bool {
    matches!(
        name,
        "$schema"
            | "$vocabulary"
            | "$id"
            | "$anchor"
            | "$dynamicAnchor"
            | "$recursiveAnchor"
            | "$ref"
            | "$dynamicRef"
            | "$recursiveRef"
            | "$defs"
            | "additionalItems"
            | "definitions"
            | "dependencies"
            | "required"
    )
}

/// Whether it is a file in the way of version 2.0.
pub(super) fn is_file_type(members: &Members) -> bool {
    members.get("type").and_then(Tree::as_str) == Some("file")
}

fn admits_null(members: &Members) -> bool {
    is_nullable(members) && members.get("type").is_some_and(Tree::is_string)
}

fn is_type_name(name: &str) -> bool {
    matches!(
        name,
        "array" | "boolean" | "integer" | "null" | "number" | "object" | "string"
    )
}

/// Whether all that `type` names are types, `file` of version 2.0 among them, or it is `null`, by
/// which some authors mean nothing.
fn is_type(value: &Tree) -> bool {
    let is_known = |one: &Tree| one.as_str().is_some_and(is_type_name);
    match value {
        Tree::String(name) => name == "file" || is_type_name(name),
        Tree::Array(names) => names.iter().all(is_known),
        Tree::Null => true,
        _ => false,
    }
}

fn write_type(value: &Tree, is_nullable: bool, object: &mut ObjectText<'_>) {
    let known = is_type_name;
    match value {
        Tree::String(name) if name == "file" => {
            object.member("type").string("string");
            object.member("format").string("binary");
        }
        Tree::String(name) if known(name) => {
            let out = object.member("type");
            if is_nullable && name != "null" {
                out.push("[");
                out.string(name);
                out.push(",\"null\"]");
            } else {
                out.string(name);
            }
        }
        Tree::Array(names) => {
            let mut types: Vec<&str> = Vec::new();
            for name in names.iter().filter_map(Tree::as_str) {
                if known(name) && !types.contains(&name) {
                    types.push(name);
                }
            }
            if is_nullable && !types.is_empty() && !types.contains(&"null") {
                types.push("null");
            }
            if !types.is_empty() {
                let types: Tree = types.into_iter().map(Tree::from).collect();
                object.member("type").tree(&types);
            }
        }
        _ => {}
    }
}

fn write_enum(options: &[Tree], admits_null: bool, object: &mut ObjectText<'_>) {
    let out = object.member("enum");
    out.push("[");
    for (index, option) in options.iter().enumerate() {
        if index > 0 {
            out.push(",");
        }
        out.tree(option);
    }
    if admits_null && !options.contains(&Tree::Null) {
        out.push(",null");
    }
    out.push("]");
}

fn write_required(names: &[Tree], hidden: &HashSet<&str>, object: &mut ObjectText<'_>) {
    let mut seen: HashSet<&str> = HashSet::new();
    let names = names.iter().filter_map(Tree::as_str);
    let names = names.filter(|name| !hidden.contains(name) && seen.insert(name));
    let names: Vec<&str> = names.collect();
    let out = object.member("required");
    out.push("[");
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.push(",");
        }
        out.string(name);
    }
    out.push("]");
}

/// The values of named examples (`OpenAPI` 3.0 taught people to write them into schemas).
fn write_examples(named: &Members, out: &mut Fragment) {
    out.push("[");
    for (index, example) in named.values().enumerate() {
        if index > 0 {
            out.push(",");
        }
        out.tree(example.get("value").unwrap_or(example));
    }
    out.push("]");
}
