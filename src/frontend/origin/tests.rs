use super::*;

#[test]
fn loopback_hosts_are_names_that_no_stranger_can_own() {
    for host in [
        "localhost",
        "LOCALHOST:8000",
        "127.0.0.1",
        "127.8.9.1:1",
        "[::1]",
        "[::1]:8000",
    ] {
        assert!(is_loopback(host), "{host}");
    }
    for host in [
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[::2]",
        "0.0.0.0:8000",
        "::1",
    ] {
        assert!(!is_loopback(host), "{host}");
    }
}

#[test]
fn an_origin_is_ours_when_host_and_port_are() {
    for (origin, host) in [
        ("http://localhost:8000", "localhost:8000"),
        ("https://api.example", "api.example"),
        ("https://api.example", "api.example:443"),
        ("http://API.example:80", "api.example"),
        ("http://[::1]:8000", "[::1]:8000"),
    ] {
        assert!(is_own(origin.as_bytes(), Some(host)), "{origin} {host}");
    }
    for (origin, host) in [
        ("http://localhost:3000", "localhost:8000"),
        ("http://evil.example", "localhost"),
        ("null", "localhost"),
        ("file://", "localhost"),
        ("", ""),
    ] {
        assert!(!is_own(origin.as_bytes(), Some(host)), "{origin} {host}");
    }
    assert!(!is_own(b"http://x", None));
}
