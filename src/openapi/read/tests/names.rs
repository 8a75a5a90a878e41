use super::*;
use crate::openapi::api::{ApiPrompt, OperationFilter, PromptPiece};

fn names(api: &Api) -> Vec<&str> {
    api.operations.iter().map(|one| one.name.as_str()).collect()
}

#[test]
fn names_fit_and_are_unique_whatever_the_order() {
    let long = "x".repeat(70);
    let paths = json!({
        "/pets": {"get": {"operationId": "list pets"}, "post": {"operationId": "list_pets"}},
        "/pets/{id}": {"get": {}, "delete": {"operationId": "repos/delete"}},
        "/pets/id": {"get": {}},
        "/twins/1": {"get": {"operationId": "twin"}},
        "/twins/2": {"get": {"operationId": "twin"}},
        "/long": {"get": {"operationId": long}}
    });
    let document = document(&paths, &json!({}));
    let read = api(&document);
    insta::assert_snapshot!(names(&read).join("\n"));
    let mut turned = document.clone();
    let paths = turned["paths"].as_object().unwrap().clone();
    turned["paths"] = paths.into_iter().rev().collect();
    let turned = api(&turned);
    let mut one = names(&read);
    let mut other = names(&turned);
    one.sort_unstable();
    other.sort_unstable();
    assert_eq!(one, other);
}

#[test]
fn operations_of_one_id_are_told_of_with_the_names_that_they_got() {
    let paths = json!({
        "/twins/1": {"get": {"operationId": "twin", "tags": ["a"]}},
        "/twins/2": {"post": {"operationId": "twin"}},
        "/single": {"get": {"operationId": "single"}}
    });
    let read = api(&document(&paths, &json!({})));
    let [(about, message)] = read.warnings.as_slice() else {
        panic!("{:?}", read.warnings);
    };
    let names = names(&read);
    assert_eq!(about, "twin");
    assert_eq!(
        *message,
        format!(
            "2 operations have this operationId, so each got a name of its own: GET /twins/1 is \
             {:?}, POST /twins/2 is {:?}; give each its own id",
            names[0], names[1]
        )
    );
    assert!(
        names[0].starts_with("twin_") && names[1].starts_with("twin_"),
        "{names:?}"
    );
    // Nobody is told of what nobody wants.
    let options = ReadOptions {
        exclude: vec![OperationFilter {
            operation_id: Some("twin".to_owned()),
            ..OperationFilter::default()
        }],
        ..ReadOptions::default()
    };
    let read = api_with(&document(&paths, &json!({})), &options);
    assert_eq!(read.warnings, []);
    let many = (0..12).map(|number| {
        let operation = json!({"get": {"operationId": "twin"}});
        (format!("/twins/{number}"), operation)
    });
    let many: serde_json::Map<String, Value> = many.collect();
    let read = api(&document(&many.into(), &json!({})));
    assert!(
        read.warnings[0].1.contains(", and 2 more; "),
        "{:?}",
        read.warnings
    );
}

#[test]
fn filters_choose_by_tag_method_path_and_id_and_change_no_name() {
    let paths = json!({
        "/pets": {"get": {"operationId": "a b", "tags": ["pets", "all"]},
                  "post": {"operationId": "a_b", "tags": ["pets"]}},
        "/admin/users": {"get": {"tags": ["admin"]}}
    });
    let filter = |json: Value| OperationFilter {
        tag: json["tag"].as_str().map(str::to_owned),
        method: json["method"].as_str().map(str::to_owned),
        path: json["path"].as_str().map(str::to_owned),
        operation_id: json["id"].as_str().map(str::to_owned),
    };
    let all = names(&api(&document(&paths, &json!({})))).len();
    assert_eq!(all, 3);
    for (include, exclude, expected) in [
        (json!([{"tag": "pets"}]), json!([]), vec!["GET", "POST"]),
        (
            json!([{"tag": "pets", "method": "get"}]),
            json!([]),
            vec!["GET"],
        ),
        (
            json!([]),
            json!([{"path": "/admin/*"}]),
            vec!["GET", "POST"],
        ),
        (json!([{"id": "a*"}]), json!([{"id": "a_b"}]), vec!["GET"]),
        (
            json!([{"tag": "p*"}, {"path": "/admin/users"}]),
            json!([{"method": "POST"}]),
            vec!["GET", "GET"],
        ),
    ] {
        let filters = |list: &Value| {
            list.as_array()
                .unwrap()
                .iter()
                .cloned()
                .map(filter)
                .collect()
        };
        let options = ReadOptions {
            include: filters(&include),
            exclude: filters(&exclude),
            ..ReadOptions::default()
        };
        let read = api_with(&document(&paths, &json!({})), &options);
        let methods: Vec<&str> = read
            .operations
            .iter()
            .map(|one| one.method.as_str())
            .collect();
        assert_eq!(methods, expected, "{include} {exclude}");
        assert!(read.operations.iter().all(|one| !one.name.is_empty()));
    }
    let only = ReadOptions {
        include: vec![filter(json!({"id": "a b"}))],
        ..ReadOptions::default()
    };
    let read = api_with(&document(&paths, &json!({})), &only);
    assert!(names(&read)[0].starts_with("a_b_"), "{:?}", names(&read));
}

#[test]
fn filters_that_nothing_fits_are_named_with_what_was_probably_meant() {
    let paths = json!({
        "/pets": {"get": {"operationId": "listPets", "tags": ["pets"]}},
        "/users": {"post": {"operationId": "addUser", "tags": ["users"]}}
    });
    let filter = |tag: Option<&str>, method: Option<&str>, id: Option<&str>| OperationFilter {
        tag: tag.map(str::to_owned),
        method: method.map(str::to_owned),
        operation_id: id.map(str::to_owned),
        path: None,
    };
    let read = |include: Vec<OperationFilter>, exclude: Vec<OperationFilter>| {
        let options = ReadOptions {
            include,
            exclude,
            ..ReadOptions::default()
        };
        let warnings = api_with(&document(&paths, &json!({})), &options).warnings;
        assert!(warnings.iter().all(|(about, _)| about == "operations"));
        let messages = warnings.into_iter().map(|(_, message)| message);
        messages.collect::<Vec<_>>()
    };
    assert_eq!(
        read(
            vec![
                filter(Some("pets"), None, None),
                filter(Some("user"), None, None)
            ],
            vec![
                filter(None, None, Some("listpets")),
                filter(None, Some("DELETE"), None)
            ]
        ),
        [
            r#"no operation fits the filter {"tag":"user"} of `include`; did you mean the tag "users"?"#,
            r#"no operation fits the filter {"operationId":"listpets"} of `exclude`; did you mean the operationId "listPets"?"#,
            r#"no operation fits the filter {"method":"DELETE"} of `exclude`"#,
        ]
    );
    // Each of its members fits something, but nothing fits both.
    assert_eq!(
        read(vec![filter(Some("pets"), Some("POST"), None)], Vec::new()),
        [
            r#"no operation fits the filter {"tag":"pets","method":"POST"} of `include`"#,
            "its filters leave none of the 2 operations of the document: there are no tools",
        ]
    );
    assert_eq!(
        read(Vec::new(), vec![filter(None, None, Some("*"))]),
        ["its filters leave none of the 2 operations of the document: there are no tools"]
    );
    assert!(read(vec![filter(Some("pets"), None, None)], Vec::new()).is_empty());
}

#[test]
fn a_document_without_paths_is_told_of_and_one_with_webhooks_alone_says_so() {
    let mut empty = document(&json!({}), &json!({}));
    let message = |document: &Value| {
        let warnings = api(document).warnings;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        warnings[0].1.clone()
    };
    assert_eq!(
        message(&empty),
        "it has no paths, and so there are no tools"
    );
    empty["webhooks"] = json!({"changed": {"post": {"responses": {}}}});
    assert!(message(&empty).starts_with("it has only webhooks, "));
    let mut both = documents(&document(&json!({"/a": {"get": {}}}), &json!({})));
    both.add_root(url("https://example.com/api/more.json"), parsed(&empty));
    let read = read(&both, &ReadOptions::default()).unwrap();
    assert_eq!(read.operations.len(), 1);
    assert!(
        read.warnings[0]
            .1
            .starts_with("document 2 of `spec` has only webhooks")
    );
}

#[test]
fn resources_are_what_can_be_got_by_its_path_alone() {
    let paths = json!({
        "/pets": {"get": {"operationId": "list", "summary": "All pets", "responses": {"200": {
            "content": {"text/csv": {}, "application/json": {}}
        }}}},
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true}],
            "get": {"operationId": "get"}, "delete": {}
        },
        "/search": {"get": {"parameters": [{"name": "q", "in": "query", "required": true}]}},
        "/odd/{a-b}": {"get": {"operationId": "odd"}}
    });
    let options = ReadOptions {
        resources: true,
        ..ReadOptions::default()
    };
    let api = api_with(&document(&paths, &json!({})), &options);
    let listed: Vec<Value> = api
        .resources
        .iter()
        .map(|one| serde_json::from_str(one.definition.get()).unwrap())
        .collect();
    assert_eq!(
        json!(listed),
        json!([
            {"uri": "api://pets/pets", "name": "list", "title": "All pets",
             "description": "All pets", "mimeType": "application/json"},
            {"uriTemplate": "api://pets/pets/{id}", "name": "get", "description": "GET /pets/{id}"}
        ])
    );
    assert!(api.warnings.iter().any(|(about, _)| about == "odd"));
}

#[test]
fn prompts_tell_how_a_tool_is_called_and_what_can_be_done_with_things() {
    let paths = json!({
        "/pets": {"get": {"operationId": "listPets", "summary": "List pets", "parameters": [
            {"name": "status", "in": "query", "required": true, "description": "Which\nones.",
             "schema": {"type": "string", "enum": ["sold", "new"]}},
            {"name": "limit", "in": "query", "schema": {"type": "integer"}}
        ]}},
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true,
                            "schema": {"type": "integer", "example": 7}}],
            "get": {"operationId": "getPet"},
            "patch": {"operationId": "updatePet"},
            "delete": {"operationId": "deletePet"}
        }
    });
    let api = api(&document(&paths, &json!({})));
    let names: Vec<&str> = api.prompts.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "listPets",
            "getPet",
            "updatePet",
            "deletePet",
            "manage_pets"
        ]
    );
    let shown = [&api.prompts[0], &api.prompts[4]]
        .map(|one| format!("{}\n\n{}", one.definition.get(), told(one)));
    insta::assert_snapshot!(shown.join("\n────\n"));
    let options = ReadOptions {
        prompts: false,
        ..ReadOptions::default()
    };
    assert!(
        api_with(&document(&paths, &json!({})), &options)
            .prompts
            .is_empty()
    );
}

/// The text of a prompt whose arguments are all given as their names.
fn told(prompt: &ApiPrompt) -> String {
    let pieces = prompt.pieces.iter().map(|piece| match piece {
        PromptPiece::Text(text) | PromptPiece::Tool(text) => text.clone(),
        PromptPiece::Given { heading, lines } => {
            let lines = lines
                .iter()
                .map(|(label, name)| format!("{label}<{name}>\n"));
            format!("{heading}{}", lines.collect::<String>())
        }
    });
    pieces.collect()
}

#[test]
fn braces_in_a_documents_own_words_stay_in_prompts() {
    let operation = json!({"operationId": "send", "summary": "Sends {{name}}", "parameters": [
        {"name": "name", "in": "query", "schema": {"type": "string"}, "example": "{{name}} {{"}
    ]});
    let api = api(&document(&json!({"/t": {"get": operation}}), &json!({})));
    let prompt = &api.prompts[0];
    let told = told(prompt);
    assert_eq!(told.matches("{{name}}").count(), 2, "{told}");
    assert!(told.contains("\n- name: <name>\n"), "{told}");
}
