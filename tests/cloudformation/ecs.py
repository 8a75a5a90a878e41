#!/usr/bin/env python3
"""The ECS template, deployed and run: for several sets of parameters a stack is made in moto, what
is in it is looked at, and its task runs with the real binary, called with the key as the reader of
docs/ecs.md finds it.

    target/peers/cloudformation/bin/python tests/cloudformation/ecs.py [CASE]
"""

import contextlib
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from aws import ACCOUNT, REGION, aws, resolved
from task import Image, PEERS, ROOT, request, running, text_of
from template import Template

TEMPLATE = Template(ROOT / "cloudformation/mcpo-ecs-task-definition.yaml")
AT_A_TIME = 3
TOKEN = "a-token-of-the-server"
TIME = {"command": "uvx", "args": ["mcp-server-time"]}


@dataclass
class Case:
    """Parameters, and what must come of them."""

    name: str
    parameters: dict
    # What is called once the task runs: path, arguments, what the answer holds.
    calls: list = field(default_factory=list)
    # What the task role may do, and nothing else.
    rights: set = field(default_factory=set)
    # Ports out of the security group beside the usual ones.
    ports: set = field(default_factory=set)
    repository: str = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/viceversa"
    image: str = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/viceversa:latest"
    # A change of the config while the task runs, and what can be called then.
    change: object = None
    changed_calls: list = field(default_factory=list)
    # Whether the task can run here.
    runs: bool = True


def time_call(path=""):
    return f"{path}/get_current_time", {"timezone": "Europe/Lisbon"}, "Europe/Lisbon"


def cases(aws, folder, sse_port, http_port):
    config = folder / "config.json"
    config.write_text(json.dumps({"mcpServers": {"time": TIME}}))
    two_words = folder / "two words"
    two_words.mkdir()
    remote_call = ("/echo", {"message": "hello"}, "Echo: hello")
    bearer = json.dumps({"Authorization": f"Bearer {TOKEN}"})

    def config_text(**servers):
        return json.dumps({"mcpServers": servers, "gateway": {"pollInterval": "1s"}})

    s3 = aws.client("s3")
    s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(**servers):
        s3.put_object(Bucket="shop", Key="etc/config.json", Body=config_text(**servers))

    put(time=TIME)
    aws.client("ssm").put_parameter(
        Name="/shop/config", Value=config_text(clock=TIME), Type="SecureString"
    )
    object_rights = {("s3:GetObject", "arn:aws:s3:::shop/etc/config.json")}
    key_arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    yield Case("defaults", {}, [time_call()])
    yield Case(
        "key-of-ones-own",
        {"MCPOApiKey": "your-custom-api-key-here", "ProjectName": "other"},
        [time_call()],
    )
    yield Case(
        "words",
        {"MCPServerCommand": f"npx -y @modelcontextprotocol/server-filesystem '{two_words}'"},
        [("/list_allowed_directories", {}, "two words")],
    )
    yield Case(
        "ranges",
        {
            "AllowedCidrBlocks": ",".join(f"10.{number}.0.0/16" for number in range(20)),
            "ECRRepositoryURI": "210987654321.dkr.ecr.us-east-1.amazonaws.com/team/gateway",
            "ImageTag": "1.2.3",
        },
        [time_call()],
        repository="arn:aws:ecr:us-east-1:210987654321:repository/team/gateway",
        image="210987654321.dkr.ecr.us-east-1.amazonaws.com/team/gateway:1.2.3",
    )
    yield Case(
        "sse",
        {
            "MCPServerType": "sse",
            "MCPServerURL": f"http://127.0.0.1:{sse_port}/sse",
            "MCPServerHeaders": bearer,
            "AllowedCidrBlocks": "192.0.2.7/32",
        },
        [remote_call],
        ports={("tcp", sse_port)},
    )
    yield Case(
        "streamable-http",
        {
            "MCPServerType": "streamable-http",
            "MCPServerURL": f"http://127.0.0.1:{http_port}/mcp",
            "MCPServerHeaders": bearer,
        },
        [remote_call],
        ports={("tcp", http_port)},
    )
    for name, url, ports in [
        ("usual-port", "https://example.com/mcp?a=b:8002", set()),
        ("named-port", "http://example.com:80", set()),
        ("other-port", "https://mcp.example.com:8443", {("tcp", 8443)}),
    ]:
        parameters = {"MCPServerType": "streamable-http", "MCPServerURL": url}
        yield Case(name, parameters, ports=ports, runs=False)
    yield Case("file", {"MCPOConfigFile": str(config)}, [time_call("/time")])
    yield Case(
        "object",
        {"MCPOConfigFile": "s3://shop/etc/config.json", "EnableHotReload": "true"},
        [time_call("/time")],
        rights=object_rights,
        change=lambda: put(time=TIME, second=TIME),
        changed_calls=[time_call("/second"), time_call("/time")],
    )
    yield Case(
        "parameter",
        {"MCPOConfigFile": "ssm:/shop/config", "ConfigKmsKeyArn": key_arn},
        [time_call("/clock")],
        rights={
            ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/config"),
            ("kms:Decrypt", key_arn),
        },
    )


# Each with what refuses it.
REFUSED = [
    ({"AllowedCidrBlocks": ",".join(["10.0.0.0/8"] * 21)}, "AllowedCidrBlocks"),
    ({"AllowedCidrBlocks": "10.0.0.0/8, 10.1.0.0/16"}, "AllowedCidrBlocks"),
    ({"AllowedCidrBlocks": "10.0.0.0/8,"}, "AllowedCidrBlocks"),
    ({"AllowedCidrBlocks": "10.0.0.1"}, "AllowedCidrBlocks"),
    ({"AllowedCidrBlocks": "2001:db8::/32"}, "AllowedCidrBlocks"),
    ({"MCPOApiKey": 'with"quote'}, "MCPOApiKey"),
    ({"MCPOApiKey": "with\\backslash"}, "MCPOApiKey"),
    ({"MCPOApiKey": "with a space"}, "MCPOApiKey"),
    ({"MCPOApiKey": "short"}, "MCPOApiKey"),
    ({"MCPOConfigFile": "s3://shop/*"}, "MCPOConfigFile"),
    ({"MCPOConfigFile": "s3://shop/${aws:username}"}, "MCPOConfigFile"),
    ({"MCPOConfigFile": "ssm:/a/*"}, "MCPOConfigFile"),
    ({"MCPOConfigFile": "config.json"}, "MCPOConfigFile"),
    ({"MCPOConfigFile": "/a", "MCPServerURL": "https://a.com"}, "ConfigSaysAll"),
    ({"ConfigKmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/a"}, "ConfigHasKey"),
    ({"MCPServerType": "sse"}, "OneUrlIsNamed"),
    ({"MCPServerURL": "https://example.com"}, "OneServerIsNamed"),
    ({"MCPServerHeaders": '{"A": "b"}'}, "OneServerIsNamed"),
    ({"MCPServerCommand": ""}, "OneServerIsNamed"),
    ({"MCPServerType": "sse", "MCPServerURL": "https://user:pass@a.com/"}, "MCPServerURL"),
    ({"TaskCpu": "256", "TaskMemory": "4096"}, "FargateHasThisSize"),
    ({"TaskCpu": "4096", "TaskMemory": "2048"}, "FargateHasThisSize"),
    ({"ContainerPort": "80"}, "ContainerPort"),
    ({"ECRRepositoryURI": "docker.io/library/nginx"}, "ECRRepositoryURI"),
    ({"VpcId": None}, "VpcId"),
]


def check_refusals(surroundings):
    for parameters, expected in REFUSED:
        given = surroundings | parameters
        given = {name: value for name, value in given.items() if value is not None}
        assert TEMPLATE.refusals(given) == [expected], (parameters, TEMPLATE.refusals(given))


def check(case, aws, image, surroundings):
    # Stages are parts of names, and no two stacks may have the same.
    port = free_port()
    parameters = surroundings | {"Environment": case.name, "ContainerPort": str(port)}
    parameters |= case.parameters
    assert TEMPLATE.refusals(parameters) == []
    stack = f"gateway-{case.name}"
    outputs = aws.create_stack(stack, TEMPLATE.text, parameters)
    properties = resolved[stack]
    prefix = f"{parameters.get('ProjectName', 'mcpo')}-{case.name}"

    key = key_of(aws, outputs)
    if "MCPOApiKey" in parameters:
        assert key == parameters["MCPOApiKey"], key
    else:
        assert re.fullmatch("[A-Za-z0-9]{32}", key), key
    arn = outputs["TaskDefinitionArn"]
    definition = aws.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    check_definition(case, definition, container, properties, port, image)
    shown = json.dumps({name: value for name, value in container.items() if name != "secrets"})
    for hidden in (key, TOKEN):
        assert hidden not in shown, f"{hidden} is shown in the task definition"
    check_security_group(case, aws, outputs, properties, parameters, port)
    check_rights(case, aws, properties, container, prefix)
    check_log_group(aws, outputs, f"/ecs/{prefix}", container)

    if not case.runs:
        return
    with running(aws, image, container, REGION, port) as task:
        for path, arguments, holds in case.calls:
            status, answer = task.call(path, arguments, key)
            assert status == 200 and holds in answer, (path, status, answer)
        assert task.health() == 0, "it is healthy"
        for path in ("/docs", case.calls[0][0]):
            arguments = None if path == "/docs" else case.calls[0][1]
            assert request(task.url + path, None, arguments)[0] == 401, "the key is demanded"
            assert request(task.url + path, "wrong", arguments)[0] == 403, "no other key will do"
        # As the guide has it.
        assert request(task.url + "/docs", key)[0] == 200
        assert request(task.url + "/health")[0] == 200, "a target group needs no key"
        if case.change:
            case.change()
            for path, arguments, holds in case.changed_calls:
                status, answer = task.call(path, arguments, key)
                assert status == 200 and holds in answer, (path, status, answer)
        said = text_of(task.log)
        assert key not in said and TOKEN not in said, "no secret is logged"
        assert all("level" in json.loads(line) for line in said.splitlines()), "the log is JSON"


def key_of(aws, outputs):
    name = outputs["MCPOApiKeySecretName"]
    secret = aws.client("secretsmanager").get_secret_value(SecretId=name)
    assert secret["ARN"] == outputs["MCPOApiKeySecretArn"]
    return json.loads(secret["SecretString"])["apiKey"]


def check_definition(case, definition, container, properties, port, image):
    assert container["image"] == case.image, container["image"]
    assert container["user"] == image.user == "10001"
    assert container["readonlyRootFilesystem"] is True
    # ECS takes the owners of these folders from the image.
    assert [mount["containerPath"] for mount in container["mountPoints"]] == image.volumes
    volumes = {volume["name"] for volume in definition["volumes"]}
    assert {mount["sourceVolume"] for mount in container["mountPoints"]} == volumes
    assert container["portMappings"] == [{"containerPort": port, "protocol": "tcp"}]
    assert container["stopTimeout"] == 45
    # What moto does not keep.
    task = properties["TaskDefinition"]
    assert task["NetworkMode"] == "awsvpc" and task["RequiresCompatibilities"] == ["FARGATE"]
    assert (task["Cpu"], task["Memory"]) == ("256", "512")
    for role in ("TaskRole", "ExecutionRole"):
        assert task[f"{role}Arn"].startswith(f"arn:aws:iam::{ACCOUNT}:role/"), task


def check_security_group(case, aws, outputs, properties, parameters, port):
    group = outputs["SecurityGroupId"]
    found = aws.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert found["VpcId"] == parameters["VpcId"]
    ranges, groups = [], []
    for rule in found["IpPermissions"]:
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", port, port), rule
        assert not rule["Ipv6Ranges"] and not rule["PrefixListIds"], rule
        ranges += [each["CidrIp"] for each in rule["IpRanges"]]
        groups += [each["GroupId"] for each in rule["UserIdGroupPairs"]]
    listed = parameters.get("AllowedCidrBlocks", "")
    assert sorted(ranges) == sorted(listed.split(",") if listed else []), ranges
    assert groups == [parameters["WebUISecurityGroupId"]], groups
    out = set()
    for rule in properties["SecurityGroup"]["SecurityGroupEgress"]:
        assert rule["CidrIp"] == "0.0.0.0/0" and rule["FromPort"] == rule["ToPort"], rule
        out.add((rule["IpProtocol"], int(rule["FromPort"])))
    usual = {("tcp", 443), ("tcp", 80), ("tcp", 53), ("udp", 53)}
    assert out == usual | case.ports, out


def check_rights(case, aws, properties, container, prefix):
    assert rights(properties["TaskRole"]) == case.rights, rights(properties["TaskRole"])
    # The ARNs of the secrets that the definition names, without what is taken out of them.
    secrets = {":".join(pair["valueFrom"].split(":")[:7]) for pair in container["secrets"]}
    assert len(secrets) == (2 if "MCPServerHeadersSecret" in properties else 1), secrets
    # CloudFormation's ARN of a log group ends with `:*`, moto's does not.
    log_group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/{prefix}"
    expected = {("secretsmanager:GetSecretValue", arn) for arn in secrets}
    expected |= {(f"logs:{action}", log_group) for action in ("CreateLogStream", "PutLogEvents")}
    expected |= {
        (f"ecr:{action}", case.repository)
        for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
    }
    expected.add(("ecr:GetAuthorizationToken", "*"))
    found = rights(properties["TaskExecutionRole"])
    assert found == expected, found ^ expected


def rights(role):
    """Pairs of an action and a resource that a role's policies allow."""
    pairs = set()
    for policy in role["Policies"]:
        for statement in listed(policy["PolicyDocument"]["Statement"]):
            assert set(statement) == {"Effect", "Action", "Resource"}, statement
            assert statement["Effect"] == "Allow", statement
            pairs |= {
                (action, resource)
                for action in listed(statement["Action"])
                for resource in listed(statement["Resource"])
            }
    assert "ManagedPolicyArns" not in role
    return pairs


def listed(value):
    return value if isinstance(value, list) else [value]


def check_log_group(aws, outputs, name, container):
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (group,) = [group for group in groups if group["logGroupName"] == name]
    assert group["retentionInDays"] == 30
    assert outputs["LogGroupName"] == name
    assert container["logConfiguration"]["options"]["awslogs-group"] == name


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def remote(transport, folder):
    """A server over HTTP that takes nobody without the token; gives its port."""
    port = free_port()
    program = ROOT / "tests/fixtures/python_server.py"
    python = PEERS / "fastmcp/bin/python"
    command = [python, "-B", program, "fastmcp", transport, str(port), folder / transport, TOKEN]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while request(f"http://127.0.0.1:{port}/")[0] is None:
            assert process.poll() is None and time.monotonic() < deadline, f"no {transport} server"
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


def run(case, *arguments):
    started = time.monotonic()
    try:
        check(case, *arguments)
    except Exception:
        traceback.print_exc(file=sys.stdout)
        print(f"FAILED: {case.name}", flush=True)
        return False
    print(f"ok: {case.name} ({time.monotonic() - started:.0f} s)", flush=True)
    return True


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    with (
        tempfile.TemporaryDirectory() as folder,
        aws() as cloud,
        remote("sse", Path(folder)) as sse_port,
        remote("streamable-http", Path(folder)) as http_port,
    ):
        folder = Path(folder)
        ec2 = cloud.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        web_ui = ec2.create_security_group(GroupName="webui", Description="WebUI", VpcId=vpc)
        surroundings = {"VpcId": vpc, "WebUISecurityGroupId": web_ui["GroupId"]}
        check_refusals(surroundings)
        image = Image(folder)
        chosen = [case for case in cases(cloud, folder, sse_port, http_port) if wanted in case.name]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            done = list(pool.map(lambda case: run(case, cloud, image, surroundings), chosen))
    if not done or not all(done):
        sys.exit(f"{done.count(True)} of {len(done)} passed")


main()
