#!/usr/bin/env python3
"""What linters say of the templates in cloudformation/ and of the Dockerfile: cfn-lint, checkov, hadolint.

A finding that is accepted stands in the file itself, with its reason.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from gateway import PEERS, ROOT

TEMPLATES = ROOT / "cloudformation"
BIN = PEERS / "cloudformation/bin"


def main():
    templates = [str(template) for template in sorted(TEMPLATES.glob("*.yaml"))]
    if not templates:
        sys.exit(f"no template is in {TEMPLATES}")
    # Without the flag checkov waits for its vendor's server.
    checkov = [BIN / "checkov", "--quiet", "--compact", "--skip-download"]
    failed = [
        name
        for name, command in {
            "cfn-lint": [BIN / "cfn-lint", *templates],
            "checkov on templates": [
                *checkov, "--framework", "cloudformation", "secrets", "--file", *templates,
            ],
            "checkov on the Dockerfile": [
                *checkov, "--framework", "dockerfile", "secrets", "--file", "Dockerfile",
            ],
            "hadolint": [BIN / "hadolint", "Dockerfile"],
        }.items()
        if not passes(name, command)
    ]
    if failed:
        sys.exit("found something: " + ", ".join(failed))


def passes(name, command):
    print(f"== {name}", flush=True)
    return subprocess.run(command, cwd=ROOT, timeout=100).returncode == 0


main()
