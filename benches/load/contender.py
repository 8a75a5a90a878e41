"""Those that stand between a load and a fast server: started, loaded by wrk, measured, ended."""

import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "benches/load"
RELEASE = ROOT / "target/release"
FAST_SERVER = str(RELEASE / "examples/fast-server")
KEY = "load-test-key"
CONNECTIONS = (1, 32)
FIGURES = ("requests_per_second", "p50_us", "p99_us")


class Contender:
    """A process that serves on a port of its own. Those that inherit say how it is started, what
    is asked of it first, and what the load is."""

    def __init__(self, name):
        self.name = name
        self.log = ROOT / "target" / f"load-{name.replace(' ', '-')}.log"
        self.process = None
        self.first_request = None

    def command(self):
        raise NotImplementedError

    def ask(self):
        """Asks once, and gives the status and the text of the answer. OSError: not up yet."""
        raise NotImplementedError

    def script(self):
        """The path that is loaded, wrk's script and the environment that it reads."""
        raise NotImplementedError

    def start(self):
        self.port = free_port()
        with self.log.open("w") as log:
            started = time.monotonic()
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment()
            )
        deadline = started + 60
        while True:
            try:
                status, body = self.ask()
                if status == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{self.name} does not serve: see target/{self.log.name}")
            time.sleep(0.0005)
        self.first_request = time.monotonic() - started
        if "quick brown fox" not in body:
            sys.exit(f"{self.name} answers something else: {body}")

    def load(self, connections, seconds):
        path, script, variables = self.script()
        output = subprocess.run(
            ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s",
             "--timeout", "10s", "--script", str(HERE / script), f"http://127.0.0.1:{self.port}{path}"],
            env=environment() | variables, capture_output=True, text=True, timeout=seconds + 30,
        )
        line = next((line for line in output.stdout.splitlines() if line.startswith("RESULT ")), None)
        if line is None:
            sys.exit(f"wrk: {output.stdout}{output.stderr}")
        result = json.loads(line.removeprefix("RESULT "))
        if result["errors"] or not result["requests"]:
            sys.exit(f"{self.name}, {connections} connections: {result}")
        return {
            "requests_per_second": result["requests"] / (result["microseconds"] / 1e6),
            "p50_us": result["p50"],
            "p99_us": result["p99"],
        }

    def memory(self):
        """The resident memory in KiB, of the process alone, without its child."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        sys.exit(f"{self.name} has no memory")

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def take_turns(contenders, arguments):
    """Loads all of them, several rounds long; all runs by name and number of connections."""
    runs = {(contender.name, count): [] for contender in contenders for count in CONNECTIONS}
    for turn in range(arguments.rounds):
        # Another order each round, so that nobody always follows the same neighbour.
        first = turn % len(contenders)
        for contender in contenders[first:] + contenders[:first]:
            for count in CONNECTIONS:
                contender.load(count, 1)
                runs[contender.name, count].append(contender.load(count, arguments.seconds))
    return runs


def medians(runs, name):
    """The median of each figure, by the number of connections."""
    return {
        str(count): {
            figure: round(median(run[figure] for run in runs[name, count]), 1) for figure in FIGURES
        }
        for count in CONNECTIONS
    }


def ratios(ours, theirs):
    """What we have of each figure, for each of what they have."""
    return {
        count: {figure: round(ours[count][figure] / theirs[count][figure], 2) for figure in FIGURES}
        for count in ours
    }


def tables(title, report, ratio):
    """The lines of a table of contenders, and of one of ratios."""
    lines = [
        f"| {title} | connections | requests/s | p50 µs | p99 µs | memory MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, found in report["contenders"].items():
        for count, figures in found["connections"].items():
            lines.append(
                f"| {name} | {count} | {figures['requests_per_second']:,.0f} | {figures['p50_us']:,.0f} "
                f"| {figures['p99_us']:,.0f} | {found['rss_mib']} |"
            )
    lines += ["", f"| {ratio} | connections | requests/s | p50 | p99 |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, by_count in report["ratios"].items():
        for count, figures in by_count.items():
            lines.append(
                f"| {name} | {count} | {figures['requests_per_second']} | {figures['p50_us']} | {figures['p99_us']} |"
            )
    return lines


def request(connection, method, path, body=None, headers=()):
    """One request over a connection that may be kept: the status, the headers and the text."""
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    except http.client.HTTPException as error:
        raise OSError(error) from error


def environment():
    ours = ("VICEVERSA_", "MCPO_", "FASTMCP_", "LOAD_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def median(values):
    return statistics.median(list(values))
