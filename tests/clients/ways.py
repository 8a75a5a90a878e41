"""The ways to the servers: through the gateway, and past it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from gateway import BINARY, PEERS, gateway  # noqa: E402

EVERYTHING = PEERS / "npm/node_modules/.bin/mcp-server-everything"
KEY = "clients-test-key"
OLD = "2025-11-25"
NEW = "2026-07-28"


@dataclass(frozen=True)
class Way:
    name: str
    transport: str
    # A URL, or a command.
    target: str | list
    prefix: str = ""
    # The newest version that is spoken there.
    protocol: str = OLD
    key: str | None = None
    # Whether clients that speak only older versions find there what they don't find elsewhere.
    for_all: bool = True


def python(environment, program):
    """The command of a program beside this one, in an environment of the peers."""
    return [str(PEERS / environment / "bin/python"), "-B", str(HERE / program)]


@contextlib.contextmanager
def direct_ways():
    modern = python("py-new", "modern_server.py")
    with (
        server([EVERYTHING, "streamableHttp"]) as everything,
        server([EVERYTHING, "sse"]) as sse,
        server([*modern, "streamable-http", "{port}"]) as stateless,
    ):
        yield [
            Way("everything streamable-http", "streamable-http", f"{everything}/mcp"),
            Way("everything sse", "sse", f"{sse}/sse"),
            Way("everything stdio", "stdio", [str(EVERYTHING), "stdio"]),
            Way(
                "modern streamable-http",
                "streamable-http",
                f"{stateless}/mcp",
                protocol=NEW,
                for_all=False,
            ),
            Way("modern stdio", "stdio", [*modern, "stdio"], protocol=NEW, for_all=False),
        ]


@contextlib.contextmanager
def gateway_ways():
    with tempfile.TemporaryDirectory() as folder, server([EVERYTHING, "streamableHttp"]) as remote:
        config = Path(folder) / "config.json"
        servers = {
            "everything": {"command": str(EVERYTHING), "args": ["stdio"]},
            "remote": {"type": "streamable-http", "url": f"{remote}/mcp"},
        }
        config.write_text(json.dumps({"mcpServers": servers}))
        flags = ["--config", str(config), "--host", "127.0.0.1", "--port", "0", "--api-key", KEY]
        with gateway(*flags) as url:

            def http(path, prefix=""):
                return Way(path, "streamable-http", url + path, prefix, NEW, KEY)

            command = [str(BINARY), "stdio", "--config", str(config)]
            yield [
                http("/everything/mcp"),
                http("/remote/mcp"),
                http("/mcp", "everything__"),
                Way("/everything/sse", "sse", f"{url}/everything/sse", key=KEY),
                Way("stdio", "stdio", command, "everything__", NEW),
            ]


@contextlib.contextmanager
def server(command):
    """Runs a server on a port of its own, given by PORT or {port}; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        [str(word).format(port=port) for word in command],
        env={**os.environ, "PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def wait_for_port(port, process):
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    sys.exit(f"{process.args} does not listen")
