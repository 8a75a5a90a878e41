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
import sys
import tempfile
from pathlib import Path

import suite
from client import SUCCESS
from gateway import ROOT

# All scenarios begin to wait for their turn at once.
SCENARIO_TIMEOUT = 280
SUITE_TIMEOUT = 300
# What rmcp's own client passes of each revision, its extensions left out: a run with less has
# not done what it should, whatever else it says.
LEAST_PASSED = {"2025-11-25": 224, "2026-07-28": 408}
# The one check that is ours: that the caller saw what the scenario expects.
CALLER = "caller"


class Result(suite.Result):
    """What became of one scenario, and of its caller."""

    def __init__(self, folder):
        super().__init__(folder)
        if SUCCESS not in (folder / "stdout.txt").read_text().splitlines():
            said = (folder / "stderr.txt").read_text().strip().splitlines()
            self.problems[CALLER] = said[-1] if said else "it was ended"
        if not self.passed:
            self.problems.setdefault(CALLER, "no check was passed")


def run(places, *arguments):
    return suite.run(
        "client",
        # Split at spaces, so relative to where it is started.
        "--command", f"python3 -B {(suite.HERE / 'client.py').relative_to(ROOT)}",
        "--timeout", str(SCENARIO_TIMEOUT * 1000),
        *arguments,
        timeout=SUITE_TIMEOUT,
        environment={"VICEVERSA_CONFORMANCE_PLACES": places},
    )


def show(folder, scenario):
    for file in folder.rglob("std*.txt"):
        if file.parent.relative_to(folder).as_posix().startswith(scenario):
            text = file.read_text().strip()
            if text:
                print(f"--- {scenario}, {file.name}\n{text}")


def run_alone(revision, scenario):
    with tempfile.TemporaryDirectory() as folder:
        run(folder, "--scenario", scenario, "--spec-version", revision, "--force", "-o", folder)
        show(Path(folder), scenario)
        for result in suite.results(Path(folder), Result).values():
            print(f"{result.passed} checks passed")
            for check, problem in result.problems.items():
                print(f"{check}: {problem}")
            sys.exit(1 if result.problems else 0)
    sys.exit("the suite has no result")


def main():
    revision = sys.argv[1]
    if len(sys.argv) > 2:
        run_alone(revision, sys.argv[2])
    expected = json.loads((suite.HERE / "expected-failures.json").read_text())[revision]
    with tempfile.TemporaryDirectory() as name:
        said = run(name, "--requirements", revision, "-o", name)
        folder = Path(name)
        found = suite.results(folder, Result)
        wrong = suite.judge(found, expected)
        for scenario in sorted(found):
            result = found[scenario]
            print(f"{scenario}: {result.passed} passed, {len(result.problems)} not")
            if any(line.startswith(f"{scenario}: ") for line in wrong):
                show(folder, scenario)
    wrong += suite.missing(found, said)
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
