"""Starts the binary under test for scripts in Python, and ends it by its process id."""

import contextlib
import os
import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("VICEVERSA_TEST_PEERS", ROOT / "target/peers"))
BINARY = Path(os.environ.get("VICEVERSA_BINARY", ROOT / "target/debug/viceversa"))
LISTENING = re.compile(r"listening on (https?://[0-9A-Za-z.:\[\]]+)")


@contextlib.contextmanager
def gateway(*arguments):
    """Runs the binary with these arguments; gives its address, such as http://127.0.0.1:8000."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VICEVERSA_", "MCPO_", "FASTMCP_")) and name not in ("CONNECTION_TIMEOUT", "LOG_LEVEL")
    }
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [str(BINARY), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
        )
        try:
            yield wait_for_address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            print("--- what the gateway wrote\n" + text_of(log) + "---")
        if process.returncode != 0:
            raise SystemExit(f"the gateway ended with code {process.returncode}")


def wait_for_address(process, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        found = LISTENING.search(text_of(log))
        if found:
            return found.group(1)
        time.sleep(0.02)
    raise SystemExit("the gateway did not say where it listens:\n" + text_of(log))


def text_of(log):
    return Path(f"/proc/self/fd/{log.fileno()}").read_text(errors="replace")
