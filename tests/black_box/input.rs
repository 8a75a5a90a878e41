//! Tools that ask their caller something in the call, in both protocol eras.

use serde_json::{Value, json};

use crate::gateway::{Gateway, StateFile, is_alive, wait_until_gone};
use crate::http::Response;

const CALL: &str = "application/vnd.mcp.call+json";
const INPUT_REQUIRED: &str = "application/vnd.mcp.input-required+json";

fn offer(gateway: &Gateway, call: &Value) -> Response {
    gateway
        .request("POST", "/elicit")
        .header("Content-Type", CALL)
        .body(call.to_string())
        .send()
}

/// The name of the one question, and the state to give back.
fn question(answer: &Response) -> (String, Value) {
    assert_eq!(answer.header("content-type"), Some(INPUT_REQUIRED));
    let asked = answer.json();
    let requests = asked["inputRequests"].as_object().unwrap();
    assert_eq!(requests.len(), 1, "{asked:#}");
    let (name, request) = requests.iter().next().unwrap();
    assert_eq!(request["method"], "elicitation/create", "{asked:#}");
    (name.clone(), asked["requestState"].clone())
}

#[test]
fn a_caller_that_offers_input_is_asked_and_completes_the_call_in_either_era() {
    for era in ["legacy", "stateless"] {
        let state = StateFile::new();
        let gateway = Gateway::single(&[], state.fixture(&["--era", era]));
        let asked = offer(&gateway, &json!({"arguments": {}})).expect(409);
        let (name, request_state) = question(&asked);
        let answer = offer(
            &gateway,
            &json!({
                "arguments": {},
                "requestState": request_state,
                "inputResponses": {name: {"action": "accept", "content": {"name": "Ada"}}},
            }),
        )
        .expect(200);
        assert!(answer.text().contains("Ada"), "{era}: {answer}");
    }
}

#[test]
fn a_caller_that_offers_no_input_is_not_asked() {
    for era in ["legacy", "stateless"] {
        let state = StateFile::new();
        let gateway = Gateway::single(&[], state.fixture(&["--era", era]));
        gateway.call("/elicit", &json!({})).expect(422).detail();
    }
}

#[test]
fn a_suspended_call_goes_on_only_once_and_only_as_it_was() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&["--era", "legacy"]));
    let (name, request_state) = question(&offer(&gateway, &json!({"arguments": {}})).expect(409));
    let answers = json!({&name: {"action": "decline"}});
    let go_on = |arguments: Value, state: &Value, answers: &Value| {
        offer(
            &gateway,
            &json!({"arguments": arguments, "requestState": state, "inputResponses": answers}),
        )
    };
    go_on(json!({"other": 1}), &request_state, &answers).expect(422);
    go_on(json!({}), &json!("made up"), &answers).expect(422);
    let lacking = go_on(json!({}), &request_state, &json!({})).expect(422);
    assert!(lacking.text().contains(&name), "{lacking}");
    go_on(json!({}), &request_state, &answers).expect(200);
    go_on(json!({}), &request_state, &answers).expect(422);
}

#[test]
fn the_process_of_a_suspended_call_ends_with_the_call_or_the_gateway() {
    let state = StateFile::new();
    let mut gateway = Gateway::single(&[], state.fixture(&["--era", "legacy"]));
    let (name, request_state) = question(&offer(&gateway, &json!({"arguments": {}})).expect(409));
    state.wait_for("start ", 2);
    let pids = state.pids("start");
    assert!(pids.iter().all(|pid| is_alive(*pid)), "{:?}", state.lines());
    offer(
        &gateway,
        &json!({
            "arguments": {},
            "requestState": request_state,
            "inputResponses": {name: {"action": "cancel"}},
        }),
    )
    .expect(200);
    wait_until_gone(&pids[1..2]);
    assert!(is_alive(pids[0]), "the shared process goes on");

    offer(&gateway, &json!({"arguments": {}})).expect(409);
    state.wait_for("start ", 3);
    gateway.signal(rustix::process::Signal::TERM);
    gateway.wait_for_end(crate::gateway::SOON);
    wait_until_gone(&state.pids("start"));
}

#[test]
fn a_caller_that_never_answers_holds_a_few_places_alone() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&["--era", "legacy"]));
    let ask = || question(&offer(&gateway, &json!({"arguments": {}})).expect(409));
    let states: Vec<_> = (0..9).map(|_| ask()).collect();
    state.wait_for("start ", 10);
    let go_on = |(name, request_state): &(String, Value)| {
        offer(
            &gateway,
            &json!({
                "arguments": {},
                "requestState": request_state,
                "inputResponses": {name: {"action": "decline"}},
            }),
        )
    };
    wait_until_gone(&state.pids("start")[1..2]);
    go_on(&states[0]).expect(422);
    go_on(&states[1]).expect(200);
    go_on(&states[8]).expect(200);
}

#[test]
fn a_suspended_call_whose_process_dies_tells_so_and_leaves_its_place() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&["--era", "legacy"]));
    let (name, request_state) = question(&offer(&gateway, &json!({"arguments": {}})).expect(409));
    state.wait_for("start ", 2);
    let pid = state.pids("start")[1];
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    // Nobody waits for it meanwhile, and it leaves no zombie.
    wait_until_gone(&[pid]);
    let end = offer(
        &gateway,
        &json!({
            "arguments": {},
            "requestState": request_state,
            "inputResponses": {name: {"action": "decline"}},
        }),
    );
    end.expect(502);
}
