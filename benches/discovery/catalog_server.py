#!/usr/bin/env python3
"""A stdio MCP server that lists the tools of a file and does nothing: catalog_server.py CATALOG.json"""

import json
import sys
from pathlib import Path

TOOLS = json.loads(Path(sys.argv[1]).read_text())
INITIALIZED = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "catalog", "version": "1.0.0"},
}


def answer(method):
    if method == "initialize":
        return {"result": INITIALIZED}
    if method == "tools/list":
        return {"result": {"tools": TOOLS}}
    if method == "ping":
        return {"result": {}}
    return {"error": {"code": -32601, "message": f"no such method: {method}"}}


for line in sys.stdin:
    request = json.loads(line)
    if "id" in request:
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer(request["method"])}), flush=True)
