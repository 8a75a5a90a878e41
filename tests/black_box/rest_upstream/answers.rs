//! What comes back from an API.

use serde_json::{Value, json};

use super::{Api, KEY, result};
use crate::gateway::Launch;
use crate::mcp::callers::{Caller as _, Client};

#[test]
fn over_mcp_each_kind_of_answer_is_its_kind_of_content() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    let kind = |kind: &str| result(&gateway, "kind", &format!(r#"{{"kind":"{kind}"}}"#));
    assert_eq!(
        kind("object").text(),
        r#"{"content":[{"type":"text","text":"{\"z\": 1.10, \"a\": 12345678901234567890123}"}],"structuredContent":{"z": 1.10, "a": 12345678901234567890123}}"#
    );
    let content = |of: &str| kind(of).json()["content"].clone();
    assert_eq!(
        content("list"),
        json!([{"type": "text", "text": "[1.0, 2]"}])
    );
    assert_eq!(
        content("image"),
        json!([{"type": "image", "data": "iVBORw==", "mimeType": "image/png"}])
    );
    assert_eq!(
        content("pdf"),
        json!([{"type": "resource", "resource": {
            "uri": api.server.url("/v1/kinds/pdf"),
            "mimeType": "application/pdf",
            "blob": "JVBERg=="
        }}])
    );
    assert_eq!(content("latin1"), json!([{"type": "text", "text": "café"}]));
    assert_eq!(content("nothing"), json!([]));
    let created = kind("created").json();
    assert_eq!(
        created["_meta"]["viceversa/http"],
        json!({"status": 201, "headers": {"location": "/v1/mirror/7", "etag": "\"7\""}})
    );
}

#[test]
fn over_mcp_an_error_says_what_was_asked_and_answered() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    let problem = result(&gateway, "kind", r#"{"kind":"problem"}"#).json();
    assert_eq!(
        problem,
        json!({
            "content": [{"type": "text", "text":
                "GET /kinds/problem was answered with 429 Too Many Requests:\n\
                 {\"title\": \"slow down\"}"}],
            "isError": true,
            "_meta": {"viceversa/http": {
                "status": 429, "headers": {"retry-after": "7", "x-request-id": "r-1"}
            }}
        })
    );
}

#[test]
fn over_rest_the_answer_is_the_apis_own() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    for (kind, status) in [
        ("object", 200),
        ("list", 200),
        ("image", 200),
        ("pdf", 200),
        ("latin1", 200),
        ("page", 200),
        ("nothing", 204),
        ("created", 201),
        ("problem", 429),
        ("refused", 401),
    ] {
        let own = api
            .request("GET", &format!("/v1/kinds/{kind}"))
            .send()
            .expect(status);
        let given = gateway
            .call("/rest/kind", &json!({"kind": kind}))
            .expect(status);
        assert_eq!(given.body, own.body, "{kind}");
        for header in ["content-type", "etag", "retry-after"] {
            assert_eq!(given.header(header), own.header(header), "{kind} {header}");
        }
        assert_eq!(
            given.header("x-upstream-status"),
            Some(&*status.to_string())
        );
        for header in ["set-cookie", "www-authenticate"] {
            assert_eq!(given.header(header), None, "{kind}");
        }
        let policy = given.header("content-security-policy").unwrap();
        assert!(policy.contains("sandbox"), "{kind}");
        assert_eq!(given.header("x-content-type-options"), Some("nosniff"));
    }
    let created = gateway.call("/rest/kind", &json!({"kind": "created"}));
    assert_eq!(
        created.header("location"),
        Some(&*api.server.url("/v1/mirror/7"))
    );
}

#[test]
fn as_events_an_answer_is_a_result_and_an_error_has_the_apis_own_status_and_body() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    let events = |kind: &str| {
        let request = gateway.request("POST", "/rest/kind");
        let request = request.header("Accept", "text/event-stream");
        let answer = request.json(&json!({"kind": kind})).send().expect(200);
        answer.text()
    };
    assert_eq!(events("list"), "event: result\ndata: [1.0, 2]\n\n");
    assert_eq!(
        events("problem"),
        "event: error\n\
         data: {\"status\":429,\"upstreamStatus\":429,\"detail\":{\"title\": \"slow down\"}}\n\n"
    );
    assert_eq!(
        events("refused"),
        "event: error\n\
         data: {\"status\":401,\"upstreamStatus\":401,\"detail\":\"who are you?\"}\n\n"
    );
    // An error of the gateway's own.
    let own = events("none of them");
    assert!(own.contains(r#"{"status":422,"detail":["#), "{own}");
}

#[test]
fn an_answer_that_does_not_fit_its_schema_is_told_of_or_an_error() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    let first = result(&gateway, "counted", "{}").json();
    assert_eq!(first["structuredContent"], json!({"result": [1, 2]}));
    assert_eq!(first.get("_meta"), None);
    let second = result(&gateway, "counted", "{}").json();
    assert_eq!(second["structuredContent"], json!({"result": ["one"]}));
    let warning = second["_meta"]["viceversa/warnings"][0].as_str().unwrap();
    assert!(warning.contains("result.0"), "{warning}");
    let strict = api.gateway(&json!({"validateOutput": "strict"}));
    let refused = strict.call("/rest/counted", &json!({})).expect(502);
    assert!(refused.text().contains("outputSchema"), "{refused}");
    for client in [
        Client::stateless(&strict, "/rest/mcp", "{}"),
        Client::session(&strict, "/rest/mcp", "{}"),
    ] {
        let told = client.call("counted", "{}");
        assert_eq!(told.value()["isError"], true, "{told:?}");
        let words = told.text();
        assert!(
            words.starts_with("the answer does not fit the tool's outputSchema: result.0: ")
                && words.ends_with("; the call may have been executed"),
            "{words}"
        );
    }
}

#[test]
fn models_are_told_in_a_result_why_a_call_could_not_be_made() {
    let api = Api::start(&[]);
    let nowhere = json!({"auth": {
        "type": "oauth2", "tokenUrl": "http://127.0.0.1:1/token",
        "clientId": "c", "clientSecret": "s3cret-of-ours"
    }});
    let gateway = api.gateway(&nowhere);
    for client in [
        Client::stateless(&gateway, "/rest/mcp", "{}"),
        Client::session(&gateway, "/rest/mcp", "{}"),
    ] {
        let told = client.call("counted", "{}");
        assert_eq!(told.value()["isError"], true, "{told:?}");
        let words = told.text();
        assert!(
            words.starts_with("no token could be had: ")
                && words.ends_with("; the call was not executed"),
            "{words}"
        );
        assert!(!words.contains("s3cret-of-ours"), "{words}");
    }
    let refused = gateway.call("/rest/counted", &json!({})).expect(502);
    assert_eq!(refused.json()["detail"]["mayHaveRun"], false);
    drop(api);
}

#[test]
fn an_answer_beyond_the_cap_is_an_error() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({"maxAnswerSize": 1024}));
    gateway
        .call("/rest/kind", &json!({"kind": "list"}))
        .expect(200);
    let refused = gateway
        .call("/rest/text", &json!({"body": "x".repeat(1000)}))
        .expect(502);
    assert!(
        refused.text().contains("larger than the 1024 bytes"),
        "{refused}"
    );
}

#[test]
fn no_secret_gets_into_errors_or_the_log() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    gateway
        .call("/rest/kind", &json!({"kind": "list"}))
        .expect(200);
    let port = api.server.port;
    drop(api);
    let dead = gateway
        .call("/rest/kind", &json!({"kind": "list"}))
        .expect(502);
    let text = dead.text();
    assert!(text.contains(&format!("http://127.0.0.1:{port}")), "{text}");
    assert!(text.contains("was not executed"), "{text}");
    let status = gateway.get("/status").text();
    for said in [text, gateway.log(), status] {
        assert!(!said.contains(KEY), "{said}");
    }
}

#[test]
fn resources_and_prompts_are_made_of_operations() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({"resources": true}));
    let templates = gateway.get("/rest/resources/templates").expect(200).json();
    let uris: Vec<&Value> = templates["resourceTemplates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|template| &template["uriTemplate"])
        .collect();
    assert!(
        uris.contains(&&json!("api://mirror/kinds/{kind}")),
        "{uris:?}"
    );
    let read = |uri: &str| gateway.get(&format!("/rest/resources/read?uri={uri}"));
    assert_eq!(read("api://mirror/kinds/latin1").expect(200).json(), "café");
    read("api://mirror/kinds/other").expect(404);
    read("api://mirror/kinds/problem").expect(502);
    let prompt = gateway
        .call("/rest/prompts/kind", &json!({"kind": "page"}))
        .expect(200)
        .json();
    let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.contains("- kind: page"), "{text}");
    let argument = json!({"argument": {"name": "kind", "value": "p"}});
    let completed = gateway
        .call("/rest/prompts/kind/complete", &argument)
        .expect(200)
        .json();
    assert_eq!(
        completed["completion"]["values"],
        json!(["pdf", "page", "problem"])
    );
}

#[test]
fn prompts_name_tools_as_callers_know_them_on_their_route() {
    let api = Api::start(&[]);
    let config = json!({
        "mcpServers": {"rest": api.entry(&json!({"tools": {"kind": {"name": "look"}}}))},
        "groups": {"some": {"servers": ["rest"]}}
    });
    let gateway = Launch::new().config(&config).start();
    let first_line = |prompt: &Value| {
        let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
        text.lines().next().unwrap().to_owned()
    };
    for (route, prompt, tool) in [
        ("/rest", "kind", "look"),
        ("", "rest__kind", "rest__look"),
        ("/some", "rest__kind", "rest__look"),
    ] {
        let client = Client::stateless(&gateway, &format!("{route}/mcp"), "{}");
        let members = format!(r#""name":"{prompt}","arguments":{{"kind":"page"}}"#);
        let over_mcp = client.ask("prompts/get", &members, "").value();
        let named = format!("Call the tool `{tool}` of ");
        let line = first_line(&over_mcp);
        assert!(line.starts_with(&named), "{line}");
        let tools = client.ask("tools/list", "", "").value();
        let mut tools = tools["tools"].as_array().unwrap().iter();
        assert!(tools.any(|it| it["name"] == tool), "{tool} is none");
        if !route.is_empty() {
            let target = format!("{route}/prompts/{prompt}");
            let over_rest = gateway.call(&target, &json!({"kind": "page"}));
            assert_eq!(first_line(&over_rest.expect(200).json()), line);
        }
    }
}

#[test]
fn mcp_clients_of_both_eras_are_served_alike() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    let path = "/rest/mcp";
    for client in [
        Client::stateless(&gateway, path, "{}"),
        Client::session(&gateway, path, r#"{"elicitation":{},"roots":{}}"#),
    ] {
        let tools = client.ask("tools/list", "", "").value();
        let names: Vec<&Value> = tools["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| &tool["name"])
            .collect();
        assert!(names.contains(&&json!("kind")), "{names:?}");
        let list = client.call("kind", r#"{"kind":"list"}"#);
        assert_eq!(list.text(), "[1.0, 2]");
        let problem = client.call("kind", r#"{"kind":"problem"}"#).value();
        assert_eq!(problem["isError"], true);
    }
}
