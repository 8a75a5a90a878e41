#!/usr/bin/env python3
"""Runs the official conformance suite's server scenarios of every revision in every way
(server.py), and writes what they passed into docs/conformance.md.

    tests/conformance/matrix.py         all ways
    tests/conformance/matrix.py WAY...  these, and the others are said not to have been run
"""

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import suite
from gateway import ROOT
from server import WAYS

PAGE = ROOT / "docs/conformance.md"
BEGIN = "<!-- matrix: written by tests/conformance/matrix.py -->"
END = "<!-- matrix: end -->"
# Some scenarios watch for half a second only: more at once would measure this machine.
AT_A_TIME = len(WAYS)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ways", nargs="*", metavar="WAY", help=", ".join(WAYS))
    ways = parser.parse_args().ways or list(WAYS)
    if unknown := set(ways) - set(WAYS):
        parser.error(f"no such way: {', '.join(sorted(unknown))}")
    suite.node()
    runs = [(revision, way) for revision in suite.REVISIONS for way in ways]
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "counts.jsonl"
        record.touch()
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            codes = list(pool.map(lambda run: run_way(*run, record), runs))
        counts = [json.loads(line) for line in record.read_text().splitlines()]
    found = {(line["revision"], line["way"]): line for line in counts}
    write(table(found) + failures())
    for run, code in zip(runs, codes):
        if run not in found or code:
            print(f"{', '.join(run)}: exit code {code}")
    sys.exit(1 if any(codes) else 0)


def run_way(revision, way, record):
    script = suite.HERE / "server.py"
    command = [sys.executable, "-B", str(script), revision, way, "--json", str(record)]
    silent = subprocess.DEVNULL
    return subprocess.run(command, stdout=silent, stderr=silent).returncode


def table(found):
    lines = [
        f"| | {' | '.join(f'`{way}`' for way in WAYS)} |",
        f"| --- |{' ---: |' * len(WAYS)}",
    ]
    for revision in suite.REVISIONS:
        cells = [cell(found.get((revision, way))) for way in WAYS]
        lines.append(f"| {revision} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cell(counts):
    if not counts:
        return "not run"
    judged = counts["passed"] + counts["failed"] + counts["warnings"]
    return f"{counts['passed']} of {judged}"


def failures():
    """What the baseline lists, one line for each entry and reason."""
    baseline = json.loads((suite.HERE / "expected-server-failures.json").read_text())
    places = {}
    for revision, ways in baseline.items():
        for way, expected in ways.items():
            for entry, reason in expected["failures"].items():
                places.setdefault((entry, reason), []).append(f"{way} {revision}")
    if not places:
        return ""
    lines = [
        f"- `{entry}` ({', '.join(where)}): {reason}" for (entry, reason), where in places.items()
    ]
    return "\nKnown to fail:\n\n" + "\n".join(lines) + "\n"


def write(outcome):
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{PAGE} lacks the lines {BEGIN} and {END}")
    PAGE.write_text(f"{before}{BEGIN}\n\n{outcome}\n{END}{after}")


if __name__ == "__main__":
    main()
