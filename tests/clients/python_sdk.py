"""The client of the Python SDK, of its first generation as of its second. Arguments: see steps.py."""

import asyncio
import contextlib
import importlib.metadata

from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from adapter import Adapter, told, wire
from scenario import PERSON, ROOT, SAMPLE, run
from steps import Unsupported, parse_arguments

FIRST = importlib.metadata.version("mcp").startswith("1.")
if FIRST:
    from mcp import types
else:
    import mcp_types as types
    from mcp import Client


class PythonSdk(Adapter):
    async def open(self):
        self.updates = asyncio.Queue()
        callbacks = {
            "elicitation_callback": self.elicit,
            "sampling_callback": self.sample,
            "list_roots_callback": self.list_roots,
            "logging_callback": self.log,
            "message_handler": self.receive,
        }
        if FIRST:
            read, write, *_ = await self.stack.enter_async_context(self.transport())
            self.session = ClientSession(read, write, **callbacks)
            self.client = await self.stack.enter_async_context(self.session)
            result = wire(await self.session.initialize())
            self.offered = result["capabilities"]
            return result["protocolVersion"], result["serverInfo"]["name"]
        self.client = Client(self.transport(), log_level="debug", **callbacks)
        await self.stack.enter_async_context(self.client)
        self.session = self.client.session
        self.offered = wire(self.client.server_capabilities)
        info = self.client.server_info
        return self.client.protocol_version, info.name if info else "no name"

    def transport(self):
        if self.arguments.transport == "stdio":
            command, *rest = self.arguments.command
            return stdio_client(StdioServerParameters(command=command, args=rest))
        if self.arguments.transport == "sse":
            return sse_client(self.arguments.url, headers=self.headers)
        http = create_mcp_http_client(headers=self.headers)
        return streamable_http_client(self.arguments.url, http_client=http)

    @property
    def stateless(self):
        return not FIRST and self.session.initialize_result is None

    async def list_tools(self, cursor):
        return wire(await self.session.list_tools(params=page(cursor)))

    async def list_resources(self, cursor):
        return wire(await self.session.list_resources(params=page(cursor)))

    async def list_templates(self, cursor):
        return wire(await self.session.list_resource_templates(params=page(cursor)))

    async def list_prompts(self, cursor):
        return wire(await self.session.list_prompts(params=page(cursor)))

    async def call_tool(self, name, arguments, on_progress):
        return wire(
            await self.client.call_tool(name, arguments, progress_callback=told(on_progress))
        )

    async def read_resource(self, uri):
        return wire(await self.client.read_resource(uri))

    async def get_prompt(self, name, arguments):
        return wire(await self.client.get_prompt(name, arguments))

    async def complete(self, prompt, argument, value):
        ref = types.PromptReference(type="ref/prompt", name=prompt)
        return wire(await self.client.complete(ref, {"name": argument, "value": value}))

    @contextlib.asynccontextmanager
    async def subscribed(self, uri):
        if self.stateless:
            async with self.client.listen(resource_subscriptions=[uri]) as events:
                yield lambda: next_update(events)
            return
        if not self.offered.get("resources", {}).get("subscribe"):
            raise Unsupported("the server offers no subscriptions")
        await self.session.subscribe_resource(uri)
        yield self.updates.get
        await self.session.unsubscribe_resource(uri)

    async def receive_logs(self):
        if not self.stateless:
            if "logging" not in self.offered:
                raise Unsupported("the server offers no logging")
            await self.session.set_logging_level("debug")
        return self.logs

    async def cancel(self, call):
        if FIRST:
            # This SDK leaves it to its user to tell the server, and the id to guesses.
            latest = types.CancelledNotificationParams(requestId=self.session._request_id - 1)
            notification = types.CancelledNotification(params=latest)
            await self.session.send_notification(types.ClientNotification(notification))
        call.cancel()

    async def elicit(self, context, params):
        return types.ElicitResult(action="accept", content=PERSON)

    async def sample(self, context, params):
        return types.CreateMessageResult.model_validate(SAMPLE)

    async def list_roots(self, context):
        return types.ListRootsResult.model_validate({"roots": [ROOT]})

    async def log(self, params):
        self.logs.put_nowait(wire(params))

    async def receive(self, message):
        notification = getattr(message, "root", message)
        if isinstance(notification, types.ResourceUpdatedNotification):
            self.updates.put_nowait(str(notification.params.uri))


def page(cursor):
    return types.PaginatedRequestParams(cursor=cursor) if cursor else None


async def next_update(events):
    async for event in events:
        return event.uri


if __name__ == "__main__":
    arguments = parse_arguments()
    asyncio.run(run(PythonSdk, arguments))
