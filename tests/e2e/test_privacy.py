"""One person at the deployed stack: kept unreadable, exported by the operator, erased; the ledger stays."""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path

import pytest

from local.world import Deployed
from ops import __main__ as ops
from pinbill.errors import SubscriberErased
from tests.e2e.desk import PARTNER, Desk, Request
from tests.e2e.waiting import wait_until

ASKED = ("--by", "ann", "--because", "a letter")


class Operator:
    """Types commands, with the number on standard input."""

    def __init__(self, world: Deployed, patched: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patched, self._capsys = patched, capsys
        for name, value in world.operator_environment.items():
            patched.setenv(name, value)

    def run(self, *arguments: str, number: str = "") -> str:
        self._patched.setattr(sys, "stdin", io.StringIO(f"{number}\n"))
        code = ops.main(list(arguments))
        printed = self._capsys.readouterr()
        assert code == 0, printed.err
        return printed.out


@pytest.fixture
def operator(world: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(world, monkeypatch, capsys)


def _bills(desk: Desk, id: str) -> object:
    answer = desk.send(Request("GET", f"/v1/subscriptions/{id}/bills"))
    assert answer.status_code == 200
    return answer.json()["bills"]


def _row(desk: Desk, id: str) -> dict[str, dict[str, object]]:
    key = {"pk": {"S": f"P#{PARTNER}#S#{id}"}, "sk": {"S": "SUB"}}
    found: dict[str, dict[str, object]] = desk.world.client("dynamodb").get_item(
        TableName=desk.world.outputs["TableName"], Key=key
    )["Item"]
    return found


def test_a_subscriptions_number_is_stored_under_a_key_of_its_own(desk: Desk) -> None:
    numbers = [desk.number() for _ in range(2)]
    rows = [_row(desk, desk.active(msisdn=number)) for number in numbers]
    kept = [row["msisdn"]["B"] for row in rows]
    assert {row["mask"]["S"] for row in rows} == {f"{number[:3]}********{number[-2:]}" for number in numbers}
    assert len({bytes(each) if isinstance(each, bytes) else base64.b64decode(str(each)) for each in kept}) == 2
    wrapped = desk.world.client("dynamodb").scan(TableName=desk.world.outputs["KeyTableName"])["Items"]
    assert {row["sk"]["S"] for row in wrapped} >= {"KEY"}


def test_a_person_is_exported_and_erased_and_what_was_paid_stays(
    desk: Desk, operator: Operator, tmp_path: Path
) -> None:
    number, out = desk.number(), tmp_path / "export.json"
    id = desk.active(msisdn=number)
    operator.run("export", *ASKED, "--out", str(out), number=number)
    held = json.loads(out.read_text())
    assert (held["number"], [each["id"] for each in held["subscriptions"]]) == (number, [id])
    assert "must be ended first" in operator.run("erase", *ASKED, number=number)
    assert desk.post(f"/v1/subscriptions/{id}/cancel").status_code == 200
    before = _bills(desk, id)

    said = wait_until("its provider to know of the end", lambda: _confirmable(operator, number))
    token = said.partition("--confirm ")[2].split()[0]
    done = operator.run("erase", *ASKED, "--confirm", token, "--irreversibly", number=number)

    assert done.endswith("1 subscriptions are erased; what they have paid stays in the ledger\n")
    assert desk.read(id)["msisdn"] == "erased"
    assert _bills(desk, id) == before
    assert not {"msisdn", "mask", "fp", "network"} & set(_row(desk, id))
    assert operator.run("erase", *ASKED, number=number) == f"nothing is held of {number[:3]}********{number[-2:]}\n"
    assert f"partner {PARTNER}, subscription {id}" in operator.run("privacy", "requests")
    refused = desk.charge(id, "after")
    assert (refused.status_code, refused.json()["code"]) == (409, SubscriberErased.code)
    # The number is nobody's by now: it may be subscribed anew, as another person's.
    assert desk.active(msisdn=number) != id


def _confirmable(operator: Operator, number: str) -> str | None:
    said = operator.run("erase", *ASKED, number=number)
    return said if "--confirm" in said else None


def test_the_keys_are_rotated_while_billing_goes_on(desk: Desk, operator: Operator) -> None:
    number = desk.number()
    id = desk.active(msisdn=number)
    assert "are wrapped anew" in operator.run("privacy", "rotate")
    assert desk.charge(id, "after-rotation").status_code == 201
    assert operator.run("privacy", "seal").startswith("0 subscriptions were in the clear")
