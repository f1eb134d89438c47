"""What functions were seen to ask of AWS is what the template allows them, no more and no less.

Nothing more is judged for each world; nothing less over the worlds of all of pytest's processes, once every test file
was run and nothing has failed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

from local.policies import Call, Grant, calls_in, grants
from local.template import load_template
from local.world import World
from local.world.secret import SECRET_NAME
from local.world.stack import STACK_NAME

# Asked for by a test in the name of a function.
PROBES = ("P#probe", "KEY#probe")
# Tests tell functions to use a table and a secret that are not there, which is refused.
NOT_THERE = ("pinbill-none", "pinbill/local/none")
_OUTPUT = "pinbill_calls"  # of a process of pytest-xdist


def calls_of(world: World, recorded: Path) -> set[Call]:
    """What this world's functions have asked for: nothing that was refused, nothing that stands in no policy."""
    calls = {call for call in calls_in(recorded, _logical_ids(world)) if not set(call.keys) & set(PROBES)}
    calls = {call for call in calls if not (call.denied and call.resource in NOT_THERE)}
    assert calls
    assert not [call for call in calls if call.denied]  # a function that goes on without it would hide it
    assert not beyond(calls, grants(load_template()))
    return calls


def beyond(calls: Iterable[Call], found: Iterable[Grant]) -> list[Call]:
    """What was asked for and stands in no policy, by our own reading of them."""
    allowed = list(found)
    return [call for call in calls if not any(grant.allows(call) for grant in allowed)]


def unused(calls: Iterable[Call], found: Iterable[Grant]) -> list[str]:
    """What stands in a policy and was not needed, but for what the platform does itself."""
    seen = list(calls)
    return [each for grant in found if not grant.by_platform for each in grant.unused(seen)]


class LeastPrivilege:
    """A plugin of pytest that judges at the end what was left without use, in the process that sees all others."""

    def __init__(self) -> None:
        self._calls: set[Call] = set()
        self._passed: set[str] = set()  # names of test files

    def note(self, config: pytest.Config, calls: set[Call]) -> None:
        """Keep them until the end; a process of pytest-xdist hands them over when it ends."""
        output: dict[str, Any] | None = getattr(config, "workeroutput", None)
        if output is None:
            self._calls |= calls
        else:
            output[_OUTPUT] = [astuple(call) for call in calls]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        for function, action, resource, keys, denied in getattr(node, "workeroutput", {}).get(_OUTPUT, []):
            self._calls.add(Call(function, action, resource, tuple(keys), denied))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid.partition("::")[0].rpartition("/")[2])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        files = {path.name for path in Path(__file__).parent.glob("test_*.py")}
        if hasattr(session.config, "workerinput") or session.testsfailed or not self._passed >= files:
            return
        left = unused(self._calls, grants(load_template()))
        if left:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            sys.stderr.write("\n  ".join(["\nallowed and not used by any test (docs/policies.md):", *left]) + "\n")


def _logical_ids(world: World) -> dict[str, str]:
    """By the last part of what AWS calls them, which is a name, an ARN or a URL."""
    resources = world.client("cloudformation").describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    return {SECRET_NAME: "ProviderSecret"} | {
        one["PhysicalResourceId"].replace("/", ":").split(":")[-1]: one["LogicalResourceId"]
        for one in resources
        if one["ResourceType"].split("::")[1] in {"DynamoDB", "IAM", "KMS", "SQS"}
    }
