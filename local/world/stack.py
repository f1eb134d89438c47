"""Deploys the bundle into the local AWS with `sam deploy` and reads the stack's outputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.progress import step
from local.world import bundle
from local.world.child import run_to_end
from local.world.deployment_gaps import fill_deployment_gaps
from local.world.environment import ROOT, child_environment, local_credentials
from local.world.errors import WorldError
from local.world.local_aws import LocalAws

STACK_NAME = "pinbill-local"


def deploy(aws: LocalAws, built: Path, parameters: Mapping[str, str], home: Path) -> dict[str, str]:
    """Deploy unless the same bundle with the same parameters stands already; returns the stack's outputs by name."""
    wanted = hashlib.sha256(json.dumps([bundle.fingerprint_of(built), sorted(parameters.items())]).encode()).hexdigest()
    record = home / "state" / "deployed.sha256"
    cloudformation = aws.client("cloudformation")
    outputs = outputs_of(cloudformation)
    if outputs is None or not record.exists() or record.read_text() != wanted:
        record.unlink(missing_ok=True)
        with step("deploy"):
            try:
                _sam_deploy(aws.url, built, parameters, home)
            except WorldError as error:
                hint = (
                    f"\n  the old state in {home} may be in the way: make clean starts from nothing" if outputs else ""
                )
                raise WorldError(f"{error}{hint}") from error
            fill_deployment_gaps(aws, STACK_NAME)
        record.write_text(wanted)
        outputs = outputs_of(cloudformation)
    if outputs is None:
        raise WorldError(f"the stack {STACK_NAME} is not complete; make clean starts from nothing")
    return outputs


def _sam_deploy(endpoint: str, built: Path, parameters: Mapping[str, str], home: Path) -> None:
    # Run beside the built template: samconfig.toml in the root is for real accounts.
    command = [str(ROOT / ".venv-sam" / "bin" / "sam"), "deploy", "--template-file", str(built / "template.yaml")]
    command += ["--stack-name", STACK_NAME, "--resolve-s3", "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    command += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    command += ["--parameter-overrides", *(f'{name}="{value}"' for name, value in parameters.items())]
    log = home / "logs" / "deploy.log"
    environment = child_environment(**local_credentials(endpoint))
    run_to_end("sam deploy", command, environment, log, built, seconds=180)


def outputs_of(cloudformation: Any) -> dict[str, str] | None:
    """The deployed stack's outputs by name; None where it is not deployed."""
    try:
        stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    except ClientError:
        return None
    if stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
