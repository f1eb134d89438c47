"""What the tests run at: a world of their own, or, where E2E_STACK names one, a stack that is deployed somewhere.

That is found by the AWS_ variables, AWS_ENDPOINT_URL included. A test that needs what is not there is skipped, and says
what it needed: it finds out by asking for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, override

import boto3
import pytest
from botocore.config import Config

from local.world import Deployed, World

NAME, SIMULATORS = "E2E_STACK", "SIMULATORS_URL"
# Where a test clock rules, and the providers bill nobody.
STAGES = ("local", "sandbox")


class DeployedStack(Deployed):
    """Its providers can be told what to do where SIMULATORS_URL is the address of simulated ones."""

    def __init__(self, stack_name: str, home: Path) -> None:
        """Read what it is; fails the tests where it is of a stage that bills people."""
        self.home, self.stack_name = home, stack_name
        (home / "state").mkdir()
        (stack,) = self.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        given = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stack["Parameters"]}
        self._secret_name: str = given["ProviderSecretName"]
        if self.stage not in STAGES:
            pytest.exit(f"{stack_name} is of the stage {self.stage}: tests bill at {' and '.join(STAGES)} only")

    @property
    @override
    def endpoint(self) -> str | None:
        return os.environ.get("AWS_ENDPOINT_URL")

    @property
    @override
    def is_simulated(self) -> bool:
        return SIMULATORS in os.environ

    @property
    @override
    def simulators_url(self) -> str:
        if not self.is_simulated:
            pytest.skip(f"needs simulated providers: {SIMULATORS} says where {self.stack_name} has some")
        return os.environ[SIMULATORS]

    @property
    @override
    def operator_environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        return {**own, "PINBILL_STACK": self.stack_name}

    @property
    @override
    def secret_name(self) -> str:
        return self._secret_name

    @override
    def client(self, service: str, *, repeatable: bool = False) -> Any:
        # boto3-stubs knows services by literal names only.
        make: Any = boto3.client
        return make(service, config=Config(retries={"total_max_attempts": 4 if repeatable else 1}))


def own(deployed: Deployed) -> World:
    """The tests' own world: for what would change a stack of somebody else's, or looks at what is on this machine."""
    if not isinstance(deployed, World):
        pytest.skip(f"needs a world of the tests' own, not {deployed.stack_name}")
    return deployed
