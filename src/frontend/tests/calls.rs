use super::*;

async fn call(path: &str, body: &'static str) -> Answer {
    send(&state(keyed()), post(path, body)).await
}

#[actix_web::test]
async fn a_call_answers_with_the_tools_value() {
    for path in [
        "/up/echo",
        "/up/call/echo",
        "/up/call/call",
        "/up/a%2Fb%20c",
        "/up/docs",
    ] {
        let answer = call(path, r#"{"b": 123456789012345678901234567890}"#).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.text(), r#"{"b": 123456789012345678901234567890}"#);
        assert_eq!(answer.header("content-type"), "application/json");
    }
    assert_eq!(call("/up/echo", "").await.text(), "{}");
}

#[actix_web::test]
async fn a_single_server_is_called_at_the_root() {
    let guard = Guard::with_keys([("key", &Secret::new(KEY))]);
    let mut settings = settings(Layout::Single("up".parse().unwrap()), guard);
    settings.paths.prefix = "/v1".parse().unwrap();
    let state = state(settings);
    assert_eq!(send(&state, post("/v1/echo", "{}")).await.text(), "{}");
    assert_eq!(send(&state, post("/v1/health", "{}")).await.text(), "{}");
    assert_eq!(send(&state, post("/echo", "{}")).await.status, 404);
    assert_eq!(send(&state, get("/health")).await.status, 200);
}

#[actix_web::test]
async fn bad_requests_have_their_statuses() {
    for (path, body, status) in [
        ("/up/nothing", "{}", 404),
        ("/nothing/echo", "{}", 404),
        ("/up/call", "{}", 404),
        ("/up/echo", "{", 422),
        ("/up/echo", "[]", 422),
        ("/up/echo", r#"{"a":"x"}"#, 422),
        ("/up/echo", r#"{"b":1,"b":2}"#, 422),
        ("/up/fail", "{}", 422),
        ("/up/asks", "{}", 422),
        ("/up/dies", "{}", 502),
        ("/up/garbage", "{}", 502),
        ("/down/echo", "{}", 503),
    ] {
        let answer = call(path, body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
        assert!(answer.text().starts_with(r#"{"detail":"#));
    }
    let large: &'static str = format!("{{\"b\":\"{}\"}}", "x".repeat(1000)).leak();
    assert_eq!(call("/up/echo", large).await.status, 413);
    let text = post("/up/echo", "{}").insert_header(("content-type", "text/plain"));
    assert_eq!(send(&state(keyed()), text).await.status, 415);
}

#[actix_web::test]
async fn a_failed_server_says_so_and_when_to_come_back() {
    let answer = call("/down/echo", "{}").await;
    assert!(
        answer
            .text()
            .contains(r#""server":"down","state":"failed""#)
    );
    assert!(!answer.header("retry-after").is_empty());
}

#[actix_web::test]
async fn a_starting_server_is_waited_for() {
    let late = server("late");
    let mut settings = keyed();
    settings.registry = Registry::new(crate::gateway::Roster::new([Arc::clone(&late)]));
    settings.policy.start_wait = Duration::from_secs(10);
    let state = state(settings);
    let (answer, ()) = tokio::join!(send(&state, post("/late/echo", "{}")), async {
        tokio::task::yield_now().await;
        start(&late);
    });
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn a_reported_error_has_the_status_that_is_configured() {
    let mut settings = keyed();
    settings.tool_error_status = StatusCode::INTERNAL_SERVER_ERROR;
    let answer = send(&state(settings), post("/up/fail", "{}")).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.text(), r#"{"detail":{"message":"it broke"}}"#);
}

#[actix_web::test]
async fn the_caller_chooses_the_form_of_the_answer() {
    let state = state(keyed());
    let accepting =
        |accept: &'static str| post("/up/image", "{}").insert_header(("accept", accept));
    let value = send(&state, accepting("*/*")).await;
    assert_eq!(value.text(), r#""data:image/png;base64,QUJD""#);
    let bytes = send(&state, accepting("image/*")).await;
    assert_eq!(bytes.text(), "ABC");
    assert_eq!(bytes.header("content-type"), "image/png");
    let whole = send(&state, accepting("application/vnd.mcp.result+json")).await;
    assert_eq!(
        whole.text(),
        r#"{"content":[{"type":"image","data":"QUJD","mimeType":"image/png"}],"x":1.10}"#
    );
    assert_eq!(
        whole.header("content-type"),
        "application/vnd.mcp.result+json"
    );
}

#[actix_web::test]
async fn events_come_as_they_happen_and_end_with_the_result() {
    let request = post("/up/slow", "{}").insert_header(("accept", "text/event-stream"));
    let answer = send(&state(keyed()), request).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.header("content-encoding"), "");
    assert_eq!(
        answer.text().replace(":\n\n", ""),
        "event: progress\ndata: {\"progress\":1}\n\n\
         event: message\ndata: {\"level\":\"info\",\"data\":\"hm\"}\n\n\
         event: result\ndata: {\ndata: \"a\": 1\ndata: }\n\n"
    );
}

#[actix_web::test]
async fn a_stream_ends_with_an_error_where_the_call_does() {
    for (path, end) in [
        (
            "/up/fail",
            r#"{"status":422,"detail":{"message":"it broke"}}"#,
        ),
        (
            "/up/dies",
            r#"{"status":502,"detail":{"message":"the server exited; the call may have been executed","mayHaveRun":true}}"#,
        ),
    ] {
        let request = post(path, "{}").insert_header(("accept", "text/event-stream"));
        let answer = send(&state(keyed()), request).await;
        assert!(
            answer
                .text()
                .ends_with(&format!("event: error\ndata: {end}\n\n")),
            "{}",
            answer.text()
        );
    }
}

#[actix_web::test]
async fn a_call_that_offers_input_is_asked_and_goes_on() {
    let state = state(keyed());
    let call = |body: &'static str| {
        post("/up/asks", body).insert_header(("content-type", "application/vnd.mcp.call+json"))
    };
    let asked = send(&state, call("{}")).await;
    assert_eq!(asked.status, 409);
    assert_eq!(
        asked.header("content-type"),
        "application/vnd.mcp.input-required+json"
    );
    assert_eq!(
        asked.text(),
        r#"{"resultType":"input_required","requestState":"s"}"#
    );
    let done = send(&state, call(r#"{"requestState":"s"}"#)).await;
    assert_eq!(done.text(), r#""thank you""#);
}

#[actix_web::test]
async fn large_answers_are_compressed_for_those_who_ask() {
    let state = state(keyed());
    let gzip = |path| post(path, "{}").insert_header(("accept-encoding", "gzip"));
    let large = send(&state, gzip("/up/large")).await;
    assert_eq!(large.header("content-encoding"), "gzip");
    assert!(large.body.len() < 500);
    let small = send(&state, gzip("/up/echo")).await;
    assert_eq!(small.header("content-encoding"), "");
    assert_eq!(small.text(), "{}");
    let unasked = send(&state, post("/up/large", "{}")).await;
    assert_eq!(unasked.header("content-encoding"), "");
    assert_eq!(unasked.body.len(), 5002);
    let picky = post("/up/large", "{}").insert_header(("accept-encoding", "x, *;q=0"));
    assert_eq!(send(&state, picky).await.status, 200);
}

#[actix_web::test]
async fn resources_and_prompts_pass_as_they_came() {
    let state = state(keyed());
    for (path, text) in [
        ("/up/resources", r#"{"resources":[{"uri":"x:","n":1.10}]}"#),
        (
            "/up/resources/templates",
            r#"{"resourceTemplates":[{"uri":"x:","n":1.10}]}"#,
        ),
        ("/up/prompts", r#"{"prompts":[{"uri":"x:","n":1.10}]}"#),
        ("/up/resources/read?uri=x:", r#""<b>hi</b>""#),
    ] {
        let answer = send(&state, get(path)).await;
        assert_eq!((answer.status, answer.text()), (200, text), "{path}");
    }
    let prompt = send(&state, post("/up/prompts/my%20prompt", r#"{"a":"1"}"#)).await;
    assert_eq!(
        prompt.text(),
        r#"{"name":"my prompt","arguments":{"a":"1"}}"#
    );
    let unknown = send(&state, post("/up/prompts/no-such-prompt", "{}")).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(send(&state, get("/up/resources/read")).await.status, 422);
    let missing = send(&state, get("/up/resources/read?uri=missing:")).await;
    assert_eq!(missing.status, 404);
}

#[actix_web::test]
async fn a_page_that_a_server_sends_runs_nowhere() {
    let request = get("/up/resources/read?uri=x:").insert_header(("accept", "text/html"));
    let answer = send(&state(keyed()), request).await;
    assert_eq!(answer.text(), "<b>hi</b>");
    assert!(
        answer
            .header("content-security-policy")
            .starts_with("sandbox")
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[actix_web::test]
async fn a_call_is_in_flight_until_its_last_byte_is_sent() {
    let state = state(keyed());
    let current = crate::frontend::Current::new(Data::clone(&state).into_inner());
    let app = test::init_service(app(Data::new(current))).await;
    for accept in ["*/*", "text/event-stream"] {
        let request = post("/up/slow", "{}").insert_header(("accept", accept));
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(state.drain.in_flight(), 1);
        test::read_body(response).await;
        assert_eq!(state.drain.in_flight(), 0);
    }
}

#[actix_web::test]
async fn prompts_and_resources_hint_at_no_form_that_they_do_not_take() {
    let state = state(keyed());
    for request in [
        post("/up/prompts/asks", "{}"),
        get("/up/resources/read?uri=asks"),
    ] {
        let answer = send(&state, request).await;
        assert_eq!(answer.status, 422);
        assert_eq!(
            answer.text(),
            r#"{"detail":{"message":"the server asks for input before it answers, which only calls of tools can give"}}"#
        );
    }
    let hinted = send(&state, post("/up/asks", "{}")).await;
    assert!(hinted.text().contains("application/vnd.mcp.call+json"));
    let refused = post("/up/prompts/asks", "{}")
        .insert_header(("content-type", "application/vnd.mcp.call+json"));
    assert_eq!(send(&state, refused).await.status, 415);
}

#[actix_web::test]
async fn what_an_api_answered_is_given_back_unless_something_else_is_asked_for() {
    let answer = call("/up/api", "{}").await;
    assert_eq!((answer.status, answer.text()), (401, "<script>"));
    assert_eq!(answer.header("content-type"), "text/html");
    assert_eq!(answer.header("x-upstream-status"), "401");
    assert_eq!(answer.header("www-authenticate"), "");
    assert!(answer.header("content-security-policy").contains("sandbox"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    for (accept, status, text) in [
        (
            "application/vnd.mcp.result+json",
            200,
            r#"{"content":[{"type":"text","text":"401"}],"isError":true}"#,
        ),
        (
            "text/event-stream",
            200,
            "event: error\n\
             data: {\"status\":401,\"upstreamStatus\":401,\"detail\":\"<script>\"}\n\n",
        ),
    ] {
        let request = post("/up/api", "{}").insert_header(("accept", accept));
        let answer = send(&state(keyed()), request).await;
        assert_eq!((answer.status, answer.text()), (status, text), "{accept}");
        assert_eq!(answer.header("x-upstream-status"), "");
    }
}
