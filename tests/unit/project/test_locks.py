"""The locks agree with each other and hold nothing of the machine that wrote them."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.unit.project.template import ROOT

LAYER = ROOT / "layers" / "common" / "requirements.txt"
LOCKS = [LAYER, *sorted((ROOT / "requirements").glob("*.txt"))]
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def pins_of(lock: Path) -> dict[str, str]:
    """Return the pinned version of each package in a lock."""
    return dict(PIN.findall(lock.read_text()))


def test_the_tests_run_with_the_versions_that_the_layer_ships() -> None:
    shipped = pins_of(LAYER)

    assert {"aws-lambda-powertools", "pydantic", "requests", "tzdata"} <= set(shipped)
    assert {name: version(name) for name in shipped} == shipped
    assert shipped.items() <= pins_of(ROOT / "requirements" / "dev.txt").items()


def test_the_layer_leaves_boto3_to_the_lambda_runtime() -> None:
    assert not {"boto3", "botocore"} & set(pins_of(LAYER))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_everything_and_names_no_registry(lock: Path) -> None:
    lines = [line for line in lock.read_text().splitlines() if line and not line.startswith((" ", "#"))]

    assert lines
    assert all(PIN.match(line) for line in lines)
    assert not re.search(r"://|--(extra-)?index|--find-links", lock.read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_of_a_lock_carries_hashes(lock: Path) -> None:
    text = lock.read_text()

    blocks = PIN.split(text)[3::3]

    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
