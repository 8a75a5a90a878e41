"""A template as CloudFormation looks at it before it makes anything: parameters and rules."""

import re

import yaml


class Loader(yaml.SafeLoader):
    pass


def short_form(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", short_form)


class Template:
    def __init__(self, file):
        self.text = file.read_text()
        self.content = yaml.load(self.text, Loader)

    def refusals(self, given):
        """What CloudFormation says against these parameters: for each, the name of what refuses."""
        parameters = self.content["Parameters"]
        refused = [f"{name}: unknown" for name in given if name not in parameters]
        values = {}
        for name, parameter in parameters.items():
            value = given.get(name, parameter.get("Default"))
            if value is None or not fits(str(value), parameter):
                refused.append(name)
            values[name] = str(value)
        for name, rule in self.content["Rules"].items():
            if "RuleCondition" not in rule or holds(rule["RuleCondition"], values):
                if not all(holds(each["Assert"], values) for each in rule["Assertions"]):
                    refused.append(name)
        return refused


def fits(value, parameter):
    # The whole value must match, as in Java's `matches`.
    if not re.fullmatch(parameter.get("AllowedPattern", r"[\s\S]*"), value):
        return False
    if value not in parameter.get("AllowedValues", [value]):
        return False
    if parameter["Type"] == "Number":
        return parameter["MinValue"] <= float(value) <= parameter["MaxValue"]
    return True


def holds(node, values):
    """What a rule's function says. Rules know no others than these."""
    ((name, arguments),) = node.items()
    if name == "Fn::And":
        return all(holds(argument, values) for argument in arguments)
    if name == "Fn::Or":
        return any(holds(argument, values) for argument in arguments)
    if name == "Fn::Not":
        return not holds(arguments[0], values)
    left, right = (
        values[argument["Ref"]] if isinstance(argument, dict) else argument
        for argument in arguments
    )
    if name == "Fn::Equals":
        return left == right
    assert name == "Fn::Contains", name
    return right in left
