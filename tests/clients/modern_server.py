"""A server of the newest protocol version that offers what server-everything offers to its clients,
by the same names: what the client programs do with one they do with the other.

    python modern_server.py streamable-http PORT
    python modern_server.py stdio
"""

import asyncio
import sys
from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, ListRoots, MCPServer, Resolve, Sample
from mcp_types import Completion, CreateMessageResult, ListRootsResult, SamplingMessage, TextContent
from pydantic import BaseModel

DOCUMENT = "demo://resource/static/document/features.md"

server = MCPServer("modern")


class Person(BaseModel):
    name: str


def ask_for_name():
    return Elicit("Please provide inputs for the following fields:", Person)


def ask_for_sample(prompt: str, maxTokens: int):
    text = TextContent(type="text", text=f"Resource trigger-sampling-request context: {prompt}")
    return Sample([SamplingMessage(role="user", content=text)], max_tokens=maxTokens)


def ask_for_roots():
    return ListRoots()


@server.tool()
def echo(message: str) -> str:
    return f"Echo: {message}"


@server.tool("get-sum")
def get_sum(a: int, b: int) -> str:
    return f"The sum of {a} and {b} is {a + b}."


@server.tool("trigger-long-running-operation")
async def operate(duration: float, steps: int, ctx: Context) -> str:
    for step in range(steps):
        await asyncio.sleep(duration / steps)
        await ctx.report_progress(step + 1, steps)
    return f"Long running operation completed. Duration: {duration:g} seconds, Steps: {steps}."


@server.tool("toggle-subscriber-updates")
async def update(ctx: Context) -> str:
    await ctx.notify_resource_updated(DOCUMENT)
    return "Started simulated resource updated notifications, and ended them."


@server.tool("toggle-simulated-logging")
async def log(ctx: Context) -> str:
    await ctx.info("Info-level message")
    return "Started simulated logging, and ended it."


@server.tool("trigger-elicitation-request")
def elicit(person: Annotated[Person, Resolve(ask_for_name)]) -> str:
    return f"User inputs:\n- Name: {person.name}"


@server.tool("trigger-sampling-request")
def sample(
    prompt: str, maxTokens: int, sampled: Annotated[CreateMessageResult, Resolve(ask_for_sample)]
) -> str:
    return f"LLM sampling result: \n{sampled.model_dump_json()}"


@server.tool("get-roots-list")
def list_roots(listed: Annotated[ListRootsResult, Resolve(ask_for_roots)]) -> str:
    return "\n".join(f"{root.name}\n   URI: {root.uri}" for root in listed.roots)


@server.resource(DOCUMENT, name="features.md", mime_type="text/markdown")
def document() -> str:
    return "# Everything Server - Features"


@server.resource("demo://resource/dynamic/text/{resourceId}")
def text(resourceId: str) -> str:
    return f"Resource {resourceId}: This is a plaintext resource"


@server.prompt("args-prompt")
def ask_for_weather(city: str, state: str = "") -> str:
    return f"What's weather in {city}, {state}?"


@server.prompt("completable-prompt")
def promote(department: str, name: str) -> str:
    return f"Please promote {name} to the head of the {department} team."


@server.completion()
async def complete(ref, argument, context):
    departments = ["Engineering", "Sales", "Marketing", "Support"]
    return Completion(values=[one for one in departments if one.startswith(argument.value)])


if sys.argv[1] == "stdio":
    server.run()
else:
    server.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
