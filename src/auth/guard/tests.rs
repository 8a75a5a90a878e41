use super::*;

fn guard() -> Guard {
    Guard::with_keys([
        ("first", &Secret::new("top-secret")),
        ("second", &Secret::new("pass:word")),
    ])
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
        let admission = guard().admit(Some(header)).unwrap();
        assert_eq!(admission.caller.name(), "first");
        assert_eq!(admission.proof, Proof::Bearer);
    }
}

#[test]
fn a_key_is_taken_as_password_of_any_user() {
    for text in [":top-secret", "me:top-secret"] {
        let admission = guard().admit(Some(&basic(text))).unwrap();
        assert_eq!(admission.caller.name(), "first");
        assert_eq!(admission.proof, Proof::Basic);
    }
    let admission = guard().admit(Some(&basic("user:pass:word"))).unwrap();
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
            guard().admit(header),
            Err(Refusal::Unauthenticated),
            "{header:?}"
        );
    }
}

#[test]
fn a_wrong_key_and_a_wrong_password_differ() {
    assert_eq!(
        guard().admit(Some("Bearer top-secre")),
        Err(Refusal::WrongKey)
    );
    assert_eq!(
        guard().admit(Some(&basic("user:wrong"))),
        Err(Refusal::Unauthenticated)
    );
}

#[test]
fn no_keys_let_nobody_in() {
    let guard = Guard::with_keys([]);
    assert!(guard.demands_credentials());
    assert_eq!(guard.admit(Some("Bearer x")), Err(Refusal::WrongKey));
}

#[test]
fn an_open_guard_ignores_credentials() {
    let admission = Guard::open_to_this_machine()
        .admit(Some("Bearer x"))
        .unwrap();
    assert_eq!(admission.proof, Proof::Nothing);
}

#[test]
fn a_guard_does_not_show_its_keys() {
    assert!(!format!("{:?}", guard()).contains("digest: ["));
}
