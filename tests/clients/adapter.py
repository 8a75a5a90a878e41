"""What clients in Python need, whatever their SDK, to be driven by scenario.py."""

import asyncio
import contextlib
import logging


class Adapter:
    # Why it answers no questions of servers, if it doesn't.
    cannot_answer = None

    def __init__(self, arguments):
        self.arguments = arguments
        self.stack = contextlib.AsyncExitStack()
        self.logs = asyncio.Queue()
        self.complaints = Complaints()

    async def close(self):
        await self.stack.aclose()

    async def cancel(self, call):
        call.cancel()

    @property
    def headers(self):
        key = self.arguments.key
        return {"Authorization": f"Bearer {key}"} if key else {}


class Complaints(logging.Handler):
    """Warnings of an SDK's transport, which otherwise nobody would hear of."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []
        logging.getLogger("mcp.client").addHandler(self)

    def emit(self, record):
        self.lines.append(record.getMessage())


def wire(model):
    """What stood on the wire."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def told(on_progress):
    """The callback of SDKs for progress, if anybody asks for it."""
    if on_progress is None:
        return None

    async def tell(progress, total, message):
        on_progress(progress)

    return tell
