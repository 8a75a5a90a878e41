"""What the conformance suite takes for the client: the real gateway, and a REST caller that does
with it what a scenario expects. The suite starts it with the URL of the scenario's server, and
says by environment variables which scenario it is."""

import contextlib
import fcntl
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from caller import SERVER, Caller, Unexpected, expect  # noqa: E402
from gateway import gateway  # noqa: E402
from login import Person  # noqa: E402

# The last line of our output, for the runner: the suite itself does not look at exit codes.
SUCCESS = "the gateway did what the scenario expects"
# Below the suite's own deadline, so that it is we who end the gateway.
DEADLINE = 60
# The suite starts all scenarios at once; so many run at a time.
PLACES = max(1, min(4, os.cpu_count() or 1))
# What measures time to a fifth of a second.
ALONE = ("sse-retry",)
CLIENT_DOCUMENT = "https://conformance-test.local/client-metadata.json"


def use_everything(caller, person):
    person.until_ready()
    caller.use_everything()


def call_as_told(caller, person):
    person.until_ready()
    for call in CONTEXT["toolCalls"]:
        expect(caller.call(call["name"], call["arguments"]), 200)


def answer_questions(caller, person):
    person.until_ready()
    for tool in caller.tools():
        caller.call_and_answer(tool, {})


def answer_questions_between_other_calls(caller, person):
    person.until_ready()
    tools = caller.tools()
    unrelated = "test_mrtr_unrelated"
    for tool in tools:
        caller.call_and_answer(
            tool, {}, meanwhile=lambda: expect(caller.call(unrelated, {}), 200)
        )


def read_documents(caller, person):
    """The server has no `tools/call`: documents and pages are what may follow a reference."""
    person.until_ready()
    if not caller.tools():
        raise Unexpected("the document has no tool")
    expect(caller.call("lookup_user", {"id": "ada", "profile": {}}), 404)


def give_schema_back(caller, person):
    person.until_ready()
    schema = caller.tools()["json_schema_2020_12_tool"]
    expect(caller.call("json_schema_echo", {"schema": schema}), 200)


def call_only_valid_tools(caller, person):
    person.until_ready()
    tools = list(caller.tools())
    if tools != ["valid_tool"]:
        raise Unexpected(f"of all tools only valid_tool may be offered, not {tools}")
    caller.use_everything()


def step_up(caller, person):
    use_everything(caller, person)
    if person.logins != 2:
        raise Unexpected(f"two logins were to be asked for, not {person.logins}")


def get_no_login(_, person):
    status = person.settled()
    if status["state"] == "ready" or "loginUrl" in status:
        raise Unexpected(f"no login may be offered: {status}")


def get_login_refused(_, person):
    url = person.settled().get("loginUrl")
    if url is None:
        raise Unexpected("no login is offered")
    answer = person.visit(url)
    if answer.status < 400 or person.settled()["state"] == "ready":
        raise Unexpected(f"the gateway takes a callback from somebody else: {answer}")


def be_denied(_, person):
    while person.log_in():
        pass
    status = person.settled()
    if status["state"] == "ready":
        raise Unexpected(f"the server refuses every token, and is called ready: {status}")


SCENARIOS = {
    "elicitation-sep1034-client-defaults": answer_questions,
    "sep-2322-client-request-state": answer_questions_between_other_calls,
    "http-custom-headers": call_as_told,
    "http-invalid-tool-headers": call_only_valid_tools,
    "json-schema-ref-no-deref": read_documents,
    "json-schema-2020-12-preservation": give_schema_back,
    "auth/scope-step-up": step_up,
    "auth/scope-retry-limit": be_denied,
    "auth/resource-mismatch": get_no_login,
    "auth/metadata-issuer-mismatch": get_no_login,
    "auth/iss-supported-missing": get_login_refused,
    "auth/iss-wrong-issuer": get_login_refused,
    "auth/iss-unexpected": get_login_refused,
    "auth/iss-normalized": get_login_refused,
}


def entry(scenario, url):
    """The one server of the config: nothing but its URL, unless it wants a login."""
    server = {"type": "streamable-http", "url": url}
    if not scenario.startswith("auth/"):
        return server
    oauth = {"storage_type": "memory"}
    if scenario == "auth/basic-cimd":
        oauth["client_metadata_url"] = CLIENT_DOCUMENT
    if scenario.startswith("auth/client-credentials"):
        oauth["grant_type"] = "client_credentials"
    for key in ("client_id", "client_secret"):
        if key in CONTEXT:
            oauth[key] = CONTEXT[key]
    return {**server, "oauth": oauth}


@contextlib.contextmanager
def place(scenario):
    """One of the places for scenarios that run at a time, or all of them."""
    folder = Path(os.environ.get("VICEVERSA_CONFORMANCE_PLACES", tempfile.gettempdir()))
    files = [(folder / f"place-{number}").open("w") for number in range(PLACES)]
    with contextlib.ExitStack() as stack:
        for file in files:
            stack.enter_context(file)
        if scenario in ALONE:
            for file in files:
                fcntl.flock(file, fcntl.LOCK_EX)
        else:
            while not any(taken(file) for file in files):
                time.sleep(0.05)
        yield


def taken(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def run(scenario, url):
    act = SCENARIOS.get(scenario, use_everything)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        config.write_text(json.dumps({"mcpServers": {SERVER: entry(scenario, url)}}))
        arguments = ("--config", str(config), "--host", "127.0.0.1", "--port", "0")
        with gateway(*arguments) as address:
            person = Person(address)
            act(Caller(address, person.log_in_again), person)


def end(*_):
    # Unwinds, so that the gateway is ended too.
    raise SystemExit("the scenario has taken too long")


def main():
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGALRM, end)
    scenario = os.environ["MCP_CONFORMANCE_SCENARIO"]
    with place(scenario):
        signal.alarm(DEADLINE)
        try:
            run(scenario, sys.argv[-1])
        except Unexpected as error:
            sys.exit(str(error))
        except OSError:
            sys.exit(traceback.format_exc())
    print(SUCCESS)


CONTEXT = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}"))

if __name__ == "__main__":
    main()
