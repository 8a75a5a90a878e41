#!/usr/bin/env python3
"""Real clients of every kind, by every way into the gateway, all steps of scenario.py.

    tests/clients/run.py [FILTER]            through the gateway
    tests/clients/run.py --direct [FILTER]   at the servers themselves: what the clients can do

FILTER: only runs whose client and way, as the table has them, contain it; all that they say is shown.

unsupported.json lists the steps that a client or a way can't do, and why. It may only shrink: what
is listed there and done fails the run, as does what is not listed there and not done. Exit code 77:
a client or a server is not installed, or no Node.js is here that the Inspector runs on.
"""

import fnmatch
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import inspector
from ways import EVERYTHING, HERE, NEW, OLD, PEERS, Way, direct_ways, gateway_ways, python

SKIPPED = 77
# They wait as much as they work.
AT_A_TIME = 4
# For all runs; what was not begun by then is not.
DEADLINE = 240


@dataclass(frozen=True)
class Client:
    name: str
    program: list
    # The newest version that it agrees on.
    protocol: str = OLD
    # What makes a server at a URL one on stdio, between this client and the way.
    bridge: Path | None = None


@dataclass
class Run:
    client: Client
    way: Way
    steps: dict = field(default_factory=dict)
    said: str = ""

    @property
    def name(self):
        return f"{self.client.name} {self.way.name}"


CLIENTS = [
    Client("python-1", python("py-old", "python_sdk.py")),
    Client("python-2", python("py-new", "python_sdk.py"), NEW),
    Client("fastmcp", python("fastmcp", "fastmcp_client.py"), NEW),
    Client("typescript-1", ["node", str(HERE / "typescript.mjs"), "1"]),
    Client("typescript-2", ["node", str(HERE / "typescript.mjs"), "2"], NEW),
    Client("inspector", [sys.executable, "-B", str(HERE / "inspector.py")]),
    Client(
        "mcp-proxy", python("py-old", "python_sdk.py"), bridge=PEERS / "mcp-proxy/bin/mcp-proxy"
    ),
]


def fits(client, way):
    """Whether this client has anything to do there."""
    if client.bridge and way.transport == "stdio":
        return False
    return way.for_all or client.protocol == NEW


def take(run, deadline):
    """Runs the client's program to its end, and notes its steps."""
    client, way = run.client, run.way
    if time.monotonic() > deadline:
        run.said = "no time was left for it"
        return
    flags = ["--prefix", way.prefix, "--protocol", min(client.protocol, way.protocol)]
    if client.bridge:
        transport = way.transport.replace("-", "")
        authorization = ["--headers", "Authorization", f"Bearer {way.key}"] if way.key else []
        flags += ["--", str(client.bridge), "--transport", transport, *authorization, way.target]
    elif way.transport == "stdio":
        flags += ["--", *way.target]
    else:
        flags += ["--transport", way.transport, "--url", way.target]
        flags += ["--key", way.key] if way.key else []
    process = subprocess.Popen(
        [*client.program, *flags],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        # A group of its own, so that what it started can be ended with it.
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=max(1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
    run.said = stdout + stderr
    for line in stdout.splitlines():
        if line.startswith("{"):
            step = json.loads(line)
            run.steps[step["step"]] = step


def judge(run, listed):
    """What is wrong with a run, each as a line; `listed` is what it can't do."""
    for name, step in run.steps.items():
        if step["ok"] is True and name in listed:
            yield f"{run.name}: {name} is listed as unsupported, and was done: remove it"
        elif step["ok"] is not True and name not in listed:
            yield f"{run.name}: {name}: {step['detail']}"
    if not run.steps or run.steps.get("connect", {}).get("ok") is True and "end" not in run.steps:
        yield f"{run.name}: it did not come to its end"


def listed_for(run, unsupported):
    fitting = [
        steps for pattern, steps in unsupported.items() if fnmatch.fnmatchcase(run.name, pattern)
    ]
    return {name: why for steps in fitting for name, why in steps.items()}


def table(runs, unsupported):
    """A row for each run, a column for each step."""
    steps = list(dict.fromkeys(name for run in runs for name in run.steps))
    rows = [["client", "way", *steps]]
    for run in runs:
        listed = listed_for(run, unsupported)
        rows.append([run.client.name, run.way.name, *(mark(run, name, listed) for name in steps)])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def mark(run, name, listed):
    if name not in run.steps:
        return ""
    return "ok" if run.steps[name]["ok"] is True else "-" if name in listed else "FAILED"


def need(path):
    if not Path(path).exists():
        print(f"{path} is missing: run tests/peers/install")
        sys.exit(SKIPPED)


def main():
    words = sys.argv[1:]
    direct = "--direct" in words
    filters = [word for word in words if word != "--direct"]
    for client in CLIENTS:
        need(shutil.which(client.program[0]) or client.program[0])
        need(client.bridge or "/")
    for path in (EVERYTHING, inspector.SCRIPT):
        need(path)
    if not inspector.node():
        print(f"no Node.js {inspector.NODE_NEEDED} is here, and none is pinned for this machine")
        sys.exit(SKIPPED)
    unsupported = json.loads((HERE / "unsupported.json").read_text())
    started = time.monotonic()
    with direct_ways() if direct else gateway_ways() as ways:
        runs = [Run(client, way) for way in ways for client in CLIENTS if fits(client, way)]
        runs = [run for run in runs if all(word in run.name for word in filters)]
        # A server of the older versions tells clients without a session apart by nothing: two of
        # the same program and key are one to it, and what one switches on the other switches off.
        lanes = [[run for run in runs if run.client is client] for client in CLIENTS]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(lambda lane: [take(run, started + DEADLINE) for run in lane], lanes))
    wrong = {run.name: list(judge(run, listed_for(run, unsupported))) for run in runs}
    for run in runs:
        if filters or wrong[run.name]:
            print(f"--- {run.name}\n{run.said.strip()}")
    table(sorted(runs, key=lambda run: CLIENTS.index(run.client)), unsupported)
    lines = [line for problems in wrong.values() for line in problems]
    print(*lines, sep="\n")
    print(f"{len(runs)} runs in {time.monotonic() - started:.0f} seconds, {len(lines)} problems")
    sys.exit(1 if lines or not runs else 0)


if __name__ == "__main__":
    main()
