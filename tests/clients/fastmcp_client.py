"""FastMCP's client. Arguments: see steps.py."""

import asyncio

import mcp_types as types
from fastmcp import Client
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport

from adapter import Adapter, told, wire
from scenario import PERSON, ROOT, SAMPLE, run
from steps import Unsupported, parse_arguments


class FastMcp(Adapter):
    async def open(self):
        self.client = Client(
            self.transport(),
            elicitation_handler=self.elicit,
            sampling_handler=self.sample,
            roots=[types.Root.model_validate(ROOT)],
            log_handler=self.log,
        )
        await self.stack.enter_async_context(self.client)
        self.stack.push_async_callback(self.client.transport.close)
        info = self.client.server_info
        return self.client.protocol_version, info.name if info else "no name"

    def transport(self):
        if self.arguments.transport == "stdio":
            command, *rest = self.arguments.command
            return StdioTransport(command, rest, keep_alive=False)
        transport = {"sse": SSETransport, "streamable-http": StreamableHttpTransport}
        return transport[self.arguments.transport](self.arguments.url, headers=self.headers)

    async def list_tools(self, cursor):
        return wire(await self.client.list_tools_mcp(cursor=cursor))

    async def list_resources(self, cursor):
        return wire(await self.client.list_resources_mcp(cursor=cursor))

    async def list_templates(self, cursor):
        return wire(await self.client.list_resource_templates_mcp(cursor=cursor))

    async def list_prompts(self, cursor):
        return wire(await self.client.list_prompts_mcp(cursor=cursor))

    async def call_tool(self, name, arguments, on_progress):
        return wire(
            await self.client.call_tool_mcp(name, arguments, progress_handler=told(on_progress))
        )

    async def read_resource(self, uri):
        return wire(await self.client.read_resource_mcp(uri))

    async def get_prompt(self, name, arguments):
        return wire(await self.client.get_prompt_mcp(name, arguments))

    async def complete(self, prompt, argument, value):
        ref = types.PromptReference(type="ref/prompt", name=prompt)
        return wire(await self.client.complete_mcp(ref, {"name": argument, "value": value}))

    def subscribed(self, uri):
        raise Unsupported("FastMCP's client has no subscriptions")

    async def receive_logs(self):
        if self.client.initialize_result:
            await self.client.set_logging_level("debug")
        return self.logs

    async def elicit(self, message, response_type, params, context):
        return PERSON

    async def sample(self, messages, params, context):
        return types.CreateMessageResult.model_validate(SAMPLE)

    async def log(self, params):
        self.logs.put_nowait(wire(params))


if __name__ == "__main__":
    arguments = parse_arguments()
    asyncio.run(run(FastMcp, arguments))
