"""Changes what a deployed function is given, as an operator's mistake or repair would."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local.world import Deployed
from tests.e2e.stacks import own
from tests.e2e.waiting import wait_until

ALIAS = "live"
_generation = itertools.count()


@contextmanager
def given(world: Deployed, function: str, **variables: str) -> Iterator[None]:
    """Let a function (by logical id) run with other variables, in new processes, then with its own again."""
    before = _variables(world, function)
    try:
        _set(world, function, before | variables)
        yield
    finally:
        _set(world, function, before)


def restart(world: Deployed, function: str) -> None:
    """Let a function's next invocation start in a new process, which remembers nothing."""
    _set(world, function, _variables(world, function) | {"PROCESS_GENERATION": str(next(_generation))})


def forget_keys(world: Deployed) -> None:
    """Let API Gateway remember no key from now on: the local one cannot be told to forget those that it knows."""
    apigateway = own(world).client("apigateway")
    never = [{"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "0"}]
    for api in apigateway.get_rest_apis()["items"]:
        for authorizer in apigateway.get_authorizers(restApiId=api["id"])["items"]:
            apigateway.update_authorizer(restApiId=api["id"], authorizerId=authorizer["id"], patchOperations=never)


def _variables(world: Deployed, function: str) -> dict[str, str]:
    found = world.client("lambda").get_function_configuration(FunctionName=world.outputs[f"{function}Name"])
    variables: dict[str, str] = found["Environment"]["Variables"]
    return variables


def _set(world: Deployed, function: str, variables: Mapping[str, str]) -> None:
    client, name = own(world).client("lambda", repeatable=True), world.outputs[f"{function}Name"]
    client.update_function_configuration(FunctionName=name, Environment={"Variables": dict(variables)})

    def taken() -> bool:
        return bool(client.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful")

    wait_until(f"{function} to take its variables", taken)
    # Callers go by the alias, as those of a deployment do.
    version = client.publish_version(FunctionName=name)["Version"]
    client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
