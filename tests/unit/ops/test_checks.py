"""What is wrong with a deployment is said by name before it bills, and no secret is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import __main__ as command_line
from ops.checks import accounts_of, not_live, wrong_in_parameters, wrong_in_secret
from ops.operator import Operator
from ops.partner_desk import PartnerDesk, Signature
from pinbill.domain.catalog import RailName
from pinbill.store.clocks import SystemClock
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table
from tests.unit.ops.catalog import GOOD, write

NUMBER_KEY = "5a" * 32
INFOMEDIA = {"key": "hidden-key", "user": "hidden-user", "password": "hidden-password"}
SECRET: dict[str, Any] = {
    "number_key": NUMBER_KEY,
    "infomedia": {"default": INFOMEDIA},
    "signzy": {"default": {"access_key": "hidden-access"}},
}
DEFAULTS = frozenset({(RailName.INFOMEDIA, "default"), (RailName.SIGNZY, "default")})
RATES = {"BillWorkerMaximumConcurrency": "2", "InfomediaRatePerSecond": "100", "SignzyRatePerSecond": "1"}


def without(*path: str) -> dict[str, Any]:
    """The secret without one of its fields."""
    found: dict[str, Any] = json.loads(json.dumps(SECRET))
    part = found
    for step in path[:-1]:
        part = part[step]
    del part[path[-1]]
    return found


def test_a_whole_secret_is_right() -> None:
    assert list(wrong_in_secret(json.dumps(SECRET), DEFAULTS)) == []


@pytest.mark.parametrize(
    ("secret", "named"),
    [
        (without("number_key"), "number_key"),
        (SECRET | {"number_key": "5a5a"}, "number_key"),
        (SECRET | {"number_key": "not hexadecimal"}, "number_key"),
        (without("infomedia", "default", "password"), "infomedia.default.password"),
        (without("signzy", "default", "access_key"), "signzy.default.access_key"),
        (SECRET | {"infomedia": {"default": INFOMEDIA | {"key": "hidden\nkey"}}}, "infomedia.default.key"),
        (without("infomedia"), "'default' under 'infomedia'"),
        (without("signzy"), "'default' under 'signzy'"),
        ({"number_key": NUMBER_KEY}, "no account of any provider"),
    ],
)
def test_what_a_secret_lacks_is_named_and_nothing_of_it_is_shown(secret: dict[str, Any], named: str) -> None:
    said = " ".join(wrong_in_secret(json.dumps(secret), DEFAULTS))

    assert named in said
    assert "hidden" not in said
    assert NUMBER_KEY not in said


@pytest.mark.parametrize("text", ["", "hidden words", '{"number_key": "hidden'])
def test_a_secret_that_does_not_parse_is_said_to_be_no_json(text: str) -> None:
    (said,) = wrong_in_secret(text, DEFAULTS)

    assert "JSON" in said
    assert "hidden" not in said


def test_workers_that_cannot_make_the_calls_of_a_quota_are_named() -> None:
    assert list(wrong_in_parameters(RATES)) == []

    (said,) = wrong_in_parameters(RATES | {"InfomediaRatePerSecond": "101"})

    assert "BillWorkerMaximumConcurrency: 2 workers make 100 calls" in said
    assert "InfomediaRatePerSecond is 101" in said


def test_settings_that_callers_do_not_have_yet_are_named_without_their_values() -> None:
    newest = {"PINBILL_INFOMEDIA_RATE": "50", "PINBILL_STAGE": "staging", "OTHER": "1"}

    assert list(not_live("bill", newest, newest | {"OTHER": "2"})) == []
    (said,) = not_live("bill", newest, newest | {"PINBILL_INFOMEDIA_RATE": "5"})

    assert "bill: its callers do not have PINBILL_INFOMEDIA_RATE" in said
    assert "50" not in said


def test_the_accounts_asked_for_are_those_of_the_catalog(table: Table, tmp_path: Path) -> None:
    PartnerDesk(DynamoPartners(table), SystemClock(), "local").create("acme", "Acme", Signature("ann"))
    Operator(table).apply(write(tmp_path, GOOD))

    assert accounts_of(table) == DEFAULTS


def test_a_secret_is_checked_before_there_is_a_stack(
    typed: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PINBILL_STACK", raising=False)
    boto3.client("secretsmanager").create_secret(Name="pinbill/x/providers", SecretString=json.dumps(SECRET))
    boto3.client("secretsmanager").create_secret(Name="pinbill/y/providers", SecretString="hidden")

    assert command_line.main(["check-secret", "pinbill/x/providers"]) == 0
    assert capsys.readouterr().out == "nothing is wrong\n"
    assert command_line.main(["check-secret", "pinbill/y/providers"]) == 1
    assert command_line.main(["check-secret", "pinbill/z/providers"]) == 1

    said = capsys.readouterr().err.splitlines()
    assert said[0] == "misconfigured: The provider secret is not valid at: JSON."
    assert (
        said[1] == "misconfigured: ProviderSecretName: pinbill/z/providers cannot be read: ResourceNotFoundException."
    )
