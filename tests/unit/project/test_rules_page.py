"""docs/rules.md shows the rules as the code has them; what they name is there."""

from __future__ import annotations

import json

import pytest

from ops.catalog_rules import NoticeFile
from pinbill.domain.caps import Per
from pinbill.domain.consent import Part
from pinbill.domain.rules import RULES_IN_FORCE, USUAL_CAPS, USUAL_NOTICES, Rule
from tests.unit.project.template import ROOT

PAGE = (ROOT / "docs" / "rules.md").read_text()
PACKAGE = "layers/common/pinbill"


def row(rule: Rule) -> str:
    checked = f"[{rule.checked_in}](../{PACKAGE}/{rule.checked_in})"
    held = f"[{rule.held_by.rpartition('/')[2]}](../{rule.held_by})"
    return f"| `{rule.name}` | {rule.regime} | {rule.says} | {rule.source} | {checked} | {held} | {rule.to_confirm} |"


def test_the_page_has_every_rule_and_no_other() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `") and line.count("|") == 8]

    assert rows == [row(rule) for rule in RULES_IN_FORCE]


@pytest.mark.parametrize("rule", RULES_IN_FORCE, ids=lambda rule: rule.name)
def test_a_rule_names_where_it_is_checked_and_a_test_that_holds_it(rule: Rule) -> None:
    assert (ROOT / PACKAGE / rule.checked_in).is_file()
    assert "def test_" in (ROOT / rule.held_by).read_text()


def test_the_page_says_what_is_usual() -> None:
    said = {f"{caps.of(per).major:,}" for caps in USUAL_CAPS.values() for per in Per if caps.of(per)}  # type: ignore[union-attr]

    assert said == {"50.00", "300.00", "15,000.00"}
    assert all(amount in PAGE for amount in said)
    assert {rules.least.total_seconds() / 3600 for rules in USUAL_NOTICES.values()} == {24}
    assert json.dumps(NoticeFile().model_dump(exclude={"exempt"})) in PAGE


def test_the_page_names_every_part_of_a_consent() -> None:
    assert all(f"| `{part.value}` |" in PAGE for part in Part)
