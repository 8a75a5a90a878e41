"""REST calls: through the gateway, a minimal bridge and mcpo, to the same fast stdio server."""

import contextlib
import http.client
import json
import os
import subprocess
import time
from pathlib import Path

from contender import (
    CONNECTIONS, FAST_SERVER, KEY, RELEASE, ROOT, Contender, median, medians, ratios, request, take_turns,
)

PEERS = Path(os.environ.get("VICEVERSA_TEST_PEERS", ROOT / "target/peers"))
BODY = json.dumps({"text": "The quick brown fox jumps over the lazy dog."})
STARTS = 7


class Rest(Contender):
    """One that serves the tool `echo` as POST /echo."""

    def command(self):
        port = str(self.port)
        return {
            "bridge": [str(RELEASE / "examples/minimal-bridge"), port, FAST_SERVER],
            "gateway": [
                str(RELEASE / "viceversa"), "--host", "127.0.0.1", "--port", port,
                "--api-key", KEY, "--validate", "coerce", "--", FAST_SERVER,
            ],
            "mcpo": [
                str(PEERS / "mcpo/bin/mcpo"), "--host", "127.0.0.1", "--port", port,
                "--api-key", KEY, "--", FAST_SERVER,
            ],
        }[self.name]

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
            status, _, text = request(connection, "POST", "/echo", BODY, headers)
            return status, text

    def script(self):
        return "/echo", "call.lua", {"LOAD_KEY": KEY}


def install():
    subprocess.run([ROOT / "tests/peers/install", "mcpo"], check=True)


def measure(arguments):
    names = ["bridge", "gateway"] + ([] if arguments.without_mcpo else ["mcpo"])
    child_start = median(start_of_child() for _ in range(STARTS))
    contenders = [Rest(name) for name in names]
    report = {"child_start_ms": round(child_start * 1000, 2), "contenders": {}}
    starts = {contender.name: [] for contender in contenders}
    try:
        for contender in contenders:
            for _ in range(STARTS if contender.name != "mcpo" else 3):
                contender.start()
                starts[contender.name].append(contender.first_request)
                contender.stop()
        for contender in contenders:
            contender.start()
        runs = take_turns(contenders, arguments)
        for contender in contenders:
            first_request = median(starts[contender.name])
            report["contenders"][contender.name] = {
                "rss_mib": round(contender.memory() / 1024, 1),
                "first_request_ms": round(first_request * 1000, 2),
                "first_request_without_child_ms": round(max(0.0, first_request - child_start) * 1000, 2),
                "connections": medians(runs, contender.name),
            }
    finally:
        for contender in contenders:
            contender.stop()
    found = report["contenders"]
    report["ratios"] = {
        other: ratios(found["gateway"]["connections"], found[other]["connections"])
        for other in names if other != "gateway"
    }
    return report


def start_of_child():
    """How long the fast server alone takes from its start to its first answer."""
    started = time.monotonic()
    process = subprocess.Popen([FAST_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n')
    process.stdin.flush()
    process.stdout.readline()
    took = time.monotonic() - started
    process.stdin.close()
    process.wait(10)
    process.stdout.close()
    return took


def table(report):
    lines = [
        "| | connections | requests/s | p50 µs | p99 µs | memory MiB | first request ms | without the child's start ms |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, found in report["contenders"].items():
        for count, figures in found["connections"].items():
            lines.append(
                f"| {name} | {count} | {figures['requests_per_second']:,.0f} | {figures['p50_us']:,.0f} "
                f"| {figures['p99_us']:,.0f} | {found['rss_mib']} | {found['first_request_ms']} "
                f"| {found['first_request_without_child_ms']} |"
            )
    lines += ["", "| gateway : | connections | requests/s | p50 | p99 |", "| --- | ---: | ---: | ---: | ---: |"]
    for other, by_count in report["ratios"].items():
        for count, figures in by_count.items():
            lines.append(
                f"| {other} | {count} | {figures['requests_per_second']} | {figures['p50_us']} | {figures['p99_us']} |"
            )
    return "\n".join(lines)


def missed(report):
    gateway = report["contenders"]["gateway"]
    for other, least, counts in (("bridge", 0.7, CONNECTIONS), ("mcpo", 10, CONNECTIONS[-1:])):
        for count, figures in report["ratios"][other].items():
            if int(count) in counts and figures["requests_per_second"] < least:
                yield f"{figures['requests_per_second']} of {other}'s requests/s at {count} connections, at least {least} wanted"
    if gateway["rss_mib"] >= 25:
        yield f"{gateway['rss_mib']} MiB resident, less than 25 wanted"
    if gateway["first_request_without_child_ms"] > 50:
        yield f"first request after {gateway['first_request_without_child_ms']} ms, at most 50 wanted"
