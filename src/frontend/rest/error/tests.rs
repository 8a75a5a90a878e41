use super::*;
use crate::{gateway::Phase, json::Raw};

fn rpc(code: i64) -> Failure {
    let error = ExchangeError::Rpc {
        code,
        message: "so \"it\" is".into(),
        data: Some(Raw::from_static(r#"{"n":1e400}"#)),
    };
    Failure::from_exchange(error, "server")
}

#[test]
fn json_rpc_errors_keep_message_code_and_data() {
    assert_eq!(
        rpc(-32000).event_data(),
        r#"{"status":502,"detail":{"message":"so \"it\" is","code":-32000,"data":{"n":1e400},"mayHaveRun":true}}"#
    );
}

#[test]
fn json_rpc_codes_have_their_statuses() {
    for (code, status) in [
        (-32700, 400),
        (-32600, 400),
        (-32601, 404),
        (-32002, 404),
        (-32602, 422),
        (-32042, 409),
        (-32603, 502),
        (7, 502),
    ] {
        assert_eq!(rpc(code).status.as_u16(), status, "{code}");
    }
}

#[test]
fn a_server_that_is_down_says_when_to_come_back() {
    let failure = Failure::from_exchange(
        ExchangeError::NotReady {
            message: "it exits".into(),
            phase: Phase::Failed,
            retry_after: Duration::from_millis(2500),
        },
        "time",
    );
    assert_eq!(
        failure.detail,
        r#"{"message":"it exits","server":"time","state":"failed"}"#
    );
    assert_eq!(
        failure.response().headers().get("retry-after").unwrap(),
        "3"
    );
}

#[test]
fn a_death_says_whether_the_call_may_have_run() {
    for (may_have_run, text) in [
        (true, r#"may have been executed","mayHaveRun":true"#),
        (false, r#"was not executed","mayHaveRun":false"#),
    ] {
        let failure = Failure::from_exchange(
            ExchangeError::Died {
                reason: "it died".into(),
                may_have_run,
            },
            "s",
        );
        assert_eq!(failure.status, StatusCode::BAD_GATEWAY);
        assert!(failure.detail.contains(text));
    }
}

#[test]
fn an_answer_that_cannot_be_used_may_be_that_of_a_call_that_ran() {
    let failure = Failure::from_exchange(ExchangeError::Unusable("it is too long".into()), "s");
    assert_eq!(
        failure.detail,
        r#"{"message":"it is too long; the call may have been executed","mayHaveRun":true}"#
    );
    // The other errors of the upstream say that they are the caller's to mend.
    assert!(!rpc(-32602).detail.contains("mayHaveRun"));
}

#[test]
fn what_is_too_large_is_said_as_of_a_body() {
    let failure = Failure::from_exchange(ExchangeError::TooLarge("too much".into()), "s");
    assert_eq!(
        (failure.status.as_u16(), &*failure.detail),
        (413, r#""too much""#)
    );
}
