//! What an API offers, as a catalog.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::json;

use super::{api::Known, changes::Changes};
use crate::{
    gateway::{Catalog, Tool, ToolOverride, Warning, catalog::beginning},
    json::Raw,
    mcp::{
        STATELESS_VERSION,
        client::{Capabilities, ListCapability},
    },
    schema::Defaults,
    upstream::session::{read_prompts, read_tools},
};

/// So many warnings of a document are kept.
const MOST_WARNINGS: usize = 100;

/// So many characters of a document's description are kept as instructions.
const LONGEST_INSTRUCTIONS: usize = 20_000;

/// The catalog, with what the config changes of its tools, by the names that the document gives
/// them.
pub(super) fn catalog(
    known: &Known,
    revision: u64,
    overrides: &IndexMap<String, Arc<ToolOverride>>,
    changes: &Changes,
) -> Catalog {
    let definitions: Vec<Raw> = known
        .operations
        .iter()
        .map(|prepared| prepared.operation.definition.clone())
        .collect();
    let (mut tools, found) = read_tools(&definitions, Vec::new(), overrides, Tool::read_made);
    for tool in &mut tools {
        tool.defaults = Defaults::Leave;
        let prepared = known.operation(&tool.upstream_name);
        tool.responses = prepared.and_then(|it| it.operation.responses.clone());
    }
    let mut warnings: Vec<Warning> = known
        .warnings
        .iter()
        .take(MOST_WARNINGS)
        .cloned()
        .map(|(about, message)| Warning { about, message }.cut())
        .collect();
    let more = known.warnings.len().saturating_sub(MOST_WARNINGS);
    if more > 0 {
        warnings.push(Warning {
            about: "spec".to_owned(),
            message: format!("{more} more warnings about the document are not listed"),
        });
    }
    warnings.extend(found);
    let api = &known.api;
    let prompts = changes.prompts(known);
    let prompts: Vec<Raw> = prompts.map(|it| it.definition.clone()).collect();
    let prompts = read_prompts(&prompts, &mut warnings);
    let has_resources = changes.resources(known).next().is_some();
    let of = |is_template| {
        let resources = changes.resources(known);
        let those = resources.filter(move |resource| resource.is_template == is_template);
        those
            .map(|resource| resource.definition.clone())
            .collect::<Vec<Raw>>()
    };
    let mut catalog = Catalog::with_tools(tools, warnings);
    catalog.revision = revision;
    catalog.server_name.clone_from(&api.title);
    catalog.server_version.clone_from(&api.version);
    let description = api.description.as_deref();
    catalog.instructions = description.map(|text| beginning(text, LONGEST_INSTRUCTIONS));
    let version = api.version.as_deref().unwrap_or_default();
    // No `title` beside it: clients would show that one, and not the name that the config gives.
    let name = changes.server_name.as_ref().or(api.title.as_ref());
    catalog.server_info =
        name.map(|name| Raw::from_value(&json!({"name": name, "version": version})));
    let changes = ListCapability {
        list_changed: true,
        subscribe: false,
    };
    let has_prompts = !prompts.is_empty();
    let has_arguments = has_prompts || has_resources;
    let listed = Raw::from_static(r#"{"listChanged":true}"#);
    let declared = [
        ("tools", true, &listed),
        ("prompts", has_prompts, &listed),
        ("resources", has_resources, &listed),
        ("completions", has_arguments, &Raw::from_static("{}")),
    ]
    .iter()
    .filter(|(_, is_offered, _)| *is_offered)
    .map(|(name, _, value)| format!(r#""{name}":{}"#, value.get()))
    .collect::<Vec<_>>()
    .join(",");
    catalog.capabilities = Capabilities {
        tools: Some(changes.clone()),
        prompts: has_prompts.then(|| changes.clone()),
        resources: has_resources.then_some(changes),
        completions: has_arguments.then_some(serde::de::IgnoredAny),
        ..Capabilities::default()
    };
    catalog.declared = Some(Raw::assume_valid(format!("{{{declared}}}").into()));
    catalog.is_stateless = true;
    catalog.protocol_version = STATELESS_VERSION.into();
    catalog.prompts = prompts;
    catalog.resources = of(false);
    catalog.resource_templates = of(true);
    catalog
}

#[cfg(test)]
mod tests {
    use reqwest::Url;

    use super::*;
    use crate::openapi::{
        api::{Api, ReadOptions},
        read::{Documents, Limits, parse, read},
    };

    #[test]
    fn the_config_may_name_the_server_in_place_of_the_documents_title() {
        let info = |title: Option<&str>, name: Option<&str>| {
            let api = Api {
                title: title.map(str::to_owned),
                version: Some("2".to_owned()),
                ..Api::default()
            };
            let known = Known::new(api, |_| Err(String::new()), Vec::new());
            let changes = Changes {
                server_name: name.map(str::to_owned),
                ..Changes::default()
            };
            let made = catalog(&known, 1, &IndexMap::new(), &changes);
            made.server_info.map(|info| info.get().to_owned())
        };
        let both = r#"{"name":"mine","version":"2"}"#;
        assert_eq!(info(Some("Pets"), Some("mine")).as_deref(), Some(both));
        let own = r#"{"name":"Pets","version":"2"}"#;
        assert_eq!(info(Some("Pets"), None).as_deref(), Some(own));
        assert_eq!(info(None, None), None);
    }

    #[test]
    fn warnings_and_instructions_are_bounded() {
        let long = "é".repeat(30_000);
        let api = Api {
            description: Some(long.clone()),
            ..Api::default()
        };
        let warnings = vec![("x".to_owned(), long); 150];
        let known = Known::new(api, |_| Err(String::new()), warnings);
        let made = catalog(&known, 1, &IndexMap::new(), &Changes::default());
        assert_eq!(made.warnings.len(), 101);
        assert_eq!(made.warnings[0].message.chars().count(), 501);
        assert!(made.warnings[100].message.starts_with("50 more"));
        assert_eq!(made.instructions.unwrap().chars().count(), 20_001);
    }

    #[test]
    fn another_answer_is_another_offer() {
        let made = |description: &str, kind: &str| {
            let document = json!({
                "openapi": "3.1.0",
                "info": {"title": "t", "version": "1"},
                "paths": {"/a": {"get": {"operationId": "a", "responses": {
                    "404": {"description": description, "content": {"application/json": {
                        "schema": {"$ref": "#/components/schemas/Error"}
                    }}}
                }}}},
                "components": {"schemas": {"Error": {"type": kind}}}
            });
            let parsed = parse(document.to_string().as_bytes(), &Limits::default()).unwrap();
            let documents = Documents::new(Url::parse("https://example.com").unwrap(), parsed);
            let api = read(&documents, &ReadOptions::default()).unwrap();
            let known = Known::new(api, |_| Err(String::new()), Vec::new());
            catalog(&known, 1, &IndexMap::new(), &Changes::default())
        };
        let first = made("Gone.", "string");
        assert!(first.tool("a").unwrap().responses.is_some());
        assert!(first.offers_the_same_as(&made("Gone.", "string")));
        assert!(!first.offers_the_same_as(&made("Lost.", "string")));
        assert!(!first.offers_the_same_as(&made("Gone.", "object")));
    }
}
