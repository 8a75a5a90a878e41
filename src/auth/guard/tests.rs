use base64::Engine as _;
use futures_util::FutureExt as _;

use super::*;

fn guard() -> Guard {
    Guard::with_keys([
        ("first", &Secret::new("top-secret")),
        ("second", &Secret::new("pass:word")),
    ])
}

/// What this guard says to this header; keys of a config make nobody wait.
fn admit(guard: &Guard, authorization: Option<&str>) -> Result<Admission, Refusal> {
    let credentials = Credentials {
        authorization,
        api_key: None,
    };
    guard.admit(&credentials).now_or_never().unwrap()
}

fn basic(text: &str) -> String {
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(text))
}

#[test]
fn a_key_is_taken_as_bearer_whatever_the_case_of_the_scheme() {
    for header in [
        "Bearer top-secret",
        "bearer  top-secret ",
        "BEARER top-secret",
    ] {
        let admission = admit(&guard(), Some(header)).unwrap();
        assert_eq!(admission.caller.name(), "first");
        assert_eq!(admission.proof, Proof::Bearer);
    }
}

#[test]
fn a_key_is_taken_as_password_of_any_user() {
    for text in [":top-secret", "me:top-secret"] {
        let admission = admit(&guard(), Some(&basic(text))).unwrap();
        assert_eq!(admission.caller.name(), "first");
        assert_eq!(admission.proof, Proof::Basic);
    }
    let admission = admit(&guard(), Some(&basic("user:pass:word"))).unwrap();
    assert_eq!(admission.caller.name(), "second");
}

#[test]
fn what_is_missing_or_malformed_is_unauthenticated() {
    for header in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer  "),
        Some("top-secret"),
        Some("Token top-secret"),
        Some("Basic !!!"),
        Some("Basic bm9jb2xvbg=="),
    ] {
        assert_eq!(
            admit(&guard(), header),
            Err(Refusal::Unauthenticated),
            "{header:?}"
        );
    }
}

#[test]
fn a_wrong_key_and_a_wrong_password_differ() {
    assert_eq!(
        admit(&guard(), Some("Bearer top-secre")),
        Err(Refusal::WrongKey)
    );
    assert_eq!(
        admit(&guard(), Some(&basic("user:wrong"))),
        Err(Refusal::Unauthenticated)
    );
}

#[test]
fn no_keys_let_nobody_in() {
    let guard = Guard::with_keys([]);
    assert!(guard.demands_credentials());
    assert_eq!(admit(&guard, Some("Bearer x")), Err(Refusal::WrongKey));
}

#[test]
fn an_open_guard_ignores_credentials() {
    let admission = admit(&Guard::open_to_this_machine(), Some("Bearer x")).unwrap();
    assert_eq!(admission.proof, Proof::Nothing);
}

#[test]
fn a_guard_does_not_show_its_keys() {
    let shown = format!("{:?}", guard());
    assert!(!shown.contains('[') && shown.contains("first"), "{shown}");
}

#[test]
fn a_key_may_come_in_a_header_of_its_own_if_there_is_no_other_credential() {
    let api_key = Some("top-secret");
    let credentials = |authorization| Credentials {
        authorization,
        api_key,
    };
    let guard = guard();
    let admit = |it: &Credentials<'_>| guard.admit(it).now_or_never().unwrap();
    let admission = admit(&credentials(None)).unwrap();
    assert_eq!(admission.caller.name(), "first");
    assert_eq!(admission.proof, Proof::Bearer);
    // What comes first counts, or a wrong key could be hidden behind a right one.
    let wrong = admit(&credentials(Some("Bearer wrong")));
    assert_eq!(wrong, Err(Refusal::WrongKey));
}
