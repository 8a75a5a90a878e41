"""AWS for stacks: moto's server in this process, and what moto lacks of CloudFormation.

That is: secrets, `AWS::NoValue` in lists, and most properties of a task definition. What a template
makes of its parameters for each resource is kept, as CloudFormation would hand it to the service.
"""

import contextlib
import json
import logging
import os
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Whatever this machine is configured for is not asked.
for name in [name for name in os.environ if name.startswith("AWS_") or "proxy" in name.lower()]:
    del os.environ[name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

import boto3  # noqa: E402
from moto.cloudformation import parsing  # noqa: E402
from moto.core.common_models import CloudFormationModel  # noqa: E402
from moto.secretsmanager.models import secretsmanager_backends  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

REGION = "eu-west-1"
ACCOUNT = "123456789012"

# Properties by stack and logical id.
resolved = {}


class Secret(CloudFormationModel):
    """AWS::SecretsManager::Secret, as its documentation describes it."""

    # moto finds a model's service in this.
    __module__ = "moto.secretsmanager.cloudformation"

    def __init__(self, arn):
        self.physical_resource_id = arn

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::SecretsManager::Secret"

    @classmethod
    def create_from_cloudformation_json(cls, name, resource, account_id, region_name, **_):
        properties = resource["Properties"]
        secrets = secretsmanager_backends[account_id][region_name]
        if ("SecretString" in properties) == ("GenerateSecretString" in properties):
            raise ValueError("a secret is either given or generated")
        text = properties.get("SecretString")
        if text is None:
            text = generated(secrets, dict(properties["GenerateSecretString"]))
        made = secrets.create_secret(
            name=properties["Name"],
            secret_string=text,
            secret_binary=None,
            description=properties.get("Description"),
            tags=None,
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return cls(json.loads(made)["ARN"])


def generated(secrets, how):
    template = json.loads(how.pop("SecretStringTemplate"))
    key = how.pop("GenerateStringKey")
    length = how.pop("PasswordLength", 32)
    excludes_punctuation = how.pop("ExcludePunctuation", False)
    if how:
        raise ValueError(f"this stand-in does not know {sorted(how)}")
    password = secrets.get_random_password(
        length, "", False, excludes_punctuation, False, False, False, True
    )
    template[key] = json.loads(password)["RandomPassword"]
    return json.dumps(template)


original_clean = parsing.clean_json
original_parse = parsing.parse_resource_and_generate_name


def clean(node, resources):
    cleaned = original_clean(node, resources)
    return [item for item in cleaned if item is not None] if isinstance(node, list) else cleaned


def parse(logical_id, resource, resources):
    parsed = original_parse(logical_id, resource, resources)
    if parsed:
        stack = resources["AWS::StackName"]
        resolved.setdefault(stack, {})[logical_id] = parsed[1]["Properties"]
    return parsed


parsing.clean_json = clean
parsing.parse_resource_and_generate_name = parse


class Aws:
    def __init__(self, origin, credentials):
        self.origin = origin
        # What ECS tells a container: where the credentials of its role are.
        self.credentials = credentials

    def client(self, service):
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.origin,
            aws_access_key_id="setup",
            aws_secret_access_key="setup",
        )

    def create_stack(self, name, template, parameters):
        """Creates it, and gives its outputs."""
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=template,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        )
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


class Credentials(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(
            {
                "AccessKeyId": "task",
                "SecretAccessKey": "task",
                "Token": "task",
                "Expiration": "2099-01-01T00:00:00Z",
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def aws():
    # It says of each resource what it does not know of it, and tells of each request.
    warnings.simplefilter("ignore")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    credentials = ThreadingHTTPServer(("127.0.0.1", 0), Credentials)
    threading.Thread(target=credentials.serve_forever, daemon=True).start()
    try:
        yield Aws(
            f"http://{host}:{port}", f"http://127.0.0.1:{credentials.server_port}/credentials"
        )
    finally:
        credentials.shutdown()
        moto.stop()
