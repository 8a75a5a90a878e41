"""The Inspector in its CLI mode, one command for each request. Arguments: see steps.py."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from adapter import Adapter  # noqa: E402
from gateway import PEERS  # noqa: E402
from scenario import run  # noqa: E402
from steps import Failed, Unsupported, parse_arguments  # noqa: E402

MODULES = PEERS / "clients/node_modules"
SCRIPT = MODULES / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
NODE_NEEDED = (22, 19)


def node():
    """A Node.js that the Inspector runs on, if there is one."""
    own = shutil.which("node")
    for candidate in [*map(str, MODULES.glob("node-*/bin/node")), *([own] if own else [])]:
        version = subprocess.run([candidate, "--version"], capture_output=True, text=True)
        numbers = version.stdout.removeprefix("v").split(".")[:2]
        if version.returncode == 0 and tuple(map(int, numbers)) >= NODE_NEEDED:
            return candidate
    return None


class Inspector(Adapter):
    cannot_answer = "the CLI answers no questions"

    async def open(self):
        self.home = self.stack.enter_context(tempfile.TemporaryDirectory())
        result = await self.command("initialize")
        return result["protocolVersion"], result["serverInfo"]["name"]

    async def command(self, method, *flags):
        arguments = self.arguments
        if arguments.transport == "stdio":
            target = ["--transport", "stdio", "--", *arguments.command]
        else:
            transport = arguments.transport.replace("streamable-http", "http")
            target = ["--transport", transport, "--server-url", arguments.url]
        headers = [f"{name}: {value}" for name, value in self.headers.items()]
        process = await asyncio.create_subprocess_exec(
            node(), str(SCRIPT), "--cli", "--method", method, *flags,
            *(["--header", *headers] if headers else []),
            "--format", "json", "--quiet", *target,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "HOME": self.home},
        )
        try:
            stdout, stderr = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode != 0:
            raise Failed(f"{method} ended with {process.returncode}: {stderr.decode()}")
        return json.loads(stdout)["result"]

    async def list_tools(self, cursor):
        return await self.command("tools/list")

    async def list_resources(self, cursor):
        return await self.command("resources/list")

    async def list_templates(self, cursor):
        return await self.command("resources/templates/list")

    async def list_prompts(self, cursor):
        return await self.command("prompts/list")

    async def call_tool(self, name, arguments, on_progress):
        if on_progress:
            raise Unsupported("the CLI shows no progress, and cancels nothing")
        flags = ["--tool-name", name, "--tool-args-json", json.dumps(arguments)]
        return await self.command("tools/call", *flags)

    async def read_resource(self, uri):
        return await self.command("resources/read", "--uri", uri)

    async def get_prompt(self, name, arguments):
        pairs = [f"{argument}={value}" for argument, value in arguments.items()]
        return await self.command("prompts/get", "--prompt-name", name, "--prompt-args", *pairs)

    async def complete(self, prompt, argument, value):
        raise Unsupported("the CLI completes nothing")

    def subscribed(self, uri):
        raise Unsupported("the CLI has no subscriptions")

    async def receive_logs(self):
        await self.command("logging/setLevel", "--log-level", "debug")
        raise Unsupported("the CLI sets a level, and shows no messages")


if __name__ == "__main__":
    arguments = parse_arguments()
    asyncio.run(run(Inspector, arguments))
