"""What the client programs in Python have in common: their arguments, and a line for each step.

    PROGRAM [--transport streamable-http|sse] [--key KEY] [FLAGS] --url URL
    PROGRAM [FLAGS] -- COMMAND...

FLAGS: `--prefix` is what stands before the names of tools and prompts, `--protocol` the version
that must come out of the handshake.

Each step prints {"step": …, "ok": true, false or "unsupported", "detail": …} as soon as it is done.
The exit code is 1 if one failed.
"""

import argparse
import asyncio
import json
import signal

# For one step, on a machine that is busy.
DEADLINE = 30
# For all of them: the kernel ends a program that hangs where no deadline of ours reaches.
LAST_RESORT = 150
MOST_DETAIL = 500


class Unsupported(Exception):
    """The step can't be done by this client, or the server does not offer it."""


class Failed(Exception):
    """What came is not what was to come."""


def expect(holds, otherwise):
    if not holds:
        raise Failed(otherwise)


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=["streamable-http", "sse", "stdio"], default="stdio")
    parser.add_argument("--url")
    parser.add_argument("--key")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--protocol")
    parser.add_argument("command", nargs="*")
    arguments = parser.parse_args()
    if (arguments.transport == "stdio") != bool(arguments.command) or (
        arguments.transport == "stdio"
    ) == bool(arguments.url):
        parser.error("a command goes with stdio, --url with the other transports")
    signal.alarm(LAST_RESORT)
    return arguments


class Steps:
    def __init__(self):
        self.exit_code = 0

    async def take(self, name, step):
        """Runs one step; gives whether it was done."""
        try:
            async with asyncio.timeout(DEADLINE):
                ok, detail = True, await step()
        except Unsupported as reason:
            ok, detail = "unsupported", str(reason)
        except TimeoutError:
            ok, detail = False, f"not done within {DEADLINE} seconds"
        except asyncio.CancelledError:
            # Why, it says when it is closed.
            ok, detail = False, "the SDK gave the connection up"
        except Exception as error:
            ok, detail = False, describe(error)
        if ok is False:
            self.exit_code = 1
        line = {"step": name, "ok": ok, "detail": detail[:MOST_DETAIL]}
        print(json.dumps(line, ensure_ascii=False), flush=True)
        return ok is True


def describe(error):
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(describe(part) for part in error.exceptions)
    return f"{type(error).__name__}: {error}"
