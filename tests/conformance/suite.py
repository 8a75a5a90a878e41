"""The official conformance suite: how it is run, and what its results say."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from gateway import PEERS, ROOT  # noqa: E402

REVISIONS = ("2025-11-25", "2026-07-28")
NODE_NEEDED = 22
# Of the runner of tests: nothing failed, but nothing was tested either.
SKIPPED = 77
FOLDER = re.compile(r"(.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z")
ANNOUNCED = re.compile(r"Running requirements \S+ \((\d+) scenarios\)")


class Result:
    """What became of one scenario."""

    def __init__(self, folder):
        checks = json.loads((folder / "checks.json").read_text())
        self.folder = folder
        self.passed = sum(check["status"] == "SUCCESS" for check in checks)
        self.failed = sum(check["status"] == "FAILURE" for check in checks)
        self.warnings = sum(check["status"] == "WARNING" for check in checks)
        self.problems = {}
        for check in checks:
            if check["status"] in ("FAILURE", "WARNING"):
                self.problems[check["id"]] = check.get("errorMessage") or check["description"]


def node():
    """A Node.js that is new enough; without one the tests are skipped."""
    pinned = sorted((PEERS / "conformance/node_modules").glob("node-*/bin/node"))
    own = shutil.which("node")
    for candidate in [*pinned, *([own] if own else [])]:
        version = subprocess.run([candidate, "--version"], capture_output=True, text=True)
        if version.returncode == 0 and int(version.stdout[1:].split(".")[0]) >= NODE_NEEDED:
            return str(candidate)
    print(f"no Node.js {NODE_NEEDED} or newer is here, and none is pinned for this machine")
    sys.exit(SKIPPED)


def run(*arguments, timeout, environment=None):
    """Runs the suite with these arguments; gives what it wrote to stdout.

    Exit codes are not asked for: they count scored scenarios alone.
    """
    script = PEERS / "conformance/node_modules/@modelcontextprotocol/conformance/dist/index.js"
    if not script.exists():
        sys.exit(f"{script} is missing: run tests/peers/install conformance")
    return subprocess.run(
        [node(), str(script), *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        timeout=timeout,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def results(folder, result=Result, prefix=""):
    """What became of each scenario, out of the folder that the suite wrote to."""
    found = {}
    for checks in sorted(folder.rglob("checks.json")):
        name = str(checks.parent.relative_to(folder))
        found[FOLDER.fullmatch(name).group(1).removeprefix(prefix)] = result(checks.parent)
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


def missing(found, said):
    """A line if the suite has not as many results as it announced scenarios, in a list."""
    announced = ANNOUNCED.search(said)
    if announced and int(announced.group(1)) == len(found):
        return []
    return [f"the suite has results of {len(found)} scenarios; it said:\n{said}"]
