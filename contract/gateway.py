"""What API Gateway answers itself: by template.yaml, and on which routes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from contract.routes import Route
from local.template import load_template, resources_of


def _always(_: Route) -> bool:
    return True


def _with_key(route: Route) -> bool:
    return not route.is_public


def _with_body(route: Route) -> bool:
    return "requestBody" in route.operation


def _with_id(route: Route) -> bool:
    """An empty id, or one with a slash, is another path."""
    return "{" in route.path


ON: Mapping[str, Callable[[Route], bool]] = {
    "UNAUTHORIZED": _with_key,
    "ACCESS_DENIED": _with_key,
    "MISSING_AUTHENTICATION_TOKEN": _with_id,
    "RESOURCE_NOT_FOUND": _with_id,
    "REQUEST_TOO_LARGE": _with_body,
    "THROTTLED": _always,
    "INTEGRATION_TIMEOUT": _always,
    "DEFAULT_4XX": _always,
    "DEFAULT_5XX": _always,
}


@cache
def gateway_responses() -> dict[str, dict[str, Any]]:
    """What the template says, by kind."""
    found: dict[str, dict[str, Any]] = resources_of(load_template(), "AWS::Serverless::Api")["Api"]["GatewayResponses"]
    return found


def gateway_problems(route: Route) -> Iterator[dict[str, Any]]:
    """The problem documents that API Gateway may give to a route's request. Raises KeyError for a kind not listed."""
    for kind, response in gateway_responses().items():
        if ON[kind](route):
            yield json.loads(response["ResponseTemplates"]["application/json"])
