use actix_web::http::Method;
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::*;
use crate::frontend::route::{Endpoint, Offer, Route, Target, resolve};

fn basic() -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("me:{KEY}")))
}

/// A path for each route, and whether the contract lists the route as public.
const PATHS: [(&str, bool); 25] = [
    ("/-/reload", false),
    ("/health", true),
    ("/ready", true),
    ("/status", false),
    ("/metrics", false),
    ("/oauth/callback", true),
    ("/openapi.json", false),
    ("/openapi.yaml", false),
    ("/docs", false),
    ("/docs/swagger-ui.css", false),
    ("/up/openapi.json", false),
    ("/up/echo", false),
    ("/up/resources", false),
    ("/up/resources/read", false),
    ("/up/resources/templates", false),
    ("/up/prompts", false),
    ("/up/prompts/p", false),
    ("/up/prompts/p/complete", false),
    ("/up/resources/templates/complete", false),
    ("/mcp", false),
    ("/up/mcp", false),
    ("/sse", false),
    ("/up/sse", false),
    ("/messages", false),
    ("/up/messages", false),
];

/// Does not compile when a route is added, so that [`PATHS`] gets one of it.
fn kind(route: &Route<'_>) -> usize {
    match route {
        Route::Health => 0,
        Route::Ready => 1,
        Route::Status => 2,
        Route::Document { .. } => 3,
        Route::DocsPage { .. } => 4,
        Route::DocsAsset { .. } => 5,
        Route::Offer { offer, .. } => match offer {
            Offer::CallTool(_) => 6,
            Offer::Resources => 7,
            Offer::ReadResource => 8,
            Offer::ResourceTemplates => 9,
            Offer::Prompts => 10,
            Offer::GetPrompt(_) => 11,
            Offer::CompletePrompt(_) => 12,
            Offer::CompleteResourceTemplate => 13,
        },
        Route::Reload => 18,
        Route::Metrics => 19,
        Route::LoginCallback => 14,
        Route::Mcp { endpoint, .. } => match endpoint {
            Endpoint::Mcp => 15,
            Endpoint::Sse => 16,
            Endpoint::Messages => 17,
        },
    }
}

#[actix_web::test]
async fn every_route_but_the_listed_ones_demands_a_key() {
    let state = state(keyed());
    let mut kinds = [false; 20];
    for (path, public) in PATHS {
        let paths = Paths::default();
        let Target { get, post, delete } = resolve(&Layout::Many, &paths, path);
        for route in get.iter().chain(&post).chain(&delete) {
            kinds[kind(route)] = true;
        }
        for method in [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::DELETE,
            Method::OPTIONS,
        ] {
            let reads = method == Method::GET || method == Method::HEAD;
            let request = TestRequest::default().method(method.clone()).uri(path);
            let answer = send(&state, request).await;
            if public && reads {
                assert_eq!(answer.status, 200, "{method} {path}");
            } else {
                assert_eq!(answer.status, 401, "{method} {path}");
                let challenges: Vec<_> = answer.headers.get_all("www-authenticate").collect();
                assert_eq!(challenges, ["Bearer", "Basic realm=\"viceversa\""]);
                assert_eq!(
                    answer.text(),
                    r#"{"detail":"Missing or invalid Authorization header"}"#
                );
            }
        }
    }
    assert_eq!(kinds, [true; 20]);
}

#[actix_web::test]
async fn what_does_not_exist_is_told_to_callers_with_a_key_alone() {
    let state = state(keyed());
    for path in ["/", "/nothing/here", "/%zz", "/up/openapi.json/x"] {
        assert_eq!(send(&state, TestRequest::get().uri(path)).await.status, 401);
        let answer = send(&state, get(path)).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.text(), r#"{"detail":"Not Found"}"#);
        assert!(!answer.header("x-request-id").is_empty());
    }
}

#[actix_web::test]
async fn public_docs_open_documents_and_pages_alone() {
    let mut settings = keyed();
    settings.guard =
        Arc::new(Guard::with_keys([("key", &Secret::new(KEY))]).with_public_docs(true));
    let state = state(settings);
    for path in [
        "/docs",
        "/up/docs/",
        "/openapi.json",
        "/up/openapi.yaml",
        "/docs/swagger-ui.css",
    ] {
        let answer = send(&state, TestRequest::get().uri(path)).await;
        assert_eq!(answer.status, 200, "{path}");
    }
    for path in ["/status", "/up/resources", "/nothing/docs/x/y"] {
        assert_eq!(send(&state, TestRequest::get().uri(path)).await.status, 401);
    }
    let answer = send(&state, TestRequest::post().uri("/up/docs")).await;
    assert_eq!(answer.status, 401);
}

#[actix_web::test]
async fn wrong_credentials_have_their_statuses() {
    let state = state(keyed());
    for (header, status) in [
        ("Bearer wrong".to_owned(), 403),
        (format!("Basic {}", BASE64_STANDARD.encode("me:wrong")), 401),
        ("Basic ???".to_owned(), 401),
        ("Digest x".to_owned(), 401),
        (format!("bearer {KEY}"), 200),
        (basic(), 200),
    ] {
        let request = TestRequest::get()
            .uri("/status")
            .insert_header(("authorization", header.clone()));
        let answer = send(&state, request).await;
        assert_eq!(answer.status, status, "{header}");
        if status == 403 {
            assert_eq!(answer.text(), r#"{"detail":"Invalid API key"}"#);
        }
    }
    let twice = TestRequest::get()
        .uri("/status")
        .append_header(("authorization", format!("Bearer {KEY}")))
        .append_header(("authorization", "Bearer wrong"));
    assert_eq!(send(&state, twice).await.status, 401);
}

#[actix_web::test]
async fn a_password_changes_nothing_on_behalf_of_a_foreign_page() {
    const OURS: Option<&str> = Some("http://localhost:8000");
    const FOREIGN: Option<&str> = Some("https://evil.example");
    const NULL: Option<&str> = Some("null");
    let state = state(keyed());
    // What a browser says of the site decides; only where it says nothing does the origin.
    for (site, origins) in [
        (
            None,
            [(None, 403), (OURS, 200), (FOREIGN, 403), (NULL, 403)],
        ),
        (
            Some("same-origin"),
            [(None, 200), (OURS, 200), (FOREIGN, 200), (NULL, 200)],
        ),
        (
            Some("none"),
            [(None, 200), (OURS, 200), (FOREIGN, 200), (NULL, 200)],
        ),
        (
            Some("same-site"),
            [(None, 403), (OURS, 403), (FOREIGN, 403), (NULL, 403)],
        ),
        (
            Some("cross-site"),
            [(None, 403), (OURS, 403), (FOREIGN, 403), (NULL, 403)],
        ),
        (
            Some("nonsense"),
            [(None, 403), (OURS, 403), (FOREIGN, 403), (NULL, 403)],
        ),
    ] {
        for (origin, status) in origins {
            let request = || {
                let request = post("/up/echo", "{}");
                let request = match site {
                    Some(site) => request.insert_header(("sec-fetch-site", site)),
                    None => request,
                };
                match origin {
                    Some(origin) => request.insert_header(("origin", origin)),
                    None => request,
                }
            };
            let by_password = request().insert_header(("authorization", basic()));
            let answer = send(&state, by_password).await;
            assert_eq!(answer.status, status, "{site:?} {origin:?}");
            // A program's key is no browser's doing: `*` is listed here.
            assert_eq!(send(&state, request()).await.status, 200);
        }
    }
    let twice = post("/up/echo", "{}")
        .insert_header(("authorization", basic()))
        .append_header(("sec-fetch-site", "same-origin"))
        .append_header(("sec-fetch-site", "cross-site"));
    assert_eq!(send(&state, twice).await.status, 403);
    let reading = get("/status")
        .insert_header(("authorization", basic()))
        .insert_header(("sec-fetch-site", "cross-site"));
    assert_eq!(send(&state, reading).await.status, 200);
}

#[actix_web::test]
async fn without_a_key_only_this_machine_is_served() {
    let state = state(open());
    for (host, status) in [
        ("localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]", 200),
        ("evil.example", 403),
    ] {
        let request = TestRequest::get()
            .uri("/status")
            .insert_header(("host", host));
        assert_eq!(send(&state, request).await.status, status, "{host}");
    }
    assert_eq!(
        send(&state, TestRequest::get().uri("/status")).await.status,
        403
    );
    for (origin, status) in [
        ("http://localhost:8000", 200),
        ("http://localhost:3000", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ] {
        let request = post("/up/echo", "{}").insert_header(("origin", origin));
        assert_eq!(send(&state, request).await.status, status, "{origin}");
    }
}

#[actix_web::test]
async fn a_preflight_needs_no_key_and_reflects_the_headers() {
    let request = || {
        TestRequest::default()
            .method(Method::OPTIONS)
            .uri("/up/echo")
            .insert_header(("host", "localhost:8000"))
            .insert_header(("origin", "https://app.example"))
            .insert_header(("access-control-request-method", "POST"))
            .insert_header(("access-control-request-headers", "authorization, x-foo"))
    };
    let answer = send(&state(keyed()), request()).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "authorization, x-foo"
    );
    assert!(
        answer
            .header("access-control-allow-methods")
            .contains("POST")
    );
    assert!(!answer.header("access-control-max-age").is_empty());
    assert_eq!(send(&state(open()), request()).await.status, 403);
}

#[actix_web::test]
async fn errors_carry_cors_headers_and_the_request_id() {
    let state = state(keyed());
    for (request, status) in [
        (TestRequest::get().uri("/status"), 401),
        (
            get("/status").insert_header(("authorization", "Bearer wrong")),
            403,
        ),
        (get("/nothing"), 404),
        (post("/up/echo", "["), 422),
        (get("/up/echo").method(Method::DELETE), 405),
    ] {
        let request = request
            .insert_header(("origin", "https://app.example"))
            .insert_header(("x-request-id", "mine-1"));
        let answer = send(&state, request).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(
            answer
                .header("access-control-expose-headers")
                .contains("X-Request-Id")
        );
        assert_eq!(answer.header("x-request-id"), "mine-1");
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(answer.text().starts_with(r#"{"detail":"#));
    }
}

#[actix_web::test]
async fn another_method_is_told_which_ones_there_are() {
    let state = state(keyed());
    for (path, method, status, allow) in [
        ("/up/echo", Method::GET, 405, "POST"),
        ("/up/nothing", Method::GET, 404, ""),
        ("/nothing/echo", Method::GET, 404, ""),
        ("/up/call/call", Method::GET, 405, "POST"),
        ("/health", Method::POST, 405, "GET, HEAD"),
        ("/openapi.json", Method::POST, 405, "GET, HEAD"),
        ("/up/docs", Method::PUT, 405, "GET, HEAD, POST"),
        ("/up/prompts", Method::PUT, 405, "GET, HEAD"),
        ("/up/echo", Method::OPTIONS, 405, "POST"),
    ] {
        let answer = send(&state, get(path).method(method.clone())).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}

#[actix_web::test]
async fn a_draining_gateway_refuses_all_but_probes() {
    let state = state(keyed());
    assert_eq!(
        send(&state, get("/ready")).await.text(),
        r#"{"status":"ready"}"#
    );
    state.drain.start();
    let answer = send(&state, post("/up/echo", "{}")).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(send(&state, get("/health")).await.status, 200);
    let ready = send(&state, get("/ready")).await;
    assert_eq!(
        (ready.status, ready.text()),
        (503, r#"{"status":"draining"}"#)
    );
}

#[actix_web::test]
async fn a_gateway_is_ready_when_one_of_its_servers_is_up_or_on_its_way_back() {
    use Phase::{Failed, Ready, Restarting, Starting, Stopped};
    for (phases, status, word) in [
        ([Starting, Starting], 503, "starting"),
        ([Starting, Failed], 503, "starting"),
        ([Failed, Failed], 503, "failed"),
        ([Failed, Stopped], 503, "failed"),
        ([Starting, Ready], 200, "ready"),
        ([Ready, Failed], 200, "ready"),
        ([Failed, Restarting], 200, "ready"),
    ] {
        let mut settings = keyed();
        settings.registry = Registry::new(crate::gateway::Roster::new(["one", "two"].map(server)));
        for (server, phase) in settings.registry.roster().servers().zip(phases) {
            server.update(|state| state.phase = phase);
        }
        let ready = send(&state(settings), get("/ready")).await;
        assert_eq!(
            (ready.status, ready.text()),
            (status, format!(r#"{{"status":"{word}"}}"#).as_str()),
            "{phases:?}"
        );
    }
}
