use super::*;

fn rules(whitelist: &[&str], blacklist: &[&str]) -> Forwarding {
    let patterns = |texts: &[&str]| texts.iter().map(|text| Pattern::new(text)).collect();
    Forwarding::new(patterns(whitelist), patterns(blacklist))
}

/// The names of what is forwarded of headers with these names.
fn forwarded(rules: &Forwarding, names: &[&str]) -> Vec<String> {
    let lower: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let headers = lower.iter().map(|name| (name.as_str(), b"v".as_slice()));
    let selection = rules.select(&headers.collect::<Vec<_>>());
    assert_eq!(
        selection.identity.names().count() + selection.withheld.len(),
        names.len()
    );
    selection.identity.names().map(str::to_owned).collect()
}

#[test]
fn lists_mean_what_they_mean_to_mcpo_in_any_case() {
    let sent = ["X-User-Id", "X-User-Mail", "X-Team", "X-Other"];
    for (whitelist, blacklist, expected) in [
        (&[][..], &[][..], &sent[..]),
        (&["*"], &[], &sent),
        (&["X-USER-*"], &[], &["X-User-Id", "X-User-Mail"]),
        (&["x-team", "x-user-id"], &[], &["X-User-Id", "X-Team"]),
        (&["x-user"], &[], &[]),
        (&["*-id"], &[], &[]),
        (&[], &["X-User-*"], &["X-Team", "X-Other"]),
        (&["x-user-*"], &["x-user-mail"], &["X-User-Id"]),
        (&["x-team"], &["*"], &[]),
    ] {
        let mut expected: Vec<String> = expected
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        expected.sort();
        assert_eq!(
            forwarded(&rules(whitelist, blacklist), &sent),
            expected,
            "{whitelist:?} {blacklist:?}"
        );
    }
}

#[test]
fn what_must_not_pass_does_not_however_it_is_asked_for() {
    let never = [
        "Connection",
        "Keep-Alive",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Host",
        "Content-Length",
        "Content-Type",
        "Content-Encoding",
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Cookie",
        "Authorization",
        "X-API-Key",
        "Mcp-Session-Id",
        "Mcp-Method",
        "MCP-Protocol-Version",
        "Origin",
        "Sec-Fetch-Site",
        "Last-Event-ID",
        "Expect",
    ];
    let named: Vec<&str> = never.iter().copied().chain(["*"]).collect();
    for whitelist in [&[][..], &["*"], &named] {
        assert_eq!(forwarded(&rules(whitelist, &[]), &never), [""; 0]);
    }
}

#[test]
fn what_connection_names_is_of_the_connection() {
    let headers = [
        ("connection", b"close, X-User".as_slice()),
        ("x-user", b"ada"),
        ("x-team", b"blue"),
        ("x-upstream-authorization", b"Bearer t"),
        ("connection", b"x-upstream-authorization"),
    ];
    let selection = rules(&["x-*"], &[]).select(&headers);
    assert_eq!(selection.identity.names().collect::<Vec<_>>(), ["x-team"]);
}

#[test]
fn what_says_nothing_of_the_caller_passes_only_by_name() {
    let sent = [
        "X-Forwarded-User",
        "X-Forwarded-For",
        "User-Agent",
        "X-Request-Id",
    ];
    for (whitelist, expected) in [
        (&[][..], &[][..]),
        (&["*"], &[]),
        (&["x-*", "user-*"], &[]),
        (&["X-Forwarded-*"], &["x-forwarded-for", "x-forwarded-user"]),
        (&["X-Forwarded-User"], &["x-forwarded-user"]),
        (&["*", "User-Agent"], &["user-agent"]),
    ] {
        let rules = rules(whitelist, &[]);
        assert_eq!(forwarded(&rules, &sent), expected, "{whitelist:?}");
    }
}

#[test]
fn a_configured_header_gives_way_only_to_one_that_the_whitelist_names() {
    for (whitelist, expected) in [
        (&[][..], &["x-user"][..]),
        (&["x-*"], &["x-user"]),
        (&["X-Tenant", "x-user"], &["x-tenant", "x-user"]),
    ] {
        let rules = rules(whitelist, &[]).beside(["X-Tenant"]);
        let sent = ["X-Tenant", "X-User"];
        assert_eq!(forwarded(&rules, &sent), expected, "{whitelist:?}");
    }
}

#[test]
fn credentials_for_the_server_come_in_a_header_of_their_own() {
    let headers = [
        ("authorization", b"Bearer ours".as_slice()),
        ("x-upstream-authorization", b"Bearer theirs"),
        ("x-key-for-them", b"Bearer other"),
    ];
    let select = |rules: Forwarding| {
        let selection = rules.select(&headers);
        let headers = selection.identity.headers();
        headers
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
            .collect::<Vec<_>>()
    };
    let theirs = ["authorization: Bearer theirs"];
    assert_eq!(select(rules(&["x-user"], &[])), theirs);
    assert_eq!(
        select(rules(&["x-user"], &[]).with_credential_header("X-Key-For-Them")),
        ["authorization: Bearer other"]
    );
    for switched_off in ["Authorization", "X-Upstream-*", "*"] {
        assert_eq!(select(rules(&["x-user"], &[switched_off])), [""; 0]);
    }
}
