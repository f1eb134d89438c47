"""docs/deploy.md: what can be typed in the local AWS is typed as printed; what cannot says why, and is counted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest

from local.journey.actors import BackOffice
from local.pages import blocks_of
from local.template import load_template
from local.world import Deployed
from local.world.environment import ROOT
from tests.e2e.pages import type_as_printed
from tests.e2e.stacks import own

PAGE = (ROOT / "docs" / "deploy.md").read_text()
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
NOT_TYPED = "# needs an account"
SECRET, MSISDN = "pinbill/sandbox/providers", "+447700900320"


@pytest.fixture
def no_secret(world: Deployed) -> Iterator[None]:
    """The secret that the page makes is not there, neither before nor afterwards."""

    client = own(world).client("secretsmanager")

    def forget() -> None:
        with suppress(client.exceptions.ResourceNotFoundException):
            client.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)

    forget()
    yield
    forget()


@pytest.mark.usefixtures("no_secret")
def test_the_page_leads_to_a_first_bill_as_printed(world: Deployed) -> None:
    office = BackOffice(world.simulators_url)
    (ROOT / ".local").mkdir(exist_ok=True)
    file = ROOT / ".local" / "providers.json"
    file.touch(0o600)
    file.write_text(_accounts())
    typed = 0
    for block in blocks_of(PAGE):
        pin = office.pin(MSISDN) if "$PIN" in block[0].line else ""
        type_as_printed(block, world, "", PIN=pin)
        typed += len(block)

    assert typed > 20
    assert not file.exists()
    [debit] = office.debits(msisdn=MSISDN)
    assert (debit["amount_minor"], debit["method"]) == (450, "SendBillWithPIN")
    made = json.loads((ROOT / ".local" / "first.json").read_text())["subscription"]["id"]
    assert debit["reference"] == f"{made}-1"


def _accounts() -> str:
    """What the page says is to be put into the file."""
    [text] = [text for language, text in FENCED.findall(PAGE) if language == "json"]
    return str(text)


def test_what_is_not_typed_says_why() -> None:
    others = [text for language, text in FENCED.findall(PAGE) if not language]

    assert others
    assert [text for text in others if not text.startswith(f"{NOT_TYPED}\n")] == []


def test_every_parameter_of_its_table_is_the_templates() -> None:
    table = PAGE.split("| parameter | sandbox |")[1].split("\n\n")[0]
    named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    assert len(named) >= 10
    assert [name for name in named if name not in load_template()["Parameters"]] == []
