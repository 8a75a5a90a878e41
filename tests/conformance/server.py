#!/usr/bin/env python3
"""Runs the official conformance suite's server scenarios of one protocol revision against
conformance-server (tests/fixtures), alone or with the gateway before it.

    tests/conformance/server.py REVISION               all ways, side by side
    tests/conformance/server.py REVISION WAY           one of them
    tests/conformance/server.py REVISION WAY SCENARIO  one scenario alone, with all its checks

The ways are `direct`, without a gateway, and those through it: `http` and `stdio`, to a server
that speaks both eras, and `legacy` and `stateless`, to one over HTTP that speaks one era alone.

expected-server-failures.json says of each revision and way how many checks pass at least, and
lists what is known to fail, and why: `scenario` stands for all of it, `scenario:check` for one
check. The lists may only shrink and the numbers only grow: what is listed and passes fails the
run. All scenarios count, also those that the suite doesn't score, and so do warnings.

`--json FILE` adds a line to the file for each way, with what it passed.
"""

import argparse
import concurrent.futures
import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import suite
from gateway import ROOT, gateway

FIXTURE = ROOT / "target/debug/examples/conformance-server"
# What the fixture is started with, and whether over HTTP; without a gateway it always is.
WAYS = {
    "direct": ([], True),
    "http": ([], True),
    "stdio": ([], False),
    "legacy": (["--era", "legacy"], True),
    "stateless": (["--era", "stateless"], True),
}
SUITE_TIMEOUT = 150
READY_TIMEOUT = 30


@contextlib.contextmanager
def fixture(*arguments):
    """Runs the fixture over HTTP, and ends it by its process id; gives the URL of its endpoint."""
    process = subprocess.Popen(
        [str(FIXTURE), "--http", "0", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said, _, url = process.stdout.readline().strip().rpartition(" ")
        if said != "listening on":
            sys.exit("conformance-server did not say where it listens")
        yield url
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextlib.contextmanager
def endpoint(way):
    """Gives the URL that the suite is to talk to."""
    arguments, over_http = WAYS[way]
    with contextlib.ExitStack() as stack:
        if over_http:
            url = stack.enter_context(fixture(*arguments))
            if way == "direct":
                yield url
                return
            server = {"url": url}
        else:
            server = {"command": str(FIXTURE), "args": arguments}
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = folder / "config.json"
        config.write_text(json.dumps({"mcpServers": {"fixture": server}}))
        flags = ["--config", str(config), "--host", "127.0.0.1", "--port", "0"]
        address = stack.enter_context(gateway(*flags))
        wait_until_ready(address)
        yield f"{address}/fixture/mcp"


def wait_until_ready(address):
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"{address}/ready", timeout=READY_TIMEOUT):
                return
        time.sleep(0.05)
    sys.exit("the gateway was not ready in time")


def run_alone(revision, way, scenario):
    with tempfile.TemporaryDirectory() as folder, endpoint(way) as url:
        said = suite.run(
            "server", "--url", url, "--scenario", scenario, "--spec-version", revision,
            "--force", "--verbose", "-o", folder,
            timeout=SUITE_TIMEOUT,
        )
        print(said)
        found = suite.results(Path(folder), prefix="server-")
    sys.exit(1 if not found or any(result.problems for result in found.values()) else 0)


def run_way(revision, way, record):
    expected = json.loads((suite.HERE / "expected-server-failures.json").read_text())
    expected = expected[revision][way]
    with tempfile.TemporaryDirectory() as folder, endpoint(way) as url:
        said = suite.run(
            "server", "--url", url, "--requirements", revision, "-o", folder,
            timeout=SUITE_TIMEOUT,
        )
        found = suite.results(Path(folder), prefix="server-")
    wrong = suite.judge(found, expected["failures"]) + suite.missing(found, said)
    counts = {"revision": revision, "way": way}
    for count in ("passed", "failed", "warnings"):
        counts[count] = sum(getattr(result, count) for result in found.values())
    if counts["passed"] < expected["least_passed"]:
        wrong.append(
            f"only {counts['passed']} checks were passed, and {expected['least_passed']} are to be"
        )
    for scenario, result in found.items():
        print(f"{scenario}: {result.passed} passed, {len(result.problems)} not")
    for line in wrong:
        print(line)
    print(
        f"{revision}, {way}: {len(found)} scenarios, {counts['passed']} checks passed, "
        f"{counts['failed']} failed, {counts['warnings']} warnings, "
        f"{len(expected['failures'])} expected failures"
    )
    if record:
        # One write of a line, so that several can share the file.
        with open(record, "a") as file:
            file.write(json.dumps(counts) + "\n")
    sys.exit(1 if wrong else 0)


def run_all(revision, record):
    """Each way is a process of its own, so that what it says stays together."""

    def run(way):
        command = [sys.executable, "-B", __file__, revision, way]
        command += ["--json", record] if record else []
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    with concurrent.futures.ThreadPoolExecutor(len(WAYS)) as pool:
        runs = dict(zip(WAYS, pool.map(run, WAYS)))
    for way, ended in runs.items():
        print(f"=== {way}\n{ended.stdout}", end="")
    codes = {ended.returncode for ended in runs.values()}
    for way, ended in runs.items():
        print(ended.stdout.strip().splitlines()[-1] if ended.stdout.strip() else f"{way}: nothing")
    sys.exit(codes.pop() if len(codes) == 1 else 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("revision", choices=suite.REVISIONS)
    parser.add_argument("way", nargs="?", choices=WAYS)
    parser.add_argument("scenario", nargs="?")
    parser.add_argument("--json", metavar="FILE", help="add a line about each way to this file")
    arguments = parser.parse_args()
    suite.node()
    if not FIXTURE.exists():
        sys.exit(f"{FIXTURE} is missing: cargo build --bins --examples")
    if not arguments.way:
        run_all(arguments.revision, arguments.json)
    if arguments.scenario:
        run_alone(arguments.revision, arguments.way, arguments.scenario)
    run_way(arguments.revision, arguments.way, arguments.json)


if __name__ == "__main__":
    main()
