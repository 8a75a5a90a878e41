"""A REST API as an MCP server: through the gateway, a minimal hop, FastMCP's `from_openapi` and the
Rust rmcp-openapi-server, to the same fast API."""

import http.client
import json
import os
import subprocess
import urllib.request
from pathlib import Path

from contender import CONNECTIONS, KEY, RELEASE, ROOT, Contender, medians, ratios, tables, take_turns
from mcp import HEADERS, PLACE, TEXT, Mcp

PEERS = Path(os.environ.get("VICEVERSA_TEST_PEERS", ROOT / "target/peers"))
RMCP_OPENAPI = "0.32.1"
FASTMCP = '''
import sys
import httpx2 as httpx
from fastmcp import FastMCP

url, port = sys.argv[1], int(sys.argv[2])
document = httpx.get(url + "/openapi.json").json()
server = FastMCP.from_openapi(openapi_spec=document, client=httpx.AsyncClient(base_url=url))
server.run(transport="http", host="127.0.0.1", port=port, show_banner=False, log_level="ERROR")
'''


class Api(Contender):
    """The fast API itself."""

    def command(self):
        return [str(RELEASE / "examples/fast-api"), str(self.port)]

    def ask(self):
        try:
            with urllib.request.urlopen(self.url() + "/echo/x?text=quick+brown+fox", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except http.client.HTTPException as error:
            raise OSError(error) from error

    def url(self):
        return f"http://127.0.0.1:{self.port}"


class Served(Mcp):
    """One that serves it over streamable HTTP."""

    tool = "get_echo"
    arguments = {"name": "load", "text": TEXT}

    def __init__(self, name, api):
        super().__init__(name)
        self.api = api
        if name == "gateway":
            self.headers = HEADERS | {"Authorization": f"Bearer {KEY}"}

    def command(self):
        port, url = str(self.port), self.api.url()
        return {
            "hop": [str(RELEASE / "examples/minimal-hop"), port, url],
            "gateway": [
                str(RELEASE / "viceversa"), "--host", "127.0.0.1", "--port", port, "--api-key", KEY,
                "--type", "openapi", "--", url + "/openapi.json",
            ],
            "FastMCP": [str(PEERS / "fastmcp/bin/python"), "-c", FASTMCP, url, port],
            "rmcp-openapi-server": [
                str(PLACE / "bin/rmcp-openapi-server"), url + "/openapi.json", "--base-url", url,
                "--bind-address", "127.0.0.1", "--port", port, "--stateful",
            ],
        }[self.name]


def install():
    """Installs rmcp-openapi-server and FastMCP where they are absent."""
    subprocess.run([ROOT / "tests/peers/install", "fastmcp"], check=True)
    listed = subprocess.run(["cargo", "install", "--list", "--root", PLACE], capture_output=True, text=True, check=True)
    if f"rmcp-openapi-server v{RMCP_OPENAPI}:" not in listed.stdout:
        subprocess.run(
            ["cargo", "install", "rmcp-openapi-server", "--version", RMCP_OPENAPI, "--locked", "--root", PLACE],
            check=True,
        )


def measure(arguments):
    api = Api("fast-api")
    names = ["hop", "gateway", "FastMCP", "rmcp-openapi-server"]
    contenders = [Served(name, api) for name in names]
    try:
        for contender in [api, *contenders]:
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
        for contender in [*contenders, api]:
            contender.stop()
    ours = found["gateway"]["connections"]
    others = [name for name in names if name != "gateway"]
    return {"contenders": found, "ratios": {name: ratios(ours, found[name]["connections"]) for name in others}}


def table(report):
    return "\n".join(tables("REST to MCP", report, "gateway :"))


def missed(report):
    most = str(max(CONNECTIONS))
    for other, least in (("hop", 0.7), ("FastMCP", 20)):
        ratio = report["ratios"][other][most]["requests_per_second"]
        if ratio < least:
            yield f"{ratio} of {other}'s requests/s at {most} connections, at least {least} wanted"
