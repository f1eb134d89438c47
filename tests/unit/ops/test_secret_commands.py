"""The provider secret is made whole, and one account of it replaced: nothing else changes, and nothing is shown."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ops import __main__ as command_line

NAME = "pinbill/tests/providers"
INFOMEDIA = {"key": "hidden-key", "user": "hidden-user", "password": "hidden-password"}
ACCOUNTS = {"infomedia": {"default": INFOMEDIA}, "signzy": {"default": {"access_key": "hidden-access"}}}
NEW = {**INFOMEDIA, "key": "hidden-too"}

type Typed = Callable[..., int]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    """Run a command with this on standard input."""
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-west-2" if name.endswith("REGION") else "test")
    monkeypatch.delenv("PINBILL_STACK", raising=False)

    def run(given: Any, *arguments: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(given if isinstance(given, str) else json.dumps(given)))
        return command_line.main(["secret", *arguments])

    with mock_aws():
        yield run


def secret() -> dict[str, Any]:
    found = boto3.client("secretsmanager").get_secret_value(SecretId=NAME)["SecretString"]
    parsed: dict[str, Any] = json.loads(found)
    return parsed


def test_a_secret_is_made_with_a_key_for_numbers_and_only_once(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(ACCOUNTS, "create", NAME) == 0
    made = secret()
    assert typed(ACCOUNTS, "create", NAME) == 1

    assert {name: made[name] for name in ACCOUNTS} == ACCOUNTS
    assert len(bytes.fromhex(made["number_key"])) == 32
    assert secret() == made
    said = capsys.readouterr()
    assert "ResourceExistsException; nothing was written" in said.err
    assert "hidden" not in said.out + said.err
    assert made["number_key"] not in said.out


def test_it_is_encrypted_by_the_key_that_is_named(typed: Typed) -> None:
    assert typed(ACCOUNTS, "create", NAME, "--kms-key", "arn:aws:kms:eu-west-2:123456789012:key/1") == 0

    assert boto3.client("secretsmanager").describe_secret(SecretId=NAME)["KmsKeyId"].endswith(":key/1")


def test_new_credentials_leave_the_rest_as_it_was(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    typed(ACCOUNTS, "create", NAME)
    made = secret()

    assert typed(NEW, "replace", "infomedia", "default", NAME) == 0

    assert secret() == made | {"infomedia": {"default": NEW}}
    assert "hidden" not in capsys.readouterr().out


@pytest.mark.parametrize("given", ["not json", "[]", {"key": "hidden-too"}, {**NEW, "key": "two\nlines"}])
def test_credentials_that_cannot_be_used_are_not_written(
    typed: Typed, capsys: pytest.CaptureFixture[str], given: Any
) -> None:
    typed(ACCOUNTS, "create", NAME)
    made = secret()

    assert typed(given, "replace", "infomedia", "default", NAME) == 1

    assert secret() == made
    said = capsys.readouterr().err.lower()
    assert "nothing was written" in said
    assert "hidden" not in said


@pytest.mark.parametrize("given", [{}, {**ACCOUNTS, "number_key": "5a" * 32}, {"infomedia": {"default": {}}}])
def test_a_secret_that_cannot_be_used_is_not_made(typed: Typed, given: Any) -> None:
    assert typed(given, "create", NAME) == 1

    assert boto3.client("secretsmanager").list_secrets()["SecretList"] == []


def test_a_secret_that_is_not_there_gets_no_credentials(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(NEW, "replace", "infomedia", "default", NAME) == 1

    assert f"{NAME} cannot be read: ResourceNotFoundException" in capsys.readouterr().err
