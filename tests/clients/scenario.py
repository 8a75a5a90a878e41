"""What every client does in order, whatever SDK it is made with: a client in Python is an object
with the methods that are called here. They take and give what is on the wire, as dictionaries."""

import asyncio
import sys
import time

from steps import Failed, Steps, Unsupported, expect

DOCUMENT = "static/document/features.md"
TEMPLATE = "dynamic/text/{resourceId}"
# What the client answers when it is asked.
PERSON = {"name": "Ada"}
SAMPLE = {
    "role": "assistant",
    "content": {"type": "text", "text": "sampled by the client"},
    "model": "none",
    "stopReason": "endTurn",
}
ROOT = {"uri": "file:///root-of-the-client", "name": "root"}
TOOLS = {
    "echo", "get-sum", "trigger-long-running-operation",
    "toggle-simulated-logging", "toggle-subscriber-updates",
}
MOST_PAGES = 100
# For what is sent at once, on a machine that is busy.
SOON = 20
# The SDKs kill a server that goes on after its stdin was closed for so long.
GRACE = 2


class Scenario:
    def __init__(self, client, prefix):
        self.client = client
        self.prefix = prefix
        self.tools = set()
        self.document = None

    async def list_tools(self):
        pages = await every_page(self.client.list_tools)
        names = [tool["name"] for page in pages for tool in page["tools"]]
        expect(len(names) == len(set(names)), f"a name is listed twice: {names}")
        self.tools = set(names)
        missing = {self.prefix + name for name in TOOLS} - self.tools
        expect(not missing, f"{missing} are not in {names}")
        return f"{len(names)} tools, {len(pages)} pages"

    async def echo(self):
        return await self.call("echo", {"message": "»hello«"}, "Echo: »hello«")

    async def sum(self):
        return await self.call("get-sum", {"a": 2, "b": 40}, "The sum of 2 and 40 is 42.")

    async def progress(self):
        seen = []
        arguments = {"duration": 1, "steps": 4}
        result = await self.call(
            "trigger-long-running-operation", arguments, "Steps: 4", on_progress=seen.append
        )
        before_result = list(seen)
        expect(before_result == [1, 2, 3, 4], f"{before_result} came before the result: {result}")
        return f"{len(seen)} notifications before the result"

    async def read_resource(self):
        self.document = await self.find(self.client.list_resources, "resources", "uri", DOCUMENT)
        return await self.read(self.document, "Everything Server")

    async def read_template(self):
        listed = await self.find(
            self.client.list_templates, "resourceTemplates", "uriTemplate", TEMPLATE
        )
        return await self.read(listed.replace("{resourceId}", "7"), "Resource 7")

    async def get_prompt(self):
        end = self.prefix + "args-prompt"
        name = await self.find(self.client.list_prompts, "prompts", "name", end)
        result = await self.client.get_prompt(name, {"city": "Lisbon", "state": "Portugal"})
        text = result["messages"][0]["content"]["text"]
        expect(text == "What's weather in Lisbon, Portugal?", f"another prompt: {result}")
        return text

    async def complete(self):
        name = self.prefix + "completable-prompt"
        result = await self.client.complete(name, "department", "E")
        values = result["completion"]["values"]
        expect(values == ["Engineering"], f"another completion: {result}")
        return ", ".join(values)

    async def subscribe(self):
        expect(self.document, "no resource was listed")
        async with self.client.subscribed(self.document) as next_update:
            await self.switch_on("toggle-subscriber-updates")
            uri = await soon(next_update())
            expect(uri == self.document, f"an update of {uri}, not of {self.document}")
            await self.switch_off("toggle-subscriber-updates")
        return f"{uri} was updated"

    async def log(self):
        messages = await self.client.receive_logs()
        await self.switch_on("toggle-simulated-logging")
        message = await soon(messages.get())
        while "level message" not in str(message["data"]).replace("-", " "):
            message = await soon(messages.get())
        await self.switch_off("toggle-simulated-logging")
        return f"{message['level']}: {message['data']}"

    async def cancel(self):
        under_way = asyncio.Event()
        call = asyncio.create_task(
            self.client.call_tool(
                self.prefix + "trigger-long-running-operation",
                {"duration": 1, "steps": 10},
                lambda _: under_way.set(),
            )
        )
        call.add_done_callback(lambda _: under_way.set())
        await under_way.wait()
        if call.done():
            raise Failed(f"it ended before it could be cancelled: {await call}")
        await self.client.cancel(call)
        await asyncio.wait([call])
        expect(call.cancelled(), f"it ended as if it was not cancelled: {call}")
        return await self.call("echo", {"message": "after"}, "Echo: after")

    async def elicitation(self):
        return await self.ask("trigger-elicitation-request", {}, "Name: Ada")

    async def sampling(self):
        arguments = {"prompt": "hello", "maxTokens": 10}
        return await self.ask("trigger-sampling-request", arguments, SAMPLE["content"]["text"])

    async def roots(self):
        return await self.ask("get-roots-list", {}, ROOT["uri"])

    async def ask(self, tool, arguments, expected):
        """Calls a tool for which the server asks the client."""
        if self.client.cannot_answer:
            raise Unsupported(self.client.cannot_answer)
        if self.prefix + tool not in self.tools:
            raise Unsupported(f"the server does not list {tool}")
        return await self.call(tool, arguments, expected)

    async def call(self, tool, arguments, expected, on_progress=None):
        result = await self.client.call_tool(self.prefix + tool, arguments, on_progress)
        text = "\n".join(content.get("text", "") for content in result["content"])
        expect(not result.get("isError") and expected in text, f"no {expected!r} in {result}")
        return text

    async def read(self, uri, expected):
        result = await self.client.read_resource(uri)
        expect(expected in result["contents"][0]["text"], f"no {expected!r} in {result}")
        return uri

    async def find(self, list_page, kind, member, end):
        """The listed name or URI that ends so; of one server, where several have it."""
        pages = await every_page(list_page)
        values = [entry[member] for page in pages for entry in page[kind]]
        found = [value for value in values if value.endswith(end)]
        expect(found, f"nothing ends with {end} in {values}")
        own = self.prefix.removesuffix("__")
        return next((value for value in found if own in value), found[0])

    async def switch_on(self, tool):
        """What these tools toggle, another client of the same process may have on already."""
        while "Started" not in await self.call(tool, {}, "ed simulated"):
            pass

    async def switch_off(self, tool):
        await self.call(tool, {}, "ed simulated")


async def run(adapter, arguments):
    """Takes all steps with this kind of client, and ends the program."""
    steps = Steps()
    client = adapter(arguments)

    async def connect():
        version, name = await client.open()
        wanted = arguments.protocol
        expect(version == wanted or not wanted, f"{version} was agreed on, not {wanted}")
        return f"{version}, {name}"

    async def end():
        started = time.monotonic()
        await client.close()
        took = time.monotonic() - started
        killed = arguments.transport == "stdio" and took >= GRACE
        expect(not killed, f"the server did not end by itself within {GRACE} seconds")
        lines = client.complaints.lines
        expect(not lines, f"the SDK complained: {lines}")
        return f"after {took:.2f} seconds"

    scenario = Scenario(client, arguments.prefix)
    middle = [
        scenario.list_tools, scenario.echo, scenario.sum, scenario.cancel,
        # Longer than what servers go on with that don't heed a cancellation.
        scenario.progress,
        scenario.read_resource, scenario.read_template, scenario.get_prompt,
        scenario.complete, scenario.subscribe, scenario.log,
        scenario.elicitation, scenario.sampling, scenario.roots,
    ]
    if await steps.take("connect", connect):
        for step in middle:
            await steps.take(step.__name__, step)
    await steps.take("end", end)
    sys.exit(steps.exit_code)


async def soon(notification):
    try:
        return await asyncio.wait_for(notification, SOON)
    except TimeoutError:
        raise Failed(f"no notification within {SOON} seconds") from None


async def every_page(list_page):
    pages = [await list_page(None)]
    while cursor := pages[-1].get("nextCursor"):
        expect(len(pages) < MOST_PAGES, "the pages have no end")
        pages.append(await list_page(cursor))
    return pages
