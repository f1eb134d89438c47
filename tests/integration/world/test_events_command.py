"""`make events` and the --env-vars file: what containers are told, and what is said when something is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.events.__main__ import main
from local.events.sam_invoke import EVENTS, require_engine
from local.world import WorldError
from local.world.sam_local import FILE_NAME, command_line, invoke_command, read_variables, write_variables

DEPLOYED = {
    "PINBILL_STAGE": "local",
    "PINBILL_BILL_QUEUE_URL": "http://localhost:4566/0/q",
    "PINBILL_AWS_ENDPOINT": "http://127.0.0.1:4566",
}


class FakeLambda:
    """Every function has the same variables."""

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:
        return {"FunctionName": FunctionName, "Environment": {"Variables": dict(DEPLOYED)}}


@pytest.fixture
def variables(tmp_path: Path) -> Path:
    """The file that a world with one function writes."""
    outputs = {"ApiUrl": "https://x", "ChargeFunctionName": "pinbill-local-Charge"}
    write_variables(tmp_path / FILE_NAME, FakeLambda(), outputs)
    return tmp_path / FILE_NAME


def test_a_container_is_told_addresses_that_it_can_reach(variables: Path) -> None:
    assert json.loads(variables.read_text()) == {
        "ChargeFunction": {
            "PINBILL_STAGE": "local",
            "PINBILL_BILL_QUEUE_URL": "http://host.docker.internal:4566/0/q",
            "PINBILL_AWS_ENDPOINT": "http://host.docker.internal:4566",
        }
    }


def test_this_machine_reads_the_same_file_with_its_own_addresses(variables: Path) -> None:
    assert read_variables(variables)["ChargeFunction"]["PINBILL_AWS_ENDPOINT"] == "http://127.0.0.1:4566"


def test_another_runtime_image_is_used_without_being_pulled(variables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAMBDA_IMAGE", raising=False)
    usual = invoke_command("ChargeFunction", EVENTS / "charge.ok.json", variables)

    monkeypatch.setenv("LAMBDA_IMAGE", "local/python")

    special = invoke_command("ChargeFunction", EVENTS / "charge.ok.json", variables)
    assert special == [*usual, "--invoke-image", "local/python", "--skip-pull-image"]


def test_the_printed_line_names_no_place_outside_the_repository_but_the_worlds_own(variables: Path) -> None:
    line = command_line("ChargeFunction", EVENTS / "charge.ok.json", variables)

    assert "--event events/charge.ok.json" in line
    assert line.replace(str(variables), "").count(" /") == 0


def test_without_a_world_the_command_says_how_to_start_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "the local world is not up: start it with make run in another terminal\n"


def test_an_event_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--home", str(tmp_path), "charge.okay"])

    assert "no such event: charge.okay" in capsys.readouterr().err


def test_without_a_container_engine_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")

    with pytest.raises(WorldError, match=r"^make events runs functions in containers: start a Docker engine[^\n]*$"):
        require_engine()
