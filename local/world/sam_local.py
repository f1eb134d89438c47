"""What `sam local` needs to run a function in a container beside the local world: its variables and its options."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.world import bundle
from local.world.environment import REGION, ROOT
from local.world.errors import WorldError
from local.world.ports import HOST

# How a container calls the machine that it runs on.
HOST_OF_CONTAINER = "host.docker.internal"
_ALIAS = "Ref: AuthorizerFunction.Alias"
FILE_NAME = "sam-local.env.json"
ACCOUNT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}

type Variables = dict[str, dict[str, str]]


def write_variables(file: Path, aws_lambda: Any, outputs: Mapping[str, str]) -> None:
    """Write the --env-vars file: each function's deployed variables, with addresses as a container sees them."""
    found: Variables = {}
    for output, name in sorted(outputs.items()):
        if output.endswith("FunctionName"):
            variables = aws_lambda.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            found[output.removesuffix("Name")] = {name: _from_container(value) for name, value in variables.items()}
    file.write_text(json.dumps(found, indent=2) + "\n")


def read_variables(file: Path) -> Variables:
    """The variables of each function by logical id, with addresses as this machine sees them."""
    found: Variables = json.loads(file.read_text().replace(f"//{HOST_OF_CONTAINER}:", f"//{HOST}:"))
    return found


def invoke_command(function: str, event: Path, variables: Path) -> list[str]:
    """`sam local invoke` of a function by logical id, to be run in the repository with ACCOUNT in its environment."""
    return _command(["invoke", function, "--event", _short(event)], variables, _built_template())


def start_api_command(port: int, variables: Path) -> list[str]:
    """`sam local start-api` of all routes at a loopback port, to be run likewise; a function's container is kept.

    It finds no authorizer behind an alias, and would serve every route without one: it is given a template that names
    the function itself.
    """
    built = _built_template().read_text()
    if _ALIAS not in built:
        raise WorldError(f"the built template names no authorizer as {_ALIAS}: no route would ask for a key")
    template = _built_template().with_name("template.start-api.yaml")
    template.write_text(built.replace(_ALIAS, "Fn::GetAtt: [AuthorizerFunction, Arn]"))
    what = ["start-api", "--host", HOST, "--port", str(port), "--warm-containers", "LAZY"]
    return _command(what, variables, template)


def _built_template() -> Path:
    return ROOT / ".aws-sam" / bundle.host_architecture() / "build" / "template.yaml"


def _command(what: list[str], variables: Path, template: Path) -> list[str]:
    """LAMBDA_IMAGE names a runtime image where AWS's own cannot be pulled."""
    architecture = bundle.host_architecture()
    command = [".venv-sam/bin/sam", "local", *what]
    command += ["--template-file", _short(template), "--env-vars", _short(variables)]
    # The template's default may be another architecture than this machine's.
    command += ["--parameter-overrides", f"Architecture={architecture}"]
    command += ["--add-host", f"{HOST_OF_CONTAINER}:host-gateway"]
    image = os.environ.get("LAMBDA_IMAGE")
    return command + (["--invoke-image", image, "--skip-pull-image"] if image else [])


def command_line(function: str, event: Path, variables: Path) -> str:
    """The same for a person's shell."""
    account = " ".join(f"{name}={value}" for name, value in ACCOUNT.items())
    return f"{account} {shlex.join(invoke_command(function, event, variables))}"


def _from_container(value: str) -> str:
    return value.replace(f"//{HOST}:", f"//{HOST_OF_CONTAINER}:").replace("//localhost:", f"//{HOST_OF_CONTAINER}:")


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
