"""Reads template.yaml with CloudFormation's short tags, for what compares it with the code or is made from both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
ACCOUNT = {"AWS_DEFAULT_REGION": "eu-west-2", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class TemplateLoader(yaml.SafeLoader):
    """SafeLoader that turns `!Ref x` into {"Ref": x} and any other `!Tag x` into {"Fn::Tag": x}."""


def _short_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".") if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


TemplateLoader.add_multi_constructor("!", _short_tag)


def load_template() -> dict[str, Any]:
    """Return the template as data."""
    template: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader=TemplateLoader)  # noqa: S506
    return template


def resources_of(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of every resource of a type, by logical id."""
    return {
        logical_id: resource["Properties"]
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def folder_of(function: dict[str, Any]) -> str:
    """Return the folder name of a function's code."""
    return Path(function["CodeUri"]).name


def api_routes_of(function: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the properties of each route by which API Gateway calls a function."""
    events = function.get("Events", {}).values()
    return [event["Properties"] for event in events if event["Type"] == "Api"]


def variables_of(template: dict[str, Any], function: dict[str, Any]) -> dict[str, Any]:
    """Return the environment variables that a function gets, its own and the global ones."""
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    return {**shared, **function.get("Environment", {}).get("Variables", {})}


def value_of(template: dict[str, Any], value: Any) -> str:
    """Return what a variable could hold: a parameter's default, or something of the right form."""
    match value:
        case {"Ref": name} if name in template["Parameters"]:
            return str(template["Parameters"][name]["Default"])
        case {"Ref": "AWS::StackName"}:
            return "pinbill"
        case {"Ref": name} if template["Resources"][name]["Type"] == "AWS::SQS::Queue":
            return f"https://sqs.eu-west-2.amazonaws.com/000000000000/{name}"
        case {"Ref": name}:
            return str(name)
        case {"Fn::If": ["IsLocal", _, other]}:
            return value_of(template, other)
        case {"Fn::If": [_, positive, _]}:
            return str(positive)
        case _:
            return str(value)
