use std::time::Duration;

use reqwest::{
    Url,
    header::{HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

use super::*;
use crate::{
    gateway::{
        Activity, Caller, Identity, Lease, Members, Prompt, Server, Tool, ToolNames, Wishes,
    },
    http_client::{HttpClient, HttpSettings},
    openapi::api::ReadOptions,
    secrets::Secret,
    upstream::rest::{
        Library, Sources, Supplied,
        credentials::Authenticator,
        scripted_web::Web,
        settings::{Credentials, SpecSource, ValidateOutput},
    },
};

/// An API with some operations, whose base URL the document gives.
fn document(server: &str) -> String {
    let ok = json!({"200": {"description": "ok", "content": {"application/json": {}}}});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1.2", "description": "All about pets."},
        "servers": [{"url": server}],
        "paths": {
            "/pets/{id}": {
                "parameters": [
                    {"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}
                ],
                "get": {"operationId": "getPet", "summary": "A pet", "responses": ok},
                "patch": {
                    "operationId": "changePet",
                    "requestBody": {"content": {"application/json": {"schema": {
                        "type": "object",
                        "properties": {"kind": {"type": "string", "default": "cat"}}
                    }}}},
                    "responses": ok
                }
            },
            "/pets": {
                "get": {
                    "operationId": "listPets",
                    "parameters": [
                        {"name": "color", "in": "query",
                         "schema": {"type": "string", "enum": ["red", "green", "grey"]}},
                        {"name": "theme", "in": "cookie", "schema": {"type": "string"}}
                    ],
                    "responses": ok
                },
                "post": {"operationId": "addPet", "responses": ok},
                "trace": {"operationId": "tracePets", "responses": ok}
            },
            "/elsewhere": {
                "servers": [{"url": "http://localhost:1"}],
                "get": {"operationId": "elsewhere", "responses": ok}
            }
        }
    })
    .to_string()
}

fn rest(server: &str, url: Option<Url>, credentials: &Credentials) -> Rest {
    let name: crate::gateway::ServerName = "pets".parse().unwrap();
    let client = HttpClient::new(&HttpSettings::default()).unwrap();
    let document = Raw::parse(document(server).into()).unwrap();
    let headers: HeaderMap = [(
        reqwest::header::HeaderName::from_static("x-team"),
        HeaderValue::from_static("cats"),
    )]
    .into_iter()
    .collect();
    let sources = Sources {
        specs: vec![SpecSource::Inline(document)],
        url,
        options: ReadOptions {
            resources: true,
            ..ReadOptions::default()
        },
        allowed_folders: Vec::new(),
        allow_private_networks: false,
        allow_insecure_http: false,
        refresh_interval: Duration::ZERO,
        supplied: Supplied::new(credentials, &headers, None, false),
        wording: crate::upstream::rest::Wording::default(),
    };
    let authenticator = sources
        .home()
        .map(|home| Arc::new(Authenticator::new(credentials, &name, home, &client).unwrap()));
    Rest {
        name: name.clone(),
        audience: Audience::Everybody,
        library: Library::new(
            name,
            sources,
            client,
            headers.clone(),
            authenticator.clone(),
        ),
        headers,
        authenticator,
        changes: crate::upstream::rest::Changes::default(),
        wording: crate::upstream::rest::Wording::default(),
        validate_output: ValidateOutput::Warn,
        first_byte_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(10),
        max_answer_size: 1000,
    }
}

fn bearer() -> Credentials {
    Credentials::Bearer {
        token: Secret::new("t0ken".to_owned()),
    }
}

/// A session with an API at a URL of the config.
async fn at(url: &Url) -> Arc<RestSession> {
    let rest = rest("https://api.example", Some(url.clone()), &bearer());
    RestSession::open(Arc::new(rest)).await.unwrap()
}

async fn catalog_of(session: &RestSession) -> Catalog {
    session.load_catalog(1, &Arc::default()).await.unwrap()
}

async fn run(session: &RestSession, operation: Operation) -> Result<Value, SessionError> {
    let wishes = Wishes::default();
    let server = Server::new(
        "pets".parse().unwrap(),
        crate::gateway::ServerSettings::default(),
    );
    let terms = Terms {
        server: &Lease::shared(&Arc::new(server)),
        caller: &Caller::named("tester"),
        wishes: &wishes,
        activity: &Activity::start(&wishes),
    };
    match session.run(&operation, terms).await? {
        End::Result(result) => Ok(serde_json::from_str(result.get()).unwrap()),
        other => panic!("{other:?}"),
    }
}

async fn call(session: &RestSession, tool: &str, arguments: Value) -> Result<Value, SessionError> {
    let catalog = catalog_of(session).await;
    let tool: &Arc<Tool> = catalog.tool(tool).unwrap();
    let operation = Operation::CallTool {
        tool: Arc::clone(tool),
        arguments: Raw::from_value(&arguments),
        continuation: None,
        rest: Members::new(),
    };
    run(session, operation).await
}

async fn request(
    session: &RestSession,
    method: &'static str,
    params: Value,
) -> Result<Value, SessionError> {
    let operation = Operation::Request {
        method: method.into(),
        params: Raw::from_value(&params),
        repeatable: true,
    };
    run(session, operation).await
}

const JSON: &str = "200 OK\r\ncontent-type: application/json";

#[tokio::test]
async fn a_call_is_one_request_with_what_identifies_us() {
    let (web, url) = Web::start().await;
    web.has("/v1/pets/7", JSON, r#"{"id":7}"#);
    let session = at(&url.join("/v1/").unwrap()).await;
    let result = call(&session, "getPet", json!({"id": 7})).await.unwrap();
    assert_eq!(result["structuredContent"], json!({"id": 7}));
    let asked = web.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line(), "GET /v1/pets/7");
    for header in [
        "authorization: Bearer t0ken",
        "x-team: cats",
        "accept-encoding: ",
    ] {
        assert!(asked[0].head.contains(header), "{}", asked[0].head);
    }
}

#[tokio::test]
async fn cookies_of_callers_are_sent_beside_those_of_the_config() {
    let (web, url) = Web::start().await;
    web.has("/pets", JSON, "[]");
    let mut rest = rest("https://api.example", Some(url.clone()), &bearer());
    let ours = HeaderValue::from_static("sid=s3cret");
    rest.headers.insert(reqwest::header::COOKIE, ours);
    let session = RestSession::open(Arc::new(rest)).await.unwrap();
    let arguments = json!({"theme": "dark"});
    call(&session, "listPets", arguments).await.unwrap();
    let head = &web.asked()[0].head;
    assert!(
        head.contains("cookie: theme=dark; sid=s3cret\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn a_trace_does_not_say_who_we_are() {
    let (web, url) = Web::start().await;
    web.has("/pets", JSON, "[]");
    let session = at(&url).await;
    call(&session, "tracePets", json!({})).await.unwrap();
    let asked = web.asked();
    assert_eq!(asked[0].line(), "TRACE /pets");
    for secret in ["t0ken", "authorization", "x-team"] {
        assert!(!asked[0].head.contains(secret), "{}", asked[0].head);
    }
}

#[tokio::test]
async fn what_a_document_alone_names_gets_no_credentials() {
    let (web, url) = Web::start().await;
    web.has("/pets", JSON, "[]");
    let mut rest = rest(url.as_str(), None, &bearer());
    let error = RestSession::open(Arc::new(rest.clone())).await.unwrap_err();
    assert!(
        error.to_string().contains("allowPrivateNetworks"),
        "{error}"
    );
    rest = self::rest(
        url.as_str(),
        Some("https://other.example".parse().unwrap()),
        &bearer(),
    );
    let session = RestSession::open(Arc::new(rest)).await.unwrap();
    let refused = call(&session, "elsewhere", json!({})).await.unwrap_err();
    assert!(refused.to_string().contains("own network"), "{refused}");
    let catalog = catalog_of(&session).await;
    let told = format!("{:?}", catalog.warnings);
    assert!(told.contains("calls of it will fail"), "{told}");
    assert!(web.asked().is_empty());
}

#[tokio::test]
async fn credentials_do_not_go_where_a_redirect_leads() {
    let (web, url) = Web::start().await;
    let (other, elsewhere) = Web::start().await;
    other.has("/pets", JSON, "[1]");
    web.has(
        "/pets",
        &format!("302 Found\r\nlocation: {elsewhere}pets"),
        "",
    );
    let session = at(&url).await;
    let result = call(&session, "listPets", json!({})).await.unwrap();
    assert_eq!(result["content"][0]["text"], "[1]");
    let asked = other.asked();
    assert_eq!(asked.len(), 1);
    for secret in ["t0ken", "x-team"] {
        assert!(web.asked()[0].head.contains(secret));
        assert!(!asked[0].head.contains(secret), "{}", asked[0].head);
    }
    // Within the origin they do, and a request that may have been executed is not repeated.
    web.has("/pets", "303 See Other\r\nlocation: /pets/7", "");
    web.has("/pets/7", JSON, "{}");
    call(&session, "listPets", json!({})).await.unwrap();
    assert!(web.asked().last().unwrap().head.contains("t0ken"));
    let before = web.asked().len();
    let posted = call(&session, "addPet", json!({})).await.unwrap();
    assert_eq!(web.asked().len(), before + 1);
    let head = web.asked().last().unwrap().head.clone();
    assert_eq!(head.matches("content-length: 0").count(), 1, "{head}");
    assert_eq!(posted["isError"], true);
    let told = posted["content"][0]["text"].as_str().unwrap();
    let (_, origin) = told.split_once("; the redirect to ").unwrap();
    let expected = format!("{} is not followed: ", url.origin().ascii_serialization());
    assert!(origin.starts_with(&expected), "{told}");
    assert_eq!(
        posted["_meta"]["viceversa/http"],
        json!({"status": 303, "headers": {"location": "/pets/7"}})
    );
}

#[tokio::test]
async fn a_refusal_of_another_origin_says_nothing_of_our_token() {
    let (web, url) = Web::start().await;
    let (other, elsewhere) = Web::start().await;
    let token = r#"{"access_token":"t0ken","token_type":"Bearer","expires_in":3600}"#;
    web.has("/token", JSON, token);
    let away = format!("302 Found\r\nlocation: {elsewhere}pets");
    web.has("/pets", &away, "");
    other.has("/pets", "401 Unauthorized", "");
    let credentials = Credentials::ClientCredentials {
        token_url: url.join("/token").unwrap(),
        client_id: "c".to_owned(),
        client_secret: Secret::new("s3cret"),
        scopes: Vec::new(),
        audience: None,
    };
    let rest = rest("https://api.example", Some(url), &credentials);
    let session = RestSession::open(Arc::new(rest)).await.unwrap();
    let tokens = || {
        let asked = web.asked();
        asked
            .iter()
            .filter(|one| one.line() == "POST /token")
            .count()
    };
    call(&session, "listPets", json!({})).await.unwrap();
    assert_eq!((other.asked().len(), tokens()), (1, 1));
    // One of the API's own does.
    web.has("/pets", "401 Unauthorized", "");
    call(&session, "listPets", json!({})).await.unwrap();
    assert_eq!(tokens(), 2);
}

#[tokio::test]
async fn a_redirect_into_the_gateways_network_is_not_followed() {
    let (web, url) = Web::start().await;
    for target in [
        "http://127.0.0.2/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
    ] {
        web.has("/pets", &format!("302 Found\r\nlocation: {target}"), "");
        let session = at(&url).await;
        let result = call(&session, "listPets", json!({})).await.unwrap();
        assert_eq!(result["_meta"]["viceversa/http"]["status"], 302, "{target}");
        let told = result["content"][0]["text"].as_str().unwrap();
        assert!(told.contains("own network"), "{told}");
        assert!(told.contains("`allowPrivateNetworks`"), "{told}");
    }
}

#[tokio::test]
async fn a_key_in_the_query_stays_between_us_and_the_api() {
    let (web, url) = Web::start().await;
    let key = Credentials::ApiKey {
        location: crate::openapi::api::Location::Query,
        name: "key".to_owned(),
        key: Secret::new("s3cret"),
    };
    web.has(
        "/pets",
        "404 Not Found\r\nlink: </pets?key=s3cret>; rel=self",
        "no ?key=s3cret",
    );
    let rest = rest("https://api.example", Some(url), &key);
    let session = RestSession::open(Arc::new(rest)).await.unwrap();
    let result = call(&session, "listPets", json!({})).await.unwrap();
    assert_eq!(web.asked()[0].line(), "GET /pets?key=s3cret");
    assert!(!result.to_string().contains("s3cret"), "{result}");
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let (web, url) = Web::start().await;
    let (tokens, issuer) = Web::start().await;
    let token = |name: &str| {
        format!(r#"{{"access_token":"{name}","token_type":"Bearer","expires_in":3600}}"#)
    };
    tokens.has("/token", JSON, token("first"));
    tokens.has_then("/token", JSON, token("second"));
    web.has("/pets", "401 Unauthorized", "");
    let credentials = Credentials::ClientCredentials {
        token_url: issuer.join("/token").unwrap(),
        client_id: "me".to_owned(),
        client_secret: Secret::new("s3cret"),
        scopes: Vec::new(),
        audience: None,
    };
    let rest = rest("https://api.example", Some(url), &credentials);
    let session = RestSession::open(Arc::new(rest)).await.unwrap();
    let refused = call(&session, "listPets", json!({})).await.unwrap();
    assert_eq!(refused["_meta"]["viceversa/http"]["status"], 401);
    assert_eq!((tokens.asked().len(), web.asked().len()), (2, 2));
    assert!(web.asked()[1].head.contains("Bearer second"));
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_hangs_up() {
    use tokio::io::AsyncReadExt as _;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let session = at(&Url::parse(&url).unwrap()).await;
    let calling = tokio::spawn(async move { call(&session, "listPets", json!({})).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.read_u8().await.unwrap();
    calling.abort();
    let mut rest = Vec::new();
    let hung_up = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest));
    hung_up.await.expect("the connection ends").unwrap();
}

#[tokio::test]
async fn what_may_have_been_executed_is_sent_again_only_if_it_may_be() {
    let (web, url) = Web::start().await;
    web.has("/pets", "", "");
    let session = at(&url).await;
    let failed = call(&session, "addPet", json!({})).await.unwrap_err();
    assert!(
        matches!(
            failed,
            SessionError::Failed {
                may_have_run: true,
                ..
            }
        ),
        "{failed:?}"
    );
    assert_eq!(web.asked().len(), 1);
    call(&session, "listPets", json!({})).await.unwrap_err();
    assert_eq!(web.asked().len(), 3);
}

#[tokio::test]
async fn what_was_repeatable_is_not_sent_again_when_it_no_longer_is() {
    let (web, url) = Web::start().await;
    web.has("/pets", "", "");
    let session = at(&url).await;
    let old = Raw::from_static(
        r#"{"name":"addPet","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}"#,
    );
    let (old, _) = Tool::read_overridden(&old, &Arc::default()).unwrap();
    let operation = Operation::CallTool {
        tool: Arc::new(old),
        arguments: Raw::from_static("{}"),
        continuation: None,
        rest: Members::new(),
    };
    assert!(operation.is_repeatable());
    run(&session, operation).await.unwrap_err();
    assert_eq!(web.asked().len(), 1);
}

#[tokio::test]
async fn defaults_are_the_apis_own_to_fill_in_and_numbers_stay_as_they_came() {
    let (web, url) = Web::start().await;
    web.has("/pets/7", JSON, "{}");
    let session = at(&url).await;
    let catalog = catalog_of(&session).await;
    let operation = Operation::CallTool {
        tool: Arc::clone(catalog.tool("changePet").unwrap()),
        arguments: Raw::from_static(r#"{"id":7,"weight":1.10}"#),
        continuation: None,
        rest: Members::new(),
    };
    run(&session, operation).await.unwrap();
    assert_eq!(web.asked()[0].line(), "PATCH /pets/7");
    assert_eq!(web.asked()[0].body, r#"{"weight":1.10}"#);
    for tool in &catalog.tools {
        assert_eq!(tool.defaults, crate::schema::Defaults::Leave);
    }
    assert_eq!(catalog.server_name.as_deref(), Some("Pets"));
    assert_eq!(catalog.server_version.as_deref(), Some("1.2"));
    assert_eq!(catalog.instructions.as_deref(), Some("All about pets."));
    assert!(catalog.is_stateless);
}

#[tokio::test]
async fn an_answer_is_taken_up_to_its_cap_whether_compressed_or_not() {
    use std::io::Write as _;

    let (web, url) = Web::start().await;
    let session = at(&url).await;
    let compressed = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let gzip = "200 OK\r\ncontent-type: text/plain\r\ncontent-encoding: gzip";
    web.has("/pets", gzip, compressed("hello"));
    let result = call(&session, "listPets", json!({})).await.unwrap();
    assert_eq!(result["content"][0]["text"], "hello");
    let long = "x".repeat(1001);
    for (head, body) in [
        (gzip, compressed(&long)),
        (
            "200 OK\r\ncontent-type: text/plain",
            long.clone().into_bytes(),
        ),
    ] {
        web.has("/pets", head, body);
        let error = call(&session, "listPets", json!({})).await.unwrap_err();
        assert!(
            error.to_string().contains("larger than the 1000 bytes"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn callers_own_headers_take_the_place_of_ours() {
    let (web, url) = Web::start().await;
    web.has("/pets", JSON, "[]");
    let rest = rest("https://api.example", Some(url), &bearer());
    let identity = Identity::new([
        ("authorization", &b"Bearer theirs"[..]),
        ("x-team", b"dogs"),
    ]);
    let rest = rest.for_identity(&identity);
    let session = RestSession::open(Arc::new(rest)).await.unwrap();
    call(&session, "listPets", json!({})).await.unwrap();
    let head = &web.asked()[0].head;
    assert!(head.contains("authorization: Bearer theirs"), "{head}");
    assert!(head.contains("x-team: dogs"), "{head}");
    assert!(!head.contains("t0ken") && !head.contains("cats"), "{head}");
}

#[tokio::test]
async fn resources_are_read_by_their_operations() {
    let (web, url) = Web::start().await;
    web.has("/pets/7", JSON, r#"{"id": 7}"#);
    web.has("/pets", "200 OK\r\ncontent-type: image/png", "AB");
    let session = at(&url).await;
    let listed = run(
        &session,
        Operation::List {
            method: "resources/templates/list",
            member: "resourceTemplates",
        },
    )
    .await
    .unwrap();
    assert_eq!(
        listed["resourceTemplates"][0]["uriTemplate"],
        "api://pets/pets/{id}"
    );
    let read = |uri: &'static str| request(&session, "resources/read", json!({"uri": uri}));
    assert_eq!(
        read("api://pets/pets/7").await.unwrap()["contents"],
        json!([{
            "uri": "api://pets/pets/7", "mimeType": "application/json", "text": "{\"id\": 7}"
        }])
    );
    assert_eq!(
        read("api://pets/pets").await.unwrap()["contents"],
        json!([{"uri": "api://pets/pets", "mimeType": "image/png", "blob": "QUI="}])
    );
    web.has("/pets/8", "500 Oops", "");
    for (uri, code) in [
        ("api://pets/pets/9", -32602),
        ("api://pets/pets/8", -32603),
        ("api://other", -32602),
    ] {
        let error = read(uri).await.unwrap_err();
        assert!(
            matches!(&error, SessionError::Rpc { code: known, .. } if *known == code),
            "{uri}: {error:?}"
        );
    }
}

#[tokio::test]
async fn what_the_config_changes_of_tools_holds_for_resources_and_prompts() {
    use crate::gateway::{ArgumentOverride, ToolOverride};

    let (web, url) = Web::start().await;
    web.has("/pets", JSON, "[]");
    let mut rest = rest("https://api.example", Some(url.clone()), &bearer());
    rest.changes.disabled.insert("getPet".to_owned());
    let fixed = ToolOverride {
        arguments: [(
            "color".to_owned(),
            ArgumentOverride::Fixed(Raw::from_static(r#""red""#)),
        )]
        .into(),
        ..ToolOverride::default()
    };
    let renamed = ToolOverride {
        name: Some("add".to_owned()),
        ..ToolOverride::default()
    };
    rest.changes.tools = Arc::new(
        [("listPets", fixed), ("addPet", renamed)]
            .map(|(name, changes)| (name.to_owned(), Arc::new(changes)))
            .into(),
    );
    let session = RestSession::open(Arc::new(rest)).await.unwrap();
    let catalog = catalog_of(&session).await;
    assert!(catalog.resource_templates.is_empty());
    assert!(catalog.prompt("getPet").is_none());
    assert!(catalog.prompt("listPets").is_none(), "it tells of color");
    let read = |uri: &'static str| request(&session, "resources/read", json!({"uri": uri}));
    read("api://pets/pets/7").await.unwrap_err();
    assert!(web.asked().is_empty());
    read("api://pets/pets").await.unwrap();
    assert_eq!(web.asked()[0].line(), "GET /pets?color=red");
    let operation = Operation::GetPrompt {
        prompt: Arc::clone(catalog.prompt("addPet").unwrap()),
        arguments: Raw::from_static("{}"),
        tool_names: ToolNames::default(),
        continuation: None,
        rest: Members::new(),
    };
    let given = run(&session, operation).await.unwrap();
    let text = given["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.starts_with("Call the tool `add` of"), "{text}");
}

#[tokio::test]
async fn prompts_are_given_with_their_arguments_and_completed() {
    let (_, url) = Web::start().await;
    let session = at(&url).await;
    let catalog = catalog_of(&session).await;
    let prompt: &Arc<Prompt> = catalog.prompt("listPets").unwrap();
    let operation = Operation::GetPrompt {
        prompt: Arc::clone(prompt),
        arguments: Raw::from_static(r#"{"color":"chartreuse"}"#),
        tool_names: ToolNames::default(),
        continuation: None,
        rest: Members::new(),
    };
    let given = run(&session, operation).await.unwrap();
    assert_eq!(given["messages"][0]["role"], "user");
    let text = given["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(
        text.contains("chartreuse") && !text.contains("{{"),
        "{text}"
    );
    // Of the optional arguments that were not given nothing is said.
    assert!(!text.lines().any(|line| line.ends_with(": ")), "{text}");
    let complete = |value: &'static str| {
        let params = json!({
            "ref": {"type": "ref/prompt", "name": "listPets"},
            "argument": {"name": "color", "value": value}
        });
        request(&session, "completion/complete", params)
    };
    assert_eq!(
        complete("gr").await.unwrap(),
        json!({"completion": {"values": ["green", "grey"], "total": 2, "hasMore": false}})
    );
    assert_eq!(complete("x").await.unwrap()["completion"]["total"], 0);
}

#[tokio::test]
async fn other_methods_are_answered_as_json_rpc_wants() {
    let (_, url) = Web::start().await;
    let session = at(&url).await;
    assert_eq!(
        request(&session, "ping", json!({})).await.unwrap(),
        json!({})
    );
    let error = request(&session, "logging/setLevel", json!({}))
        .await
        .unwrap_err();
    assert!(
        matches!(error, SessionError::Rpc { code: -32601, .. }),
        "{error:?}"
    );
}
