use super::*;

fn paths(prefix: &str, root_path: &str) -> Paths {
    Paths {
        prefix: prefix.parse().unwrap(),
        root_path: root_path.parse().unwrap(),
        ..Paths::default()
    }
}

fn many(path: &str) -> Target<'_> {
    resolve(&Layout::Many, &Paths::default(), path)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is compared with what may be nothing"
)]
fn call<'a>(server: &'a str, tool: &'a str) -> Option<Route<'a>> {
    Some(Route::Offer {
        server: server.into(),
        offer: Offer::CallTool(tool.into()),
    })
}

#[test]
fn a_tool_is_a_segment_below_its_server() {
    assert_eq!(many("/time/convert").post, call("time", "convert"));
    assert_eq!(many("/time/convert/").post, call("time", "convert"));
    assert_eq!(many("/time/call/convert").post, call("time", "convert"));
    assert_eq!(many("/time/a%2Fb%20c").post, call("time", "a/b c"));
    assert_eq!(many("/my%20server/x").post, call("my server", "x"));
    assert_eq!(many("/time/call/call").post, call("time", "call"));
    assert_eq!(
        many("/time/openapi.json").post,
        call("time", "openapi.json")
    );
}

#[test]
fn what_is_no_path_of_ours_means_nothing() {
    for path in [
        "/",
        "",
        "*",
        "/time",
        "/time/",
        "//",
        "/time//x",
        "/time/a/b",
        "/time/call/a/b",
        "/time/call",
        "/time/mcp/x",
        "/time/sse/x",
        "/time/tools",
        "/time/%zz",
        "/time/%ff",
        "/time/%2",
        "/%ff/x",
        "/time/resources/other",
        "/time/resources/other/complete",
        "/time/resources/templates/other",
        "/time/prompts/a/b",
        "/time/prompts/a/complete/b",
    ] {
        assert_eq!(many(path), Target::default(), "{path}");
    }
}

#[test]
fn reserved_words_stay_reserved_when_percent_encoded() {
    assert_eq!(many("/time/%63all").post, None);
}

#[test]
fn a_single_server_lives_at_the_prefix() {
    let layout = Layout::Single("only".parse().unwrap());
    let paths = paths("api/v1", "");
    assert_eq!(
        resolve(&layout, &paths, "/api/v1/echo").post,
        call("only", "echo")
    );
    assert_eq!(resolve(&layout, &paths, "/echo"), Target::default());
    assert_eq!(resolve(&layout, &paths, "/health").get, Some(Route::Health));
}

#[test]
fn a_tool_may_have_the_name_of_a_page() {
    let layout = Layout::Single("only".parse().unwrap());
    let target = resolve(&layout, &Paths::default(), "/health");
    assert_eq!(target.get, Some(Route::Health));
    assert_eq!(target.post, call("only", "health"));
}

#[test]
fn docs_pages_tolerate_a_trailing_slash() {
    for (path, slash) in [("/docs", false), ("/docs/", true)] {
        assert_eq!(
            many(path).get,
            Some(Route::DocsPage {
                scope: Scope::Gateway,
                slash
            })
        );
    }
    assert_eq!(
        many("/time/docs/swagger-ui.css").get,
        Some(Route::DocsAsset {
            scope: Scope::Server("time".into()),
            file: "swagger-ui.css".into()
        })
    );
}

#[test]
fn callers_see_the_prefix_behind_what_a_proxy_strips() {
    for (prefix, root_path, seen) in [
        ("api", "proxy/", "/proxy/api/"),
        ("/", "/proxy", "/proxy/"),
        ("/", "", "/"),
    ] {
        assert_eq!(paths(prefix, root_path).public_prefix(), seen);
    }
}

#[test]
fn only_listed_routes_are_public() {
    assert!(Route::Health.is_public(false) && Route::Ready.is_public(false));
    assert!(!Route::Status.is_public(true));
    assert!(!many("/a/b").post.unwrap().is_public(true));
    assert!(!many("/docs").get.unwrap().is_public(false));
    assert!(many("/docs").get.unwrap().is_public(true));
}
