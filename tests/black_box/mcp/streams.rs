//! Streams of sessions that break off and are taken up again (MCP 2025-11-25, Streamable HTTP,
//! resumability), or are not.

use std::time::{Duration, Instant};

use super::callers::{Caller as _, Client, member};
use crate::gateway::{Gateway, SOON, StateFile, fixture, wait_until};

/// Reports of progress, far enough apart that a connection can be broken between two.
const SLOW: &str = r#""name":"progress","arguments":{"steps":5,"ms":150}"#;
const TOKEN: &str = r#""progressToken":"t""#;

#[test]
fn streams_of_the_newest_version_begin_with_an_event_to_resume_from() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let client = Client::session(&gateway, "/mcp", "{}");
    for stream in [client.begin("tools/call", SLOW, TOKEN), client.listen(None)] {
        let stream = stream.expect(200);
        assert!(stream.is_stream());
        let first = stream.next().unwrap();
        assert_eq!(first.data, "");
        assert!(first.id.is_some() && first.retry.is_some(), "{first:?}");
    }
    // Those of earlier versions take every event for a message.
    let client = Client::of_version(&gateway, "/mcp", "{}", "2025-06-18");
    let stream = client.begin("tools/call", SLOW, TOKEN).expect(200);
    assert!(
        stream
            .next()
            .unwrap()
            .data
            .contains("notifications/progress")
    );
}

#[test]
fn a_call_goes_on_while_its_stream_is_broken_and_is_told_from_where_it_broke() {
    let state = StateFile::new();
    let gateway = Gateway::single(&["--resume-wait", "30s"], state.fixture(&[]));
    let client = Client::session(&gateway, "/mcp", "{}");
    let stream = client.begin("tools/call", SLOW, TOKEN).expect(200);
    stream.next().unwrap();
    let seen = stream.next().unwrap();
    assert!(seen.data.contains(r#""message":"step 1""#), "{seen:?}");
    stream.hang_up();
    let again = client.listen(seen.id.as_deref()).expect(200);
    let mut steps = Vec::new();
    let response = loop {
        let message = again.message().expect("the answer comes");
        if member(&message, "result").is_some() {
            break message;
        }
        steps.push(message);
    };
    let numbers: Vec<String> = steps
        .iter()
        .map(|step| member(&member(step, "params").unwrap(), "progress").unwrap())
        .collect();
    assert_eq!(numbers, ["2", "3", "4", "5"], "{steps:?}");
    assert!(response.contains("5 steps"), "{response}");
    assert_eq!(again.message(), None, "the stream ends with the answer");
    // What has been told is kept for a while.
    let once_more = client.listen(seen.id.as_deref()).expect(200);
    once_more.message_with("step 2");
    assert_eq!(state.count("call progress"), 1);
    assert_eq!(state.count("cancelled"), 0);
}

#[test]
fn a_stream_that_is_not_taken_up_in_time_cancels_its_call() {
    let state = StateFile::new();
    let gateway = Gateway::single(&["--resume-wait", "500ms"], state.fixture(&[]));
    let client = Client::session(&gateway, "/mcp", "{}");
    let endless = r#""name":"progress","arguments":{"steps":1000,"ms":100}"#;
    let stream = client.begin("tools/call", endless, TOKEN).expect(200);
    stream.message().unwrap();
    let broke = Instant::now();
    stream.hang_up();
    state.wait_for("cancelled", 1);
    assert!(
        broke.elapsed() >= Duration::from_millis(400),
        "{:?}",
        broke.elapsed()
    );
    assert!(
        broke.elapsed() < Duration::from_secs(5),
        "{:?}",
        broke.elapsed()
    );
}

#[test]
fn without_patience_a_broken_stream_cancels_its_call_at_once() {
    let state = StateFile::new();
    let gateway = Gateway::single(&["--resume-wait", "0"], state.fixture(&[]));
    let client = Client::session(&gateway, "/mcp", "{}");
    let endless = r#""name":"progress","arguments":{"steps":1000,"ms":50}"#;
    let stream = client.begin("tools/call", endless, TOKEN).expect(200);
    stream.message().unwrap();
    let broke = Instant::now();
    stream.hang_up();
    state.wait_for("cancelled", 1);
    assert!(
        broke.elapsed() < Duration::from_secs(1),
        "{:?}",
        broke.elapsed()
    );
}

#[test]
fn what_belongs_to_no_request_is_told_behind_what_was_seen() {
    let gateway = Gateway::single(&[], fixture(&["--subscribable"]));
    let client = Client::session(&gateway, "/mcp", "{}");
    client
        .ask("resources/subscribe", r#""uri":"fixture://small""#, "")
        .result();
    let update = |number: u32| {
        let arguments = format!(r#"{{"uri":"fixture://small","more":{number}}}"#);
        client.call("update_resource", &arguments).result();
    };
    let stream = client.listen(None).expect(200);
    update(1);
    let seen = loop {
        let event = stream.next().unwrap();
        if event.data.contains(r#""more":1"#) {
            break event;
        }
    };
    update(2);
    stream.message_with(r#""more":2"#);
    stream.hang_up();
    update(3);
    let again = client.listen(seen.id.as_deref()).expect(200);
    again.message_with(r#""more":2"#);
    again.message_with(r#""more":3"#);
    // Only the newest reader is told.
    let newest = client.listen(None).expect(200);
    wait_until("the one before has ended", || again.next().is_none());
    update(4);
    newest.message_with(r#""more":4"#);
}

#[test]
fn ending_a_session_ends_its_streams_and_cancels_its_calls() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    let client = Client::session(&gateway, "/mcp", "{}");
    let stream = client.listen(None).expect(200);
    let body = client.message("tools/call", r#""name":"never","arguments":{}"#, "");
    let _call = client.post(&body).open();
    state.wait_for("call never", 1);
    client.request("DELETE").send().expect(204);
    let deadline = Instant::now() + SOON;
    while stream.next().is_some() {
        assert!(Instant::now() < deadline, "the stream does not end");
    }
    state.wait_for("cancelled", 1);
}
