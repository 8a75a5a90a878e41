use super::*;
use crate::openapi::api::{Location, Serialization, Style};

#[test]
fn parameters_of_the_path_are_replaced_by_the_operations_own_and_those_of_http_are_ignored() {
    let document = document(
        &json!({"/pets/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "limit", "in": "query", "schema": {"type": "string"}},
                {"$ref": "#/components/parameters/trace"}
            ],
            "get": {
                "operationId": "get_pet",
                "parameters": [
                    {"name": "limit", "in": "query", "required": true, "description": "How many.",
                     "schema": {"type": "integer", "maximum": 1e2, "description": "A count."}},
                    {"name": "accept", "in": "header", "schema": {"type": "string"}},
                    {"name": "Content-Type", "in": "header", "schema": {"type": "string"}},
                    {"name": "AUTHORIZATION", "in": "header", "schema": {"type": "string"}}
                ]
            }
        }}),
        &json!({"parameters": {"trace": {
            "name": "X-Trace", "in": "header", "deprecated": true, "example": "a",
            "schema": {"$ref": "#/components/schemas/Trace"}
        }}, "schemas": {"Trace": {"type": "string", "minLength": 1}}}),
    );
    assert_eq!(
        input(&document),
        json!({
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "limit": {"description": "How many.", "type": "integer", "maximum": 1e2},
                "X-Trace": {"deprecated": true, "examples": ["a"], "$ref": "#/$defs/Trace"}
            },
            "required": ["id", "limit"],
            "additionalProperties": false,
            "$defs": {"Trace": {"type": "string", "minLength": 1}}
        })
    );
}

#[test]
fn styles_have_the_defaults_of_their_place() {
    let style = |style, explode| Serialization::Style {
        style,
        explode,
        allow_reserved: false,
    };
    for (parameter, location, expected) in [
        (
            json!({"in": "query"}),
            Location::Query,
            style(Style::Form, true),
        ),
        (
            json!({"in": "query", "explode": false}),
            Location::Query,
            style(Style::Form, false),
        ),
        (
            json!({"in": "header"}),
            Location::Header,
            style(Style::Simple, false),
        ),
        (
            json!({"in": "cookie"}),
            Location::Cookie,
            style(Style::Form, true),
        ),
        (
            json!({"in": "cookie", "style": "cookie"}),
            Location::Cookie,
            style(Style::Cookie, true),
        ),
        (
            json!({"in": "query", "style": "deepObject"}),
            Location::Query,
            style(Style::DeepObject, true),
        ),
        (
            json!({"in": "query", "style": "pipeDelimited"}),
            Location::Query,
            style(Style::PipeDelimited, false),
        ),
        (
            json!({"in": "query", "allowReserved": true}),
            Location::Query,
            Serialization::Style {
                style: Style::Form,
                explode: true,
                allow_reserved: true,
            },
        ),
        (
            json!({"in": "query", "content": {"text/plain": {}, "application/json": {}}}),
            Location::Query,
            Serialization::Content("application/json".to_owned()),
        ),
        (
            json!({"in": "querystring", "content": {"application/x-www-form-urlencoded": {}}}),
            Location::QueryString,
            Serialization::Content("application/x-www-form-urlencoded".to_owned()),
        ),
    ] {
        let mut parameter = parameter;
        parameter["name"] = "a".into();
        let operation = only(&one(&json!({"parameters": [parameter]}), &json!({})));
        let [parameter] = operation.parameters.as_slice() else {
            panic!("{operation:?}");
        };
        assert_eq!(parameter.location, location);
        assert_eq!(parameter.serialization, expected);
    }
}

#[test]
fn a_parameter_that_clashes_is_renamed_and_the_body_keeps_its_names() {
    let document = document(
        &json!({"/t/{id}": {"post": {
            "operationId": "t",
            "parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "both", "in": "query", "schema": {"type": "string"}},
                {"name": "both", "in": "header", "schema": {"type": "string"}},
                {"name": "own", "in": "cookie", "schema": {"type": "string"}},
                {"name": "both__query", "in": "query", "schema": {"type": "string"}}
            ],
            "requestBody": {"required": true, "content": {"application/json": {"schema": {
                "type": "object",
                "properties": {"id": {"type": "integer"}},
                "required": ["id"]
            }}}}
        }}}),
        &json!({}),
    );
    let operation = only(&document);
    let arguments = operation.parameters.iter().map(|one| one.argument.as_str());
    assert_eq!(
        arguments.collect::<Vec<_>>(),
        [
            "id__path",
            "both__query_2",
            "both__header",
            "own",
            "both__query"
        ]
    );
    assert_eq!(input(&document)["required"], json!(["id__path", "id"]));
}

#[test]
fn a_parameter_that_is_called_as_a_body_that_is_one_argument_is_renamed() {
    let mut operation = body(&json!({"type": "array", "items": {"type": "string"}}), true);
    operation["parameters"] =
        json!([{"name": "body", "in": "query", "schema": {"type": "string"}}]);
    let document = one(&operation, &json!({}));
    assert_eq!(
        input(&document),
        json!({
            "type": "object",
            "properties": {
                "body__query": {"type": "string"},
                "body": {"type": "array", "items": {"type": "string"}}
            },
            "required": ["body"],
            "additionalProperties": false
        })
    );
    let operation = only(&document);
    assert_eq!(operation.parameters[0].argument, "body__query");
    assert_eq!(operation.parameters[0].name, "body");
}

#[test]
fn paths_that_differ_by_their_queries_are_operations_with_fixed_parameters() {
    let restype = json!({
        "name": "restype", "in": "query", "required": true,
        "schema": {"type": "string", "enum": ["container"]}
    });
    let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}});
    let comp = json!({"name": "comp", "in": "query", "schema": {"type": "string"}});
    let mut document = document(
        &json!({"/{id}": {"get": {"parameters": [id, comp]}}}),
        &json!({}),
    );
    document["x-ms-paths"] = json!({
        "/{id}?restype=container": {
            "parameters": [id, {"$ref": "#/components/parameters/restype"}],
            "get": {}
        },
        "/{id}?restype=container&comp={comp}#more": {"get": {"parameters": [id, restype, comp]}}
    });
    document["components"] = json!({"parameters": {"restype": restype}});
    let api = api(&document);
    assert_eq!(api.warnings, []);
    let seen = api.operations.iter().map(|one| {
        let arguments = one.parameters.iter().map(|one| one.argument.as_str());
        let arguments: Vec<&str> = arguments.collect();
        (one.name.as_str(), one.path.as_str(), arguments)
    });
    assert_eq!(
        seen.collect::<Vec<_>>(),
        [
            ("get_id", "/{id}", vec!["id", "comp"]),
            (
                "get_id_restype_container",
                "/{id}?restype=container",
                vec!["id"]
            ),
            (
                "get_id_restype_container_comp_comp_more",
                "/{id}?restype=container",
                vec!["id", "comp"]
            ),
        ]
    );
}

#[test]
fn x_ms_paths_lead_into_other_documents_as_paths_do() {
    let mut document = document(&json!({}), &json!({}));
    document["x-ms-paths"] = json!({"/a?b=c": {"$ref": "other.json#/a"}, "example": {"$ref": "x"}});
    let missing = documents(&document).missing_references();
    let missing: Vec<&str> = missing.iter().map(Url::as_str).collect();
    assert_eq!(missing[0], "https://example.com/api/other.json");
}

#[test]
fn a_variable_that_no_parameter_describes_is_an_argument_all_the_same() {
    let document = document(&json!({"/pets/{id}": {"get": {}}}), &json!({}));
    let api = api(&document);
    assert_eq!(
        definition(&api.operations[0])["inputSchema"],
        json!({
            "type": "object",
            "properties": {"id": {}},
            "required": ["id"],
            "additionalProperties": false
        })
    );
    assert_eq!(
        api.warnings,
        [(
            "get_pets_id".to_owned(),
            "no parameter describes the variable \"id\" of its path; any value is taken".to_owned()
        )]
    );
}

#[test]
fn collection_formats_are_styles() {
    let parameters: Vec<Value> = ["csv", "ssv", "tsv", "pipes", "multi"]
        .iter()
        .map(|format| {
            json!({"name": format, "in": "query", "type": "array", "collectionFormat": format,
                   "items": {"type": "string"}})
        })
        .collect();
    let document = json!({
        "swagger": "2.0",
        "paths": {"/t": {"get": {"parameters": parameters}}}
    });
    let operation = only(&document);
    let styles = operation
        .parameters
        .iter()
        .map(|one| match one.serialization {
            Serialization::Style { style, explode, .. } => (style, explode),
            Serialization::Content(_) => panic!("{one:?}"),
        });
    assert_eq!(
        styles.collect::<Vec<_>>(),
        [
            (Style::Form, false),
            (Style::SpaceDelimited, false),
            (Style::TabDelimited, false),
            (Style::PipeDelimited, false),
            (Style::Form, true),
        ]
    );
    assert_eq!(
        input(&document)["properties"]["csv"],
        json!({"type": "array", "items": {"type": "string"}})
    );
}

#[test]
fn a_parameter_of_version_2_that_is_described_as_later_ones_is_understood() {
    let document = json!({
        "swagger": "2.0",
        "paths": {"/t": {"get": {"parameters": [
            {"name": "free", "in": "query", "style": "form", "explode": true,
             "schema": {"type": "object", "additionalProperties": {"type": "string"}}},
            {"name": "X-List", "in": "header",
             "schema": {"type": "array", "items": {"type": "string"}}}
        ]}}}
    });
    let operation = only(&document);
    let serializations = operation.parameters.iter().map(|one| &one.serialization);
    let style = |style, explode| Serialization::Style {
        style,
        explode,
        allow_reserved: false,
    };
    assert_eq!(
        serializations.collect::<Vec<_>>(),
        [&style(Style::Form, true), &style(Style::Simple, false)]
    );
    assert_eq!(
        input(&document)["properties"],
        json!({
            "free": {"type": "object", "additionalProperties": {"type": "string"}},
            "X-List": {"type": "array", "items": {"type": "string"}}
        })
    );
}

#[test]
fn headers_of_the_connection_are_no_arguments() {
    let operation = json!({"parameters": [
        {"name": "host", "in": "header", "required": true, "schema": {"type": "string"}},
        {"name": "Content-Length", "in": "header", "required": true, "schema": {"type": "integer"}},
        {"name": "Host", "in": "query", "required": true, "schema": {"type": "string"}}
    ]});
    let document = one(&operation, &json!({}));
    assert_eq!(
        input(&document),
        json!({
            "type": "object",
            "properties": {"Host": {"type": "string"}},
            "required": ["Host"],
            "additionalProperties": false
        })
    );
    let api = api(&document);
    assert_eq!(api.warnings.len(), 2);
    assert_eq!(
        api.warnings[0].1,
        "the header parameter \"host\" is ignored: it belongs to the connection"
    );
}

#[test]
fn whole_numbers_outside_of_json_are_known() {
    let parameter =
        |name: &str, schema: Value| json!({"name": name, "in": "query", "schema": schema});
    let operation = json!({
        "parameters": [
            parameter("plain", json!({"$ref": "#/components/schemas/Count"})),
            parameter("optional", json!({"anyOf": [{"type": "integer"}, {"type": "null"}]})),
            parameter("nullable", json!({"type": ["integer", "null"]})),
            parameter("list", json!({"type": "array", "items": {"type": "integer"}})),
            parameter("number", json!({"type": "number"})),
            parameter("either", json!({"type": ["integer", "string"]})),
            {"name": "json", "in": "query", "content": {"application/json": {"schema": {"type": "integer"}}}}
        ],
        "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {
            "type": "object", "properties": {"member": {"type": "integer"}, "text": {"type": "string"}}
        }}}}
    });
    let components = json!({"schemas": {"Count": {"type": "integer"}}});
    let integers = only(&one(&operation, &components)).integers;
    let mut names: Vec<&str> = integers.iter().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["list", "member", "nullable", "optional", "plain"]);
    let body = body(
        &json!({"type": "object", "properties": {"a": {"type": "integer"}}}),
        true,
    );
    assert!(only(&one(&body, &json!({}))).integers.is_empty());
}
