use super::*;

#[actix_web::test]
async fn pages_link_relatively_wherever_they_are() {
    let state = state(keyed());
    for (path, bundle) in [
        ("/docs", "src=\"docs/swagger-ui-bundle.js\""),
        ("/docs/", "src=\"../docs/swagger-ui-bundle.js\""),
        ("/up/docs", "src=\"docs/swagger-ui-bundle.js\""),
    ] {
        let page = send(&state, get(path)).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains(bundle), "{path}");
        assert!(
            page.header("content-security-policy")
                .contains("script-src 'self';")
        );
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert!(!page.text().contains("<script>"), "no inline scripts");
    }
    assert_eq!(send(&state, get("/nothing/docs")).await.status, 404);
}

#[actix_web::test]
async fn the_root_page_lists_servers_and_escapes_what_they_say() {
    let state = state(keyed());
    let page = send(&state, get("/docs")).await;
    let text = page.text();
    assert!(text.contains("<a href=\"up/docs\">up</a>"));
    assert!(text.contains("The &lt;i&gt;server&lt;/i&gt;"));
    assert!(text.contains("it &lt;exits&gt;"));
    let below = send(&state, get("/up/docs")).await;
    assert!(below.text().contains("<a href=\"../docs\">All servers</a>"));
    let deeper = send(&state, get("/docs/")).await;
    assert!(deeper.text().contains("<a href=\"../up/docs\">up</a>"));
}

#[actix_web::test]
async fn the_page_of_a_server_without_documents_tells_its_state_and_looks_again() {
    for (phase, says) in [
        (Phase::Failed, "class=\"failed\">has failed"),
        (Phase::Starting, "class=\"starting\">is still starting"),
        (Phase::Stopped, "class=\"stopped\">was stopped"),
    ] {
        let mut settings = keyed();
        let new = server("new");
        new.update(|state| state.phase = phase);
        settings.registry = Registry::new(crate::gateway::Roster::new([Arc::clone(&new)]));
        let state = state(settings);
        let page = send(&state, get("/new/docs")).await;
        assert_eq!(page.status, 503);
        assert_eq!(page.header("retry-after"), "5");
        assert!(page.header("content-security-policy").contains("'none'"));
        assert!(page.text().contains(says), "{}", page.text());
        assert!(page.text().contains("http-equiv=\"refresh\" content=\"5\""));
        assert!(!page.text().contains("swagger-ui"));
        let deeper = send(&state, get("/new/docs/")).await;
        assert!(deeper.text().contains("<a href=\"../../docs\">"));
        start(&new);
        let page = send(&state, get("/new/docs")).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("swagger-ui"));
        // What it offered last is still documented.
        new.update(|state| state.phase = Phase::Failed);
        assert_eq!(send(&state, get("/new/docs")).await.status, 200);
    }
}

#[actix_web::test]
async fn pages_find_their_files() {
    let state = state(keyed());
    for (file, media_type) in [
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("initializer.js", "text/javascript; charset=utf-8"),
        ("viceversa.css", "text/css; charset=utf-8"),
        ("favicon-32x32.png", "image/png"),
    ] {
        for scope in ["", "/up"] {
            let answer = send(&state, get(&format!("{scope}/docs/{file}"))).await;
            assert_eq!(answer.status, 200, "{file}");
            assert_eq!(answer.header("content-type"), media_type);
            assert!(!answer.body.is_empty());
        }
    }
    for file in ["index.html", "swagger-initializer.js", "..%2Fstatus"] {
        let answer = send(&state, get(&format!("/docs/{file}"))).await;
        assert_eq!(answer.status, 404, "{file}");
    }
}

#[actix_web::test]
async fn status_tells_what_runs() {
    let answer = send(&state(keyed()), get("/status")).await;
    let status: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    let up = &status["servers"][0];
    assert_eq!(up["name"], "up");
    assert_eq!(up["state"], "ready");
    assert_eq!(up["tools"], 13);
    assert_eq!(up["serverInfo"]["title"], "The <i>server</i>");
    let since = up["since"].as_str().unwrap();
    assert!(since.parse::<jiff::Timestamp>().is_ok());
    let down = &status["servers"][1];
    assert_eq!(down["state"], "failed");
    assert_eq!(down["error"], "it <exits>");
    assert!(down.get("tools").is_none());
}

#[actix_web::test]
async fn answers_whose_coding_is_negotiated_say_so_to_caches_once() {
    let state = state(keyed());
    for (tool, accepted, coding, vary) in [
        ("large", None, "", "origin, accept-encoding"),
        ("large", Some("identity"), "", "origin, accept-encoding"),
        ("large", Some("gzip"), "gzip", "origin, accept-encoding"),
        ("echo", None, "", "origin"),
        ("echo", Some("gzip"), "", "origin"),
    ] {
        let request = post(&format!("/up/{tool}"), "{}");
        let request = match accepted {
            Some(accepted) => request.insert_header(("accept-encoding", accepted)),
            None => request,
        };
        let answer = send(&state, request).await;
        assert_eq!(answer.header("content-encoding"), coding);
        let said: Vec<_> = answer.headers.get_all("vary").collect();
        let said: Vec<_> = said.iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(said.join(", ").to_lowercase(), vary, "{tool} {accepted:?}");
    }
}
