"""A task as ECS runs it: the container definition that moto holds, with the secrets that it names,
in the image that the Dockerfile describes. The real binary is what runs."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gateway import BINARY, PEERS, ROOT, text_of  # noqa: E402

# What the servers of the guide's commands are here: pinned, and without the network.
PROGRAMS = {
    "uvx": f"""#!/bin/sh
name=$1
shift
exec "{PEERS}/py-new/bin/$name" "$@"
""",
    "npx": f"""#!/bin/sh
[ "$1" = -y ] && shift
name=${{1#@modelcontextprotocol/}}
shift
exec "{PEERS}/npm/node_modules/.bin/mcp-$name" "$@"
""",
}


class Image:
    """A folder with the programs of the image, and what the Dockerfile says of it."""

    def __init__(self, folder):
        self.programs = folder / "bin"
        self.programs.mkdir()
        (self.programs / "viceversa").symlink_to(BINARY)
        for name, text in PROGRAMS.items():
            program = self.programs / name
            program.write_text(text)
            program.chmod(0o755)
        dockerfile = (ROOT / "Dockerfile").read_text().split("\nFROM ")[-1]
        init, separator, *self.entry_point = json.loads(one(r"^ENTRYPOINT (.*)$", dockerfile))
        assert (init, separator) == ("tini", "--"), "the image has an init of its own"
        self.environment = dict(
            pair.split("=", 1) for pair in one(r"^ENV (.*)$", dockerfile).split()
        )
        self.user = one(r"^USER (.*)$", dockerfile)
        self.volumes = json.loads(one(r"^VOLUME (.*)$", dockerfile))
        assert one(r"^STOPSIGNAL (.*)$", dockerfile) == "SIGTERM"


def one(pattern, text):
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return found


class Task:
    def __init__(self, process, log, environment, container, port):
        self.process = process
        self.log = log
        self.environment = environment
        self.container = container
        self.url = f"http://127.0.0.1:{port}"

    def health(self):
        """The exit code of the health check's command."""
        kind, *command = self.container["healthCheck"]["command"]
        assert kind == "CMD", kind
        seconds = self.container["healthCheck"]["timeout"]
        return subprocess.run(
            command, env=self.environment, timeout=seconds * 4, capture_output=True
        ).returncode

    def call(self, path, arguments, key, within=40):
        """The status of a call and its answer, once the tool is there."""
        deadline = time.monotonic() + within
        while True:
            assert self.process.poll() is None, "the gateway ended"
            status, answer = request(f"{self.url}{path}", key, arguments)
            if status in (200, 401, 422) or time.monotonic() > deadline:
                return status, answer
            time.sleep(0.1)


def request(url, key=None, arguments=None):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = None
    if arguments is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(arguments).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return None, str(error)


def secret(aws, value_from):
    """What ECS puts into a variable: `arn:…:secret:name[:member:stage:version]`."""
    parts = value_from.split(":")
    text = aws.client("secretsmanager").get_secret_value(SecretId=":".join(parts[:7]))
    text = text["SecretString"]
    if len(parts) == 7:
        return text
    member, stage, version = parts[7:]
    assert (stage, version) == ("", ""), value_from
    return json.loads(text)[member]


@contextlib.contextmanager
def running(aws, image, container, region, port):
    """Runs the container; it must end with code 0, and in the time that it has."""
    assert "command" not in container and "entryPoint" not in container, "the image's own is used"
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile("w+") as log:
        environment = {
            "PATH": f"{image.programs}:{os.environ['PATH']}",
            "HOME": home,
            # What ECS itself gives, and where AWS is here.
            "AWS_REGION": region,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.credentials,
            "AWS_ENDPOINT_URL": aws.origin,
            **image.environment,
            **{pair["name"]: pair["value"] for pair in container["environment"]},
            **{pair["name"]: secret(aws, pair["valueFrom"]) for pair in container["secrets"]},
        }
        process = subprocess.Popen(
            image.entry_point,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=home,
        )
        task = Task(process, log, environment, container, port)
        try:
            yield task
            process.terminate()
            code = process.wait(container["stopTimeout"])
            assert code == 0, f"it ended with code {code}"
            assert task.health() != 0, "a gateway that is gone is not healthy"
        except BaseException:
            print("--- what the gateway wrote\n" + text_of(log) + "---", flush=True)
            raise
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
