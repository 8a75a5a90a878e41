use super::*;
use crate::openapi::api::{Location, SecurityRequirement, SecurityScheme};

#[test]
fn references_into_other_documents_are_asked_for_until_nothing_is_missing() {
    let root = document(
        &json!({
            "/pets": {"$ref": "paths/pets.yaml#/pets"},
            "/broken": {"get": {"operationId": "broken", "parameters": [
                {"$ref": "gone.json#/parameter"}
            ]}},
            "/fine": {"get": {"operationId": "fine"}}
        }),
        &json!({}),
    );
    let mut documents = documents(&root);
    let texts = |urls: Vec<Url>| urls.into_iter().map(String::from).collect::<Vec<_>>();
    assert_eq!(
        texts(documents.missing_references()),
        [
            "https://example.com/api/paths/pets.yaml",
            "https://example.com/api/gone.json"
        ]
    );
    documents.add_failure(url("https://example.com/api/gone.json"), "404 Not Found");
    let pets = b"pets: {get: {operationId: pets, parameters: [{name: p, in: query, schema: {$ref: '../pet.json'}}]}}";
    let pets = parse(pets, &Limits::default()).unwrap();
    documents.add(url("https://example.com/api/paths/pets.yaml"), pets);
    assert_eq!(
        texts(documents.missing_references()),
        ["https://example.com/api/pet.json"]
    );
    let pet = json!({"type": "object", "properties": {"parent": {"$ref": "#"}}});
    documents.add(url("https://example.com/api/pet.json"), parsed(&pet));
    assert!(documents.missing_references().is_empty());
    let api = read(&documents, &ReadOptions::default()).unwrap();
    assert_eq!(
        api.warnings,
        [(
            "GET /broken".to_owned(),
            "the operation was left out: it refers to \"gone.json#/parameter\", which can't be \
             read: 404 Not Found"
                .to_owned()
        )]
    );
    assert_eq!(
        definition(&api.operations[0])["inputSchema"],
        json!({
            "type": "object",
            "properties": {"p": {"$ref": "#/$defs/pet"}},
            "additionalProperties": false,
            "$defs": {"pet": {
                "type": "object", "properties": {"parent": {"$ref": "#/$defs/pet"}}
            }}
        })
    );
}

#[test]
fn a_document_may_say_where_it_is() {
    let mut root = one(&body(&json!({"$ref": "pet.json"}), true), &json!({}));
    root["$self"] = "https://other.example/v1/openapi.json".into();
    assert_eq!(
        documents(&root).missing_references(),
        [url("https://other.example/v1/pet.json")]
    );
}

#[test]
fn one_bad_operation_takes_nothing_else_down() {
    let paths = json!({
        "/a": {"get": {"operationId": "circle", "parameters": [{"$ref": "#/components/parameters/a"}]}},
        "/b": {"get": {"operationId": "nowhere", "parameters": [
            {"name": "x", "in": "query", "schema": {"$ref": "#/components/schemas/None"}}
        ]}},
        "/c": {"get": {"operationId": "odd", "parameters": [{"name": "x", "in": "body"}]}},
        "/d": {"$ref": "#/paths/~1e"},
        "/e": {"$ref": "#/paths/~1d"},
        "f": {"get": {}},
        "/g": {"get": {"operationId": "fine", "responses": {"200": {"$ref": "#/none"}}}}
    });
    let components = json!({"parameters": {
        "a": {"$ref": "#/components/parameters/b"}, "b": {"$ref": "#/components/parameters/a"}
    }});
    let api = api(&document(&paths, &components));
    let names: Vec<&str> = api.operations.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["fine"]);
    let warnings = api.warnings.iter();
    let warnings = warnings.map(|(about, message)| format!("{about}: {message}"));
    insta::assert_snapshot!(warnings.collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_is_misspelt_is_told_with_its_place_and_what_was_probably_meant() {
    let form = json!({"requestBody": {"content": {"application/x-www-form-urlencoded": {
        "schema": {"properties": {"a": {"type": "array"}}},
        "encoding": {"a": {"style": "spacedelimited"}}
    }}}});
    let paths = json!({
        "/pets": {"$ref": "#/components/pathItems/Pets"},
        "/animals": {"$ref": "#/components/pathItems/Pets"},
        "/a~b": {"get": {"operationId": "styles", "parameters": [
            {"name": "x", "in": "query", "style": "pipedelimited"},
            {"name": "y", "in": "query", "style": 5},
            {"name": "z", "in": "query", "style": "pipeDelimited"}
        ]}, "post": form},
        "/in": {
            "get": {"parameters": [{"name": "x", "in": "qeury"}]},
            "put": {"parameters": [{"name": "x"}]}
        }
    });
    let components = json!({"pathItems": {"Pets": {
        "gett": {}, "paramters": [], "whatever": 1, "x-more": {}, "summary": "s", "get": {}
    }}});
    let told = |document: &Value| {
        let warnings = api(document).warnings.into_iter();
        let warnings = warnings.map(|(about, message)| format!("{about}: {message}"));
        warnings.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(told(&document(&paths, &components)));
    let old = json!({"swagger": "2.0", "paths": {"/a": {"get": {"parameters": [
        {"name": "x", "in": "query", "type": "array", "collectionFormat": "pipe"},
        {"name": "y", "in": "query", "type": "array", "collectionFormat": "pipes"}
    ]}}}});
    assert_eq!(
        told(&old),
        "get_a: `collectionFormat` can't be \"pipe\" and is ignored, at \
         #/paths/~1a/get/parameters/0/collectionFormat; did you mean `pipes`?"
    );
}

#[test]
fn only_what_is_no_document_at_all_is_an_error() {
    let refused = |document: Value| {
        read(&documents(&document), &ReadOptions::default())
            .unwrap_err()
            .to_string()
    };
    let errors = [
        json!([]),
        json!({"a": 1}),
        json!({"swaggerVersion": "1.2"}),
        json!({"openapi": "4.0.0"}),
    ]
    .map(refused);
    insta::assert_snapshot!(errors.join("\n"));
    assert!(api(&json!({"openapi": "3.1.0"})).operations.is_empty());
}

#[test]
fn a_version_that_is_not_known_yet_is_told() {
    let told = |version: Value| {
        let mut document = document(&json!({"/a": {"get": {}}}), &json!({}));
        document["openapi"] = version;
        let api = api(&document);
        assert_eq!(api.operations.len(), 1);
        api.warnings
    };
    for version in [json!("3.9.0"), json!("3.10"), json!(3.3)] {
        let said = version.as_str().map_or(version.to_string(), str::to_owned);
        assert_eq!(
            told(version),
            [(
                "document".to_owned(),
                format!("`openapi` is {said:?}, which is not known: this is read as 3.2")
            )]
        );
    }
    for version in [
        json!("3.0.4"),
        json!("3.1.1"),
        json!("3.2.0"),
        json!(3.1),
        json!("3.2"),
    ] {
        assert_eq!(told(version.clone()), [], "{version}");
    }
}

#[test]
fn servers_are_filled_in_and_overridden() {
    let mut all = document(
        &json!({
            "/a": {"servers": [{"url": "https://a.example"}], "get": {}},
            "/b": {"get": {"servers": [{"url": "/b"}]}},
            "/c": {"get": {}}
        }),
        &json!({}),
    );
    all["servers"] = json!([{"url": "https://{region}.example/{base}", "variables": {
        "region": {"enum": ["eu", "us"]}, "base": {"default": "v1"}
    }}]);
    let read = api(&all);
    assert_eq!(read.server.as_deref(), Some("https://eu.example/v1"));
    let servers: Vec<Option<&str>> = read
        .operations
        .iter()
        .map(|one| one.server.as_deref())
        .collect();
    assert_eq!(servers, [Some("https://a.example"), Some("/b"), None]);
    for (members, server) in [
        (
            json!({"host": "h.example", "basePath": "/v1", "schemes": ["ws", "http", "https"]}),
            Some("https://h.example/v1"),
        ),
        (json!({"host": "h.example"}), Some("//h.example")),
        (json!({"basePath": "v1"}), Some("/v1")),
        (json!({}), None),
    ] {
        let mut document = members;
        document["swagger"] = "2.0".into();
        assert_eq!(api(&document).server.as_deref(), server);
    }
}

#[test]
fn security_is_read_as_sets_of_schemes() {
    let mut all = document(
        &json!({"/a": {"get": {}}, "/b": {"get": {"security": []}},
                "/c": {"get": {"security": [{"key": [], "oauth": ["read"]}, {}]}}}),
        &json!({"securitySchemes": {
            "basic": {"type": "http", "scheme": "Basic"},
            "key": {"type": "apiKey", "in": "cookie", "name": "k"},
            "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/token"}}},
            "odd": {"type": "magic"}
        }}),
    );
    all["security"] = json!([{"basic": []}]);
    let api = api(&all);
    assert_eq!(
        api.security_schemes.into_iter().collect::<Vec<_>>(),
        [
            (
                "basic".to_owned(),
                SecurityScheme::Http {
                    scheme: "basic".to_owned()
                }
            ),
            (
                "key".to_owned(),
                SecurityScheme::ApiKey {
                    location: Location::Cookie,
                    name: "k".to_owned(),
                }
            ),
            ("oauth".to_owned(), SecurityScheme::OAuth2),
        ]
    );
    let needs = |scheme: &str| SecurityRequirement {
        scheme: scheme.to_owned(),
    };
    let security: Vec<_> = api.operations.into_iter().map(|one| one.security).collect();
    assert_eq!(security[0], [vec![needs("basic")]]);
    assert!(security[1].is_empty());
    assert_eq!(security[2], [vec![needs("key"), needs("oauth")], vec![]]);
}

#[test]
fn what_is_taken_for_a_document_by_mistake_is_called_what_it_is() {
    let page = "<!DOCTYPE html>\n<html>\n<head><title>API</title></head>\n<body></body>\n</html>\n";
    for (text, what) in [
        ("", "empty"),
        ("\n", "empty"),
        (page, "HTML"),
        ("[]", "no object"),
    ] {
        let parsed = parse(text.as_bytes(), &Limits::default()).unwrap();
        let documents = Documents::new(url("https://api.example/docs"), parsed);
        let error = read(&documents, &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().contains(what), "{text:?}: {error}");
    }
}

#[test]
fn an_operation_that_is_none_is_told() {
    let paths = json!({"/a": {"get": "hello", "post": {"operationId": "x"}, "summary": "s"}});
    let api = read(
        &documents(&document(&paths, &json!({}))),
        &ReadOptions::default(),
    )
    .unwrap();
    assert_eq!(api.operations.len(), 1);
    let (about, message) = &api.warnings[0];
    assert_eq!(about, "GET /a");
    assert!(message.contains("no object"), "{message}");
}

#[test]
fn further_documents_add_to_the_first() {
    let first = document(&json!({"/a": {"get": {"operationId": "x"}}}), &json!({}));
    let mut second = document(
        &json!({"/a": {"get": {}}, "/b": {"get": {"operationId": "y"}}}),
        &json!({}),
    );
    second["servers"] = json!([{"url": "/v2"}]);
    let mut documents = documents(&first);
    documents.add_root(url("https://other.example/openapi.json"), parsed(&second));
    let api = read(&documents, &ReadOptions::default()).unwrap();
    let found: Vec<(&str, Option<&str>)> = api
        .operations
        .iter()
        .map(|one| (one.name.as_str(), one.document_server.as_deref()))
        .collect();
    assert_eq!(
        found,
        [("x", None), ("y", Some("https://other.example/v2"))]
    );
    assert_eq!(api.warnings.len(), 1);
}

/// All schemas hold with all others, and so with themselves, and demand each of them.
#[test]
fn schemas_that_hold_each_other_end() {
    let names: Vec<String> = (0..100).map(|index| format!("s{index}")).collect();
    let all: Vec<Value> = names
        .iter()
        .map(|name| json!({"$ref": format!("#/components/schemas/{name}")}))
        .collect();
    let members: Value = names
        .iter()
        .zip(&all)
        .map(|(name, reference)| (name.clone(), reference.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for schema in [
        json!({"allOf": all}),
        json!({"oneOf": all}),
        json!({"properties": {"a": {}}, "allOf": all}),
        json!({"type": "object", "properties": members, "required": names}),
    ] {
        let schemas = names.iter().map(|name| (name.clone(), schema.clone()));
        let schemas: serde_json::Map<_, _> = schemas.collect();
        let mut operation = body(&all[0], true);
        operation["responses"] = json!({"200": {"description": "", "content":
            {"application/json": {"schema": all[1]}}}});
        let api = api(&one(&operation, &json!({"schemas": schemas})));
        assert_eq!(api.operations.len(), 1, "{:?}", api.warnings);
        assert!(format!("{:?}", api.prompts[0].pieces).len() < 200_000);
    }
}

#[test]
fn documents_that_take_no_end_of_steps_lose_what_takes_them() {
    let properties = (0..5_000).map(|index| (format!("p{index}"), json!({})));
    let properties: serde_json::Map<_, _> = properties.collect();
    let parts = vec![json!({"$ref": "#/components/schemas/big"}); 5_000];
    let parts: Vec<Value> = parts
        .into_iter()
        .map(|part| json!({"properties": {}, "allOf": [part]}))
        .collect();
    let bad = body(&json!({"type": "array", "prefixItems": parts}), true);
    let paths = json!({"/a": {"get": {"operationId": "a"}}, "/b": {"post": bad}});
    let components = json!({"schemas": {"big": {"properties": properties}}});
    let api = api(&document(&paths, &components));
    assert_eq!(api.operations.len(), 1);
    assert_eq!(
        api.warnings,
        [(
            "POST /b".to_owned(),
            "the operation was left out: it takes more than 20000000 steps to read the API: its \
             schemas hold each other too many times"
                .to_owned()
        )]
    );
}

#[test]
fn what_would_make_a_schema_too_large_may_be_anything() {
    let text = "x".repeat(400_000);
    let schema = |next: &str| {
        json!({"type": "object", "description": text, "properties":
            {"next": {"$ref": format!("#/components/schemas/{next}")}}})
    };
    let components = json!({"schemas": {
        "a": schema("b"), "b": schema("c"), "c": schema("d"), "d": schema("e"), "e": {}
    }});
    let document = one(
        &body(&json!({"$ref": "#/components/schemas/a"}), true),
        &components,
    );
    let api = api(&document);
    let tool = definition(&api.operations[0]);
    let definitions = &tool["inputSchema"]["$defs"];
    assert!(definitions["c"]["description"] == text.as_str());
    assert!(definitions["d"] == json!({}));
    assert_eq!(definitions.get("e"), None);
    let message =
        "its schema would have more than 1048576 bytes: what lies deeper in it may be anything";
    assert_eq!(api.warnings, [("t".to_owned(), message.to_owned())]);
}

#[test]
fn what_repeats_large_texts_is_left_out() {
    let large = json!({"example": "x".repeat(1_100_000)});
    let parameters: Vec<Value> = (0..10)
        .map(|index| {
            json!({"name": format!("p{index}"), "in": "query",
                "examples": {"a": {"$ref": "#/components/examples/a"}}})
        })
        .collect();
    let components = json!({"examples": {"a": {"value": "x".repeat(900_000)}}});
    let mut operation = body(&large, true);
    operation["operationId"] = "whole".into();
    let paths = json!({
        "/a": {"get": {"operationId": "a"}},
        "/b": {"post": operation},
        "/c": {"get": {"parameters": parameters}},
        "/".repeat(9_000): {"get": {}}
    });
    let api = api(&document(&paths, &components));
    assert_eq!(api.operations.len(), 1);
    let messages: Vec<&str> = api.warnings.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the path was left out: it has more than 8192 bytes",
            "the operation was left out: its schema has more than 1048576 bytes",
            "the operation was left out: its schema has more than 1048576 bytes",
        ]
    );
}

#[test]
fn tools_that_are_too_large_together_are_left_out() {
    let large = json!({"schemas": {"a": {"type": "object", "title": "x".repeat(1_000_000)}}});
    let operation = json!({"responses": {"200": {"description": "", "content":
        {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/a"}}}}}}});
    let paths = (0..300).map(|index| (format!("/a{index}"), json!({"get": operation})));
    let paths: serde_json::Map<_, _> = paths.collect();
    let api = api(&document(&paths.into(), &large));
    assert_eq!(api.operations.len(), 268);
    assert_eq!(api.warnings.len(), 32);
    assert_eq!(
        api.warnings[0].1,
        "the operation was left out: all tools have 268435456 bytes already"
    );
}

#[test]
fn documents_that_are_too_large_together_are_left_out() {
    let root = document(
        &json!({"/a": {"$ref": "a.json"}, "/b": {"$ref": "b.json"}}),
        &json!({}),
    );
    let mut documents = documents(&root);
    let item = json!({"get": {}, "x-many": vec![0; 4_500_000]});
    documents.add(url("https://example.com/api/a.json"), parsed(&item));
    documents.add(url("https://example.com/api/b.json"), parsed(&item));
    assert!(documents.missing_references().is_empty());
    let api = read(&documents, &ReadOptions::default()).unwrap();
    assert_eq!(api.operations.len(), 1);
    let message = "the path was left out: it refers to \"b.json\", which can't be read: all \
                   documents of the API have more than 8000000 values or 268435456 bytes with it";
    assert_eq!(api.warnings, [("/b".to_owned(), message.to_owned())]);
}

#[test]
fn nothing_takes_the_place_of_a_document_by_its_name() {
    let operation = json!({"get": {"operationId": "t", "parameters": [
        {"name": "p", "in": "query", "schema": {"$ref": "#/components/schemas/real"}},
        {"name": "q", "in": "query", "schema": {"$ref": "other.json#/schemas/x"}}
    ]}});
    let read_with = |version: &str, members: Value, file: Value| {
        let mut schemas = json!({"real": {"type": "integer"}});
        schemas["false"] = members;
        let mut root = document(&json!({"/t": operation}), &json!({"schemas": schemas}));
        root["openapi"] = version.into();
        let mut documents = documents(&root);
        let other = url("https://example.com/api/other.json");
        assert_eq!(documents.missing_references(), std::slice::from_ref(&other));
        documents.add(other, parsed(&file));
        let api = read(&documents, &ReadOptions::default()).unwrap();
        assert_eq!(api.operations.len(), 1, "{version}: {:?}", api.warnings);
        definition(&api.operations[0])["inputSchema"]["$defs"].take()
    };
    let file = json!({"schemas": {"x": {"type": "string"}}});
    let expected = json!({"real": {"type": "integer"}, "x": {"type": "string"}});
    for id in [
        "openapi.json",
        "https://example.com/api/openapi.json",
        "#",
        "",
    ] {
        let members = json!({"$id": id, "properties": {"a": {"$id": "other.json"}}});
        assert_eq!(read_with("3.0.3", members.clone(), file.clone()), expected);
        let members = json!({"$id": id});
        assert_eq!(read_with("3.1.0", members, file.clone()), expected);
    }
    let named = json!({"$self": "openapi.json", "schemas": {"x": {"type": "string"}}});
    assert_eq!(read_with("3.2.0", json!({}), named), expected);
}

#[test]
fn an_id_that_is_a_fragment_is_an_anchor() {
    let schemas = json!({"schemas": {
        "a": {"$id": "#first", "type": "string"},
        "b": {"$id": "#first", "type": "integer"}
    }});
    let document = one(
        &body(&json!({"type": "array", "items": {"$ref": "#first"}}), true),
        &schemas,
    );
    assert_eq!(
        input(&document)["$defs"],
        json!({"first": {"type": "string"}})
    );
}

#[test]
fn a_tunnel_is_no_tool() {
    let item =
        json!({"trace": {}, "additionalOperations": {"CONNECT": {}, "Connect": {}, "LINK": {}}});
    let api = api(&document(&json!({"/a": item}), &json!({})));
    let methods: Vec<&str> = api
        .operations
        .iter()
        .map(|one| one.method.as_str())
        .collect();
    assert_eq!(methods, ["TRACE", "LINK"]);
    let message = "the operation was left out: CONNECT asks for a tunnel, not for an answer";
    assert_eq!(
        api.warnings[0],
        ("CONNECT /a".to_owned(), message.to_owned())
    );
}

#[test]
fn no_more_others_are_referred_to_than_can_be_fetched_and_the_rest_is_told_of() {
    let operation = |number: usize| {
        json!({"get": {"parameters": [
            {"$ref": format!("parts/{number}.json#/parameter")},
            {"$ref": "#/components/parameters/p"}
        ]}})
    };
    let paths = (0..1005).map(|number| (format!("/{number}"), operation(number)));
    let paths: serde_json::Map<String, Value> = paths.collect();
    let parameter = json!({"name": "p", "in": "query", "schema": {"type": "string"}});
    let root = document(&paths.into(), &json!({"parameters": {"p": parameter}}));
    let mut documents = documents(&root);
    let missing = documents.missing_references();
    assert_eq!(missing.len(), 1000);
    for url in missing {
        documents.add(url, parsed(&json!({"parameter": parameter})));
    }
    assert!(documents.missing_references().is_empty());
    let api = read(&documents, &ReadOptions::default()).unwrap();
    assert_eq!(api.operations.len(), 1000);
    assert_eq!(api.warnings.len(), 6, "{:?}", api.warnings);
    assert!(
        api.warnings[0]
            .1
            .starts_with("the API's documents refer to more than 1000 others"),
        "{:?}",
        api.warnings[0]
    );
    assert_eq!(
        api.warnings[1],
        (
            "GET /1000".to_owned(),
            "the operation was left out: it refers to \"parts/1000.json#/parameter\", which was \
             not read: the API's documents refer to more than 1000 others"
                .to_owned()
        )
    );
}

#[test]
fn schemas_that_name_themselves_are_not_counted_as_other_documents() {
    let schema = |number: usize| json!({"$id": format!("https://ids.example/{number}")});
    let schemas = (0..1100).map(|number| (format!("s{number}"), schema(number)));
    let schemas: serde_json::Map<String, Value> = schemas.collect();
    let paths = (0..1100).map(|number| {
        let schema = json!({"$ref": format!("https://ids.example/{number}")});
        let parameter = json!({"name": "p", "in": "query", "schema": schema});
        (
            format!("/{number}"),
            json!({"get": {"parameters": [parameter]}}),
        )
    });
    let paths: serde_json::Map<String, Value> = paths.collect();
    let document = document(&paths.into(), &json!({"schemas": schemas}));
    assert!(documents(&document).missing_references().is_empty());
    let api = api(&document);
    assert_eq!(api.operations.len(), 1100);
    assert_eq!(api.warnings, []);
}
