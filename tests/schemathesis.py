"""Schemathesis against the demo: no 5xx, and no status, content type or schema that the document
does not name. Bounded in examples and time."""

import subprocess
import sys
import urllib.error
import urllib.request

from gateway import PEERS, ROOT, gateway

KEY = "schemathesis-key"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
]
# A minute a call is the demo's longest wish; the slow tool would spend the whole budget.
SLOW = "slow"


def main():
    schemathesis = PEERS / "tools/bin/schemathesis"
    if not schemathesis.exists():
        sys.exit(f"{schemathesis} is missing: run tests/run once")
    with gateway("demo", "--port", "0", "--api-key", KEY) as address:
        wait_for_document(f"{address}/openapi.json")
        command = [
            str(schemathesis), "--no-color", "run", f"{address}/openapi.json",
            "--header", f"Authorization:Bearer {KEY}",
            "--checks", ",".join(CHECKS),
            "--phases", "examples,coverage,fuzzing",
            "--max-examples", "25",
            "--max-time", "45",
            "--request-timeout", "75",
            "--generation-deterministic",
            "--suppress-health-check", "all",
            "--workers", "2",
            "--continue-on-failure",
            "--exclude-operation-id", SLOW,
        ]
        status = subprocess.run(command, cwd=ROOT / "target", timeout=360).returncode
    if status:
        sys.exit(f"schemathesis ended with code {status}")


def wait_for_document(url):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {KEY}"})
    try:
        # The gateway waits for the demo server by itself.
        with urllib.request.urlopen(request, timeout=60) as answer:
            if not answer.read():
                sys.exit(f"{url} is empty")
    except urllib.error.HTTPError as error:
        sys.exit(f"{url}: {error.code} {error.read().decode(errors='replace')}")


main()
