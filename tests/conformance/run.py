#!/usr/bin/env python3
"""Runs the official conformance suite's client scenarios of one protocol revision against the
gateway, with client.py between them.

    tests/conformance/run.py REVISION          2025-11-25 or 2026-07-28
    tests/conformance/run.py REVISION SCENARIO one scenario alone, with all that it says

expected-failures.json lists what is known to fail, and why. It may only shrink: what is listed
and passes fails the run. `scenario` stands for all of it, `scenario:check` for one check. Unlike
the suite, which scores some scenarios and only reports others, all of them count here, warnings
too, and so does what client.py itself makes of each.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from client import SUCCESS  # noqa: E402
from gateway import PEERS, ROOT  # noqa: E402

NODE_NEEDED = 22
# Of the runner of tests: nothing failed, but nothing was tested either.
SKIPPED = 77
# All scenarios begin to wait for their turn at once.
SCENARIO_TIMEOUT = 280
SUITE_TIMEOUT = 300
FOLDER = re.compile(r"(.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z")
RUNNING = re.compile(r"Running requirements \S+ \((\d+) scenarios\)")
# What rmcp's own client passes of each revision, its extensions left out: a run with less has
# not done what it should, whatever else it says.
LEAST_PASSED = {"2025-11-25": 224, "2026-07-28": 408}
# The one check that is ours: that the caller saw what the scenario expects.
CALLER = "caller"


class Result:
    """What became of one scenario."""

    def __init__(self, folder):
        checks = json.loads((folder / "checks.json").read_text())
        self.passed = sum(check["status"] == "SUCCESS" for check in checks)
        self.problems = {}
        for check in checks:
            if check["status"] in ("FAILURE", "WARNING"):
                self.problems[check["id"]] = check.get("errorMessage") or check["description"]
        if SUCCESS not in (folder / "stdout.txt").read_text().splitlines():
            said = (folder / "stderr.txt").read_text().strip().splitlines()
            self.problems[CALLER] = said[-1] if said else "it was ended"
        if not self.passed:
            self.problems.setdefault(CALLER, "no check was passed")


def node():
    pinned = sorted((PEERS / "conformance/node_modules").glob("node-*/bin/node"))
    own = shutil.which("node")
    for candidate in [*pinned, *([own] if own else [])]:
        version = subprocess.run([candidate, "--version"], capture_output=True, text=True)
        if version.returncode == 0 and int(version.stdout[1:].split(".")[0]) >= NODE_NEEDED:
            return str(candidate)
    print(f"no Node.js {NODE_NEEDED} or newer is here, and none is pinned for this machine")
    sys.exit(SKIPPED)


def suite(places, *arguments):
    script = PEERS / "conformance/node_modules/@modelcontextprotocol/conformance/dist/index.js"
    if not script.exists():
        sys.exit(f"{script} is missing: run tests/peers/install conformance")
    command = [
        node(), str(script), "client",
        # Split at spaces, so relative to where it is started.
        "--command", f"python3 -B {(HERE / 'client.py').relative_to(ROOT)}",
        "--timeout", str(SCENARIO_TIMEOUT * 1000),
        *arguments,
    ]
    environment = {**os.environ, "VICEVERSA_CONFORMANCE_PLACES": places}
    # Exit codes are not asked for: they count scored scenarios alone.
    return subprocess.run(
        command, cwd=ROOT, env=environment, timeout=SUITE_TIMEOUT, stdout=subprocess.PIPE, text=True
    ).stdout


def results(folder):
    found = {}
    for checks in sorted(folder.rglob("checks.json")):
        name = str(checks.parent.relative_to(folder))
        found[FOLDER.fullmatch(name).group(1)] = Result(checks.parent)
    return found


def judge(found, expected):
    """What is wrong with these results, each as a line."""
    wrong = []
    for scenario, result in found.items():
        if scenario in expected:
            if not result.problems:
                wrong.append(f"{scenario} is listed as an expected failure, and passes: remove it")
            continue
        for check, problem in result.problems.items():
            if f"{scenario}:{check}" not in expected:
                wrong.append(f"{scenario}: {check}: {problem}")
    for entry in expected:
        scenario, _, check = entry.partition(":")
        if scenario not in found:
            wrong.append(f"{scenario} is listed as an expected failure, and was not run")
        elif check and check not in found[scenario].problems:
            wrong.append(f"{entry} is listed as an expected failure, and does not fail: remove it")
    return wrong


def show(folder, scenario):
    for file in folder.rglob("std*.txt"):
        if file.parent.relative_to(folder).as_posix().startswith(scenario):
            text = file.read_text().strip()
            if text:
                print(f"--- {scenario}, {file.name}\n{text}")


def run_alone(revision, scenario):
    with tempfile.TemporaryDirectory() as folder:
        suite(folder, "--scenario", scenario, "--spec-version", revision, "--force", "-o", folder)
        show(Path(folder), scenario)
        for result in results(Path(folder)).values():
            print(f"{result.passed} checks passed")
            for check, problem in result.problems.items():
                print(f"{check}: {problem}")
            sys.exit(1 if result.problems else 0)
    sys.exit("the suite has no result")


def main():
    revision = sys.argv[1]
    if len(sys.argv) > 2:
        run_alone(revision, sys.argv[2])
    expected = json.loads((HERE / "expected-failures.json").read_text())[revision]
    with tempfile.TemporaryDirectory() as name:
        said = suite(name, "--requirements", revision, "-o", name)
        folder = Path(name)
        found = results(folder)
        wrong = judge(found, expected)
        for scenario in sorted(found):
            result = found[scenario]
            print(f"{scenario}: {result.passed} passed, {len(result.problems)} not")
            if any(line.startswith(f"{scenario}: ") for line in wrong):
                show(folder, scenario)
    announced = RUNNING.search(said)
    if not announced or int(announced.group(1)) != len(found):
        wrong.append(f"the suite has results of {len(found)} scenarios; it said:\n{said}")
    passed = sum(result.passed for result in found.values())
    if passed < LEAST_PASSED[revision]:
        wrong.append(f"only {passed} checks were passed, and {LEAST_PASSED[revision]} are to be")
    for line in wrong:
        print(line)
    counts = f"{len(found)} scenarios, {passed} checks passed, {len(expected)} expected failures"
    print(f"{revision}: {counts}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
