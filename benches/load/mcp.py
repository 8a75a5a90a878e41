"""MCP over streamable HTTP: to the fast server itself, through the gateway to it over HTTP and
stdio, and through the Rust mcp-proxy over stdio."""

import contextlib
import http.client
import json
import subprocess

from contender import (
    CONNECTIONS, FAST_SERVER, KEY, RELEASE, ROOT, Contender, median, medians, ratios, request, tables,
    take_turns,
)

MCP_PROXY = "0.6.0"
# Where it is installed.
PLACE = ROOT / "target/bench-peers"
VERSION = "2025-11-25"
STATELESS = "2026-07-28"
TEXT = "The quick brown fox jumps over the lazy dog."
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
OVER_HTTP = "gateway, HTTP upstream"
OVER_STDIO = "gateway, stdio upstream"
WITHOUT_SESSION = f"gateway, stdio upstream, {STATELESS}"
SESSIONS = 32


class Mcp(Contender):
    """One that serves the tool `echo` over streamable HTTP."""

    path = "/mcp"
    tool = "echo"
    arguments = {"text": TEXT}
    headers = HEADERS

    def script(self):
        # Each session answers in turn, as if each connection had one.
        with contextlib.closing(self.connection()) as connection:
            sessions = [begin(connection, self.path, self.headers) for _ in range(SESSIONS)]
        return self.path, "mcp.lua", {
            "LOAD_SESSIONS": ",".join(sessions), "LOAD_VERSION": VERSION, "LOAD_BODY": call(self.tool, self.arguments),
            "LOAD_KEY": self.headers.get("Authorization", ""),
        }

    def ask(self):
        with contextlib.closing(self.connection()) as connection:
            session = begin(connection, self.path, self.headers)
            headers = self.headers | {"MCP-Session-Id": session, "MCP-Protocol-Version": VERSION}
            status, _, text = request(connection, "POST", self.path, call(self.tool, self.arguments), headers)
            return status, text

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)


class Direct(Mcp):
    """The fast server itself."""

    def command(self):
        return [FAST_SERVER, str(self.port)]


class McpProxy(Mcp):
    """The Rust mcp-proxy: it serves on /, and puts the name of the server before the tool's."""

    path = "/"
    tool = "fast/echo"

    def command(self):
        config = ROOT / "target/load-mcp-proxy.toml"
        config.write_text(
            '[proxy]\nname = "load"\nhot_reload = false\n'
            f'[proxy.listen]\nhost = "127.0.0.1"\nport = {self.port}\n'
            f'[[backends]]\nname = "fast"\ntransport = "stdio"\ncommand = {json.dumps(FAST_SERVER)}\n'
        )
        return [str(PLACE / "bin/mcp-proxy"), "--config", str(config)]


class Gateway(Mcp):
    """We, with a key and validation on, before a server that is a command or a URL."""

    headers = HEADERS | {"Authorization": f"Bearer {KEY}"}

    def __init__(self, name, server):
        super().__init__(name)
        self.server = server

    def command(self):
        return [
            str(RELEASE / "viceversa"), "--host", "127.0.0.1", "--port", str(self.port),
            "--api-key", KEY, "--validate", "coerce", "--", self.server(),
        ]


class StatelessGateway(Gateway):
    """The same in the revision that has no sessions."""

    def script(self):
        meta = {
            "io.modelcontextprotocol/protocolVersion": STATELESS,
            "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        return self.path, "mcp.lua", {
            "LOAD_VERSION": STATELESS, "LOAD_BODY": call(self.tool, self.arguments, meta), "LOAD_TOOL": self.tool,
            "LOAD_KEY": self.headers["Authorization"],
        }


def begin(connection, path, headers):
    """Begins a session, and gives its id."""
    params = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}
    hello = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
    status, answered, text = request(connection, "POST", path, hello, headers)
    session = answered.get("MCP-Session-Id")
    if status != 200 or session is None:
        raise OSError(f"no session: {status} {text}")
    headers = headers | {"MCP-Session-Id": session, "MCP-Protocol-Version": VERSION}
    initialized = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"})
    status, _, text = request(connection, "POST", path, initialized, headers)
    if status != 202:
        raise OSError(f"the session does not begin: {status} {text}")
    return session


def call(tool, arguments, meta=None):
    params = {"name": tool, "arguments": arguments} | ({"_meta": meta} if meta else {})
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})


def install():
    """Installs mcp-proxy where it is absent."""
    listed = subprocess.run(
        ["cargo", "install", "--list", "--root", PLACE], capture_output=True, text=True, check=True
    )
    if f"mcp-proxy v{MCP_PROXY}:" not in listed.stdout:
        subprocess.run(
            ["cargo", "install", "mcp-proxy", "--version", MCP_PROXY, "--locked", "--root", PLACE],
            check=True,
        )


def measure(arguments):
    direct = Direct("direct")
    contenders = [
        direct,
        Gateway(OVER_HTTP, lambda: f"http://127.0.0.1:{direct.port}/mcp"),
        Gateway(OVER_STDIO, lambda: FAST_SERVER),
        StatelessGateway(WITHOUT_SESSION, lambda: FAST_SERVER),
        McpProxy("mcp-proxy"),
    ]
    try:
        for contender in contenders:
            contender.start()
        runs = take_turns(contenders, arguments)
        found = {
            contender.name: {
                "rss_mib": round(contender.memory() / 1024, 1),
                "connections": medians(runs, contender.name),
            }
            for contender in contenders
        }
    finally:
        for contender in reversed(contenders):
            contender.stop()
    theirs = found["mcp-proxy"]["connections"]
    return {
        "mcp_proxy": MCP_PROXY,
        "contenders": found,
        "added_p50_us": {name: added_p50(runs, name) for name in (OVER_STDIO, WITHOUT_SESSION, OVER_HTTP)},
        "ratios": {name: ratios(found[name]["connections"], theirs) for name in (OVER_STDIO, WITHOUT_SESSION)},
    }


def added_p50(runs, name):
    """What a contender adds to the p50 at 1 connection, in µs: of the same round each, so that what
    else the machine does then hits both."""
    return median(ours["p50_us"] - direct["p50_us"] for ours, direct in zip(runs[name, 1], runs["direct", 1]))


def table(report):
    lines = tables("MCP", report, ": mcp-proxy")
    added = ", ".join(f"{name}: {added:.0f} µs" for name, added in report["added_p50_us"].items())
    lines += ["", f"More than directly at 1 connection, by the p50: {added}."]
    return "\n".join(lines)


def missed(report):
    most = str(max(CONNECTIONS))
    ratio = report["ratios"][OVER_STDIO][most]["requests_per_second"]
    if ratio < 2:
        yield f"{ratio} of mcp-proxy's requests/s at {most} connections, at least 2 wanted"
    added = report["added_p50_us"][OVER_STDIO]
    if added > 50:
        yield f"{added:.0f} µs added to the p50 at 1 connection, at most 50 wanted"
