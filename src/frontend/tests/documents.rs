use super::*;

async fn document(state: &Data<State>, path: &str) -> serde_json::Value {
    let answer = send(state, get(path)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

#[actix_web::test]
async fn the_root_document_holds_the_servers_that_are_known() {
    let mut settings = keyed();
    settings.paths.prefix = "/api".parse().unwrap();
    settings.paths.root_path = "/proxy".parse().unwrap();
    let state = state(settings);
    let root = document(&state, "/api/openapi.json").await;
    assert_eq!(root["servers"][0]["url"], "/proxy/api");
    assert!(root["paths"]["/up/echo"]["post"].is_object());
    assert!(root["paths"]["/up/call/call"]["post"].is_object());
    assert!(root["paths"]["/up/a%2Fb%20c"]["post"].is_object());
    assert_eq!(root["tags"][0]["name"], "up");
    let one = document(&state, "/api/up/openapi.json").await;
    assert_eq!(one["servers"][0]["url"], "/proxy/api/up");
    assert_eq!(one["info"]["title"], "The <i>server</i>");
    assert!(one["paths"]["/echo"]["post"].is_object());
}

#[actix_web::test]
async fn a_document_is_sent_once_to_those_who_keep_it() {
    let state = state(keyed());
    let first = send(&state, get("/up/openapi.json")).await;
    let etag = first.header("etag").to_owned();
    let again =
        |etag: &str| get("/up/openapi.json").insert_header(("if-none-match", etag.to_owned()));
    let known = send(&state, again(&etag)).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    assert_eq!(send(&state, again("W/\"other\"")).await.status, 200);
    state.server("up", None).unwrap().update(|state| {
        state.catalog = Some(Arc::new(Catalog::default()));
    });
    let changed = send(&state, again(&etag)).await;
    assert_eq!(changed.status, 200);
    assert!(!changed.text().contains("echo"));
}

#[actix_web::test]
async fn documents_come_as_yaml_and_without_recursion() {
    let state = state(keyed());
    let yaml = send(&state, get("/up/openapi.yaml")).await;
    assert_eq!(yaml.header("content-type"), "application/yaml");
    assert!(yaml.text().contains("openapi: "));
    for (query, status) in [("cut", 200), ("keep", 200), ("x", 422)] {
        let path = format!("/openapi.json?recursion={query}");
        assert_eq!(send(&state, get(&path)).await.status, status);
    }
    let refused = send(&state, get("/openapi.json?recursion=x%20y")).await;
    let detail: serde_json::Value = serde_json::from_str(refused.text()).unwrap();
    assert_eq!(detail["detail"][0]["input"], "x y");
}

#[actix_web::test]
async fn a_server_that_was_never_up_has_no_document_yet() {
    let state = state(keyed());
    assert_eq!(send(&state, get("/down/openapi.json")).await.status, 503);
    assert_eq!(send(&state, get("/nothing/openapi.json")).await.status, 404);
    state.server("up", None).unwrap().update(|state| {
        state.phase = Phase::Failed;
        state.session = None;
    });
    assert_eq!(send(&state, get("/up/openapi.json")).await.status, 200);
}

#[actix_web::test]
async fn documents_say_what_the_gateway_demands() {
    let keyed = document(&state(keyed()), "/openapi.json").await;
    assert_eq!(keyed["security"].as_array().unwrap().len(), 2);
    let open = document(&state(open()), "/openapi.json").await;
    assert!(open.get("security").is_none());
}
