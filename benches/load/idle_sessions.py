"""What MCP sessions cost that nobody uses: the gateway's resident memory with many of them, with
and without an open stream each, and after they have ended."""

import contextlib
import resource
import time

from contender import FAST_SERVER, request
from mcp import VERSION, Gateway, begin

IDLE = 5000
LISTENING = 1000
# How long memory may settle before it is read, in seconds.
PAUSE = 3


class Sessions(Gateway):
    """A gateway whose sessions are opened and ended at will."""

    def open(self, count):
        with contextlib.closing(self.connection()) as connection:
            return [begin(connection, self.path, self.headers) for _ in range(count)]

    def listen(self, session):
        """Opens the stream of a session, and gives its connection."""
        connection = self.connection()
        headers = self.of(session) | {"Accept": "text/event-stream"}
        connection.request("GET", self.path, headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise OSError(f"no stream: {answer.status}")
        # What comes at once.
        answer.readline()
        return connection, answer

    def end(self, sessions):
        with contextlib.closing(self.connection()) as connection:
            for session in sessions:
                status, _, text = request(connection, "DELETE", self.path, headers=self.of(session))
                if status >= 300:
                    raise OSError(f"a session does not end: {status} {text}")

    def of(self, session):
        return self.headers | {"MCP-Session-Id": session, "MCP-Protocol-Version": VERSION}

    def settled(self):
        time.sleep(PAUSE)
        return self.memory()


def measure(_arguments):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return {"idle": one(IDLE, False), "listening": one(LISTENING, True)}


def one(count, listens):
    gateway = Sessions("idle sessions", lambda: FAST_SERVER)
    try:
        gateway.start()
        # What is made once, whoever comes first, is nobody's cost.
        gateway.end(gateway.open(100))
        before = gateway.settled()
        sessions = gateway.open(count)
        with contextlib.ExitStack() as streams:
            if listens:
                for session in sessions:
                    for part in gateway.listen(session):
                        streams.enter_context(contextlib.closing(part))
            during = gateway.settled()
            gateway.end(sessions)
        # The allocator gives back what has been free for a while when it works again.
        gateway.settled()
        gateway.end(gateway.open(100))
        after = gateway.settled()
    finally:
        gateway.stop()
    return {
        "sessions": count,
        "before_kib": before,
        "during_kib": during,
        "after_kib": after,
        "session_kib": round((during - before) / count, 2),
    }


def table(report):
    lines = [
        "| sessions | | memory before MiB | with them MiB | after their end MiB | a session KiB |",
        "| ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for name, found in report.items():
        before, during, after = (round(found[f"{when}_kib"] / 1024, 1) for when in ("before", "during", "after"))
        what = {"idle": "idle", "listening": "with an open stream each"}[name]
        lines.append(f"| {found['sessions']:,} | {what} | {before} | {during} | {after} | {found['session_kib']} |")
    return "\n".join(lines)


def missed(report):
    cost = report["idle"]["session_kib"]
    if cost >= 10:
        yield f"an idle session costs {cost} KiB, less than 10 wanted"
