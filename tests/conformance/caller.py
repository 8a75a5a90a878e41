"""A REST caller of the gateway: uses all that one server offers, as its document says."""

import json
import urllib.error
import urllib.parse
import urllib.request

SERVER = "scenario"
CALL = "application/vnd.mcp.call+json"
# How often in a row a call may ask before it is taken for one that never ends.
MOST_QUESTIONS = 5


class Unexpected(Exception):
    """The gateway did something that the scenario does not allow."""


class Stays(urllib.request.HTTPRedirectHandler):
    """Redirects are answers: whoever asked decides where to go."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stays)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.text = body.decode(errors="replace")

    def json(self):
        return json.loads(self.text)

    def __str__(self):
        return f"{self.status}: {' '.join(self.text.split())[:500]}"


def fetch(url, body=None, content_type="application/json", timeout=30):
    headers = {} if body is None else {"Content-Type": content_type}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)
    try:
        with OPENER.open(request, timeout=timeout) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


class Caller:
    """Calls one server; `log_in` is what to do when an answer says that somebody must."""

    def __init__(self, gateway, log_in):
        self.gateway = gateway
        self.base = f"{gateway}/{SERVER}"
        self.log_in = log_in

    def document(self):
        answer = self.until_logged_in(lambda: fetch(f"{self.base}/openapi.json"))
        return expect(answer, 200).json()

    def tools(self):
        """The name of each tool, and its arguments' schema."""
        document = self.document()
        tools = {}
        for path, item in document["paths"].items():
            operation = item.get("post")
            if operation and not path.startswith("/prompts/"):
                name = urllib.parse.unquote(path.removeprefix("/call/").removeprefix("/"))
                content = operation.get("requestBody", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                tools[name] = resolve(schema, document)
        return tools

    def use_everything(self):
        """Calls each tool, reads each resource, gets each prompt."""
        for name, schema in self.tools().items():
            expect(self.call(name, arguments_for(schema)), 200)
        for resource in self.list("resources"):
            expect(fetch(f"{self.base}/resources/read?uri={segment(resource['uri'])}"), 200)
        for prompt in self.list("prompts"):
            expect(fetch(f"{self.base}/prompts/{segment(prompt['name'])}", {}), 200)

    def list(self, kind):
        """Resources or prompts, where the server has any."""
        if not status_of(self.gateway)[kind]:
            return []
        return expect(fetch(f"{self.base}/{kind}"), 200).json()[kind]

    def call(self, tool, arguments):
        url = f"{self.base}/call/{segment(tool)}"
        return self.until_logged_in(lambda: fetch(url, arguments))

    def call_and_answer(self, tool, arguments, meanwhile=lambda: None):
        """Calls a tool that may ask something, and answers with the defaults that it offers;
        `meanwhile` happens between question and answer."""
        url = f"{self.base}/call/{segment(tool)}"
        body = {"arguments": arguments}
        for _ in range(MOST_QUESTIONS):
            answer = fetch(url, body, CALL)
            if answer.status != 409:
                return expect(answer, 200)
            asked = answer.json()
            meanwhile()
            body = {"arguments": arguments, "inputResponses": responses_to(asked["inputRequests"])}
            # The state goes back as it came, and only if it came.
            if "requestState" in asked:
                body["requestState"] = asked["requestState"]
        raise Unexpected(f"{tool} asks without end")

    def until_logged_in(self, send):
        answer = send()
        while answer.status == 503 and self.log_in():
            answer = send()
        return answer


def status_of(gateway):
    """What the gateway says of the one server."""
    (server,) = expect(fetch(f"{gateway}/status"), 200).json()["servers"]
    return server


def expect(answer, status):
    if answer.status != status:
        raise Unexpected(f"an answer of {status} was expected, and came {answer}")
    return answer


def segment(name):
    return urllib.parse.quote(name, safe="")


def responses_to(requests):
    """Accepts each elicitation with the defaults of its form, else with plain values."""
    responses = {}
    for name, request in requests.items():
        if request["method"] != "elicitation/create":
            raise Unexpected(f"the scenario asks by {request['method']}")
        fields = request["params"].get("requestedSchema", {}).get("properties", {})
        content = {field: value_for(schema) for field, schema in fields.items()}
        responses[name] = {"action": "accept", "content": content}
    return responses


def resolve(schema, document):
    reference = schema.get("$ref")
    if not reference:
        return schema
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def arguments_for(schema):
    """A plain value for each required argument."""
    properties = schema.get("properties", {})
    return {name: value_for(properties.get(name, {})) for name in schema.get("required", [])}


def value_for(schema):
    if "default" in schema:
        return schema["default"]
    values = {"number": 1.5, "integer": 1, "boolean": True, "array": [], "object": {}}
    return values.get(schema.get("type"), "test")
