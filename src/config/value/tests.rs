use std::time::Duration;

use super::*;

#[test]
fn durations_are_a_number_and_a_unit() {
    for (text, millis) in [
        ("250ms", 250),
        ("30s", 30_000),
        ("30", 30_000),
        ("0.5", 500),
        ("1.5s", 1500),
        ("5m", 300_000),
        ("1m30s", 90_000),
        ("1h 5m", 3_900_000),
        ("1d", 86_400_000),
        (" 2s ", 2000),
    ] {
        let parsed = text.parse::<Timeout>().map(Timeout::get);
        assert_eq!(parsed, Ok(Duration::from_millis(millis)), "{text}");
    }
    for text in [
        "",
        "s",
        "5x",
        "-1s",
        "1 2",
        "30s5",
        "1..2s",
        "5 minutes",
        "NaN",
        "inf",
        "1e3",
    ] {
        assert_eq!(
            text.parse::<Timeout>(),
            Err(InvalidValue::Duration),
            "{text}"
        );
    }
    assert_eq!("0".parse::<Timeout>(), Err(InvalidValue::NoDuration));
    assert_eq!(
        "0s".parse::<Patience>().map(Patience::get),
        Ok(Duration::ZERO)
    );
    assert_eq!("31d".parse::<Timeout>(), Err(InvalidValue::LongDuration));
    assert_eq!(
        "9".repeat(400).parse::<Timeout>(),
        Err(InvalidValue::LongDuration)
    );
}

#[test]
fn sizes_are_a_number_and_a_unit() {
    for (text, bytes) in [
        ("1024", 1024),
        ("64KiB", 65536),
        ("16MiB", 16_777_216),
        ("16 mib", 16_777_216),
        ("1k", 1024),
        ("2MB", 2_000_000),
        ("4GiB", 4_294_967_296),
    ] {
        assert_eq!(text.parse::<Size>().map(Size::bytes), Ok(bytes), "{text}");
    }
    for text in ["", "MiB", "1.5MiB", "-1", "16 apples"] {
        assert_eq!(text.parse::<Size>(), Err(InvalidValue::Size), "{text}");
    }
    for text in ["0", "1023", "5GiB", "99999999999999999999999"] {
        assert_eq!(text.parse::<Size>(), Err(InvalidValue::SizeRange), "{text}");
    }
}

#[test]
fn a_name_means_loopback_when_all_its_addresses_are() {
    for (addresses, loopback) in [
        (&[][..], false),
        (&["127.0.1.1"], true),
        (&["127.0.0.1", "::1"], true),
        (&["127.0.0.1", "192.0.2.1"], false),
        (&["192.0.2.1"], false),
    ] {
        let parsed = addresses.iter().map(|address| address.parse().unwrap());
        assert_eq!(host::are_loopback_alone(parsed), loopback, "{addresses:?}");
    }
}

#[test]
fn hosts_are_addresses_or_names() {
    for (text, shown, loopback) in [
        ("127.0.0.1", "127.0.0.1", true),
        ("127.8.8.8", "127.8.8.8", true),
        ("0.0.0.0", "0.0.0.0", false),
        ("::1", "::1", true),
        ("[::1]", "::1", true),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", true),
        ("::", "::", false),
        ("localhost", "localhost", true),
        ("LocalHost.", "LocalHost.", true),
        ("my-host.invalid", "my-host.invalid", false),
    ] {
        let host: Host = text.parse().unwrap();
        assert_eq!(
            (host.to_string().as_str(), host.is_loopback()),
            (shown, loopback),
            "{text}"
        );
    }
    for text in [
        "",
        "http://localhost",
        "a b",
        "1.2.3.256",
        "1.2.3",
        "-a",
        "a..b",
        "[::1",
        "a/b",
    ] {
        assert_eq!(text.parse::<Host>(), Err(InvalidValue::Host), "{text}");
    }
    for text in ["localhost:8000", "127.0.0.1:80", "[::1]:80"] {
        assert_eq!(
            text.parse::<Host>(),
            Err(InvalidValue::HostWithPort),
            "{text}"
        );
    }
}

#[test]
fn origins_are_written_as_browsers_send_them() {
    for (text, sent) in [
        ("https://chat.example.com", "https://chat.example.com"),
        ("https://Chat.Example.com:443/", "https://chat.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ] {
        assert_eq!(
            text.parse::<Origin>().map(|o| o.to_string()),
            Ok(sent.into()),
            "{text}"
        );
    }
    for text in [
        "",
        "null",
        "example.com",
        "https://",
        "https://a/b",
        "https://*.a.com",
        "https://u@a",
        "mailto:a@b",
        "https://a?x",
    ] {
        assert_eq!(text.parse::<Origin>(), Err(InvalidValue::Origin), "{text}");
    }
    assert_eq!("*".parse(), Ok(AllowedOrigin::Any));
}

#[test]
fn path_prefixes_start_and_end_with_a_slash_and_root_paths_only_start_with_one() {
    for (text, prefix, root) in [
        ("", "/", ""),
        ("/", "/", ""),
        ("tools", "/tools/", "/tools"),
        ("/tools", "/tools/", "/tools"),
        ("tools/", "/tools/", "/tools"),
        ("/api//v1/", "/api/v1/", "/api/v1"),
    ] {
        assert_eq!(
            text.parse::<PathPrefix>().unwrap().as_str(),
            prefix,
            "{text}"
        );
        assert_eq!(text.parse::<RootPath>().unwrap().as_str(), root, "{text}");
    }
    for text in [
        "/a/../b",
        "/{x}",
        "/a?b",
        "/a#b",
        "/a b",
        "https://example.com/a/ü",
        "/a%2fb",
    ] {
        assert_eq!(
            text.parse::<PathPrefix>(),
            Err(InvalidValue::Path),
            "{text}"
        );
        assert_eq!(text.parse::<RootPath>(), Err(InvalidValue::Path), "{text}");
    }
}

#[test]
fn log_levels_of_mcpo_and_directives_are_understood() {
    for (text, directives) in [
        ("DEBUG", "debug"),
        ("Info", "info"),
        ("WARNING", "warn"),
        ("error", "error"),
        ("CRITICAL", "error"),
        ("trace", "trace"),
        ("info,viceversa=debug", "info,viceversa=debug"),
    ] {
        assert_eq!(
            text.parse::<LogFilter>().unwrap().directives(),
            directives,
            "{text}"
        );
    }
    assert_eq!(
        "debgu".parse::<LogFilter>(),
        Err(InvalidValue::LogLevel(Some("DEBUG".into())))
    );
    assert_eq!(
        "loud".parse::<LogFilter>(),
        Err(InvalidValue::LogLevel(None))
    );
    assert_eq!(
        "viceversa=loud".parse::<LogFilter>(),
        Err(InvalidValue::LogLevel(None))
    );
}
