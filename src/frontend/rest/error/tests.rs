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
        r#"{"status":502,"detail":{"message":"so \"it\" is","code":-32000,"data":{"n":1e400}}}"#
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
        (true, "may have been executed"),
        (false, "was not executed"),
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
