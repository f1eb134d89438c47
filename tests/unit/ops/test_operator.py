"""The operator's catalog: written whole or not at all; callback paths are shown once and survive a new catalog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ops import __main__ as command_line
from ops.operator import Operator
from ops.partner_desk import PartnerDesk, Signature
from pinbill.domain.catalog import Service
from pinbill.domain.key_text import digest
from pinbill.errors import CatalogInvalid, PlanNotFound, ServiceNotFound
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.clocks import SystemClock
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table
from tests.unit.ops.catalog import GOOD, changed, everything, write


def catalog(table: Table) -> DynamoCatalog:
    """What a function that has just started reads."""
    return DynamoCatalog(table, lambda: 0.0)


def service_of(table: Table, path: str) -> Service | None:
    return catalog(table).service_by_callback(digest(path.rpartition("/")[2]))


@pytest.fixture(autouse=True)
def acme(table: Table) -> None:
    PartnerDesk(DynamoPartners(table), SystemClock(), "local").create("acme", "Acme", Signature("ann"))


def test_apply_writes_what_the_file_holds_and_says_it_line_by_line(table: Table, tmp_path: Path) -> None:
    said = Operator(table).apply(write(tmp_path, GOOD))

    assert said == [
        "service acme/news: infomedia",
        "service acme/films: signzy",
        "plan acme/news-monthly: 4.50 GBP every 1 month (Europe/London)",
        "plan acme/films-monthly: 199.00 INR every 1 month (Asia/Kolkata)",
    ]
    assert [plan.id for plan in catalog(table).plans("acme")] == ["films-monthly", "news-monthly"]
    assert catalog(table).service("acme", "news").product_id == 101


def test_nothing_is_written_when_anything_in_the_file_is_wrong(table: Table, tmp_path: Path) -> None:
    before = everything(table)

    with pytest.raises(CatalogInvalid):
        Operator(table).apply(write(tmp_path, changed("plans.1.zone", "Kolkata")))

    assert everything(table) == before


def test_a_catalog_for_a_partner_that_is_not_there_is_refused_and_says_how_to_make_it(
    table: Table, tmp_path: Path
) -> None:
    before = everything(table)

    with pytest.raises(CatalogInvalid, match=r"no partner acne; nothing was written\. .* partner create acne"):
        Operator(table).apply(write(tmp_path, changed("services.1.partner", "acne") | {"plans": []}))

    assert everything(table) == before


def test_a_changed_file_replaces_what_was_there(table: Table, tmp_path: Path) -> None:
    Operator(table).apply(write(tmp_path, GOOD))

    Operator(table).apply(write(tmp_path, changed("plans.0.price.amount", "5.00")))

    assert catalog(table).plan("acme", "news-monthly").price.minor == 500


def test_what_is_left_out_of_a_file_stays(table: Table, tmp_path: Path) -> None:
    Operator(table).apply(write(tmp_path, GOOD))

    Operator(table).apply(write(tmp_path, {"services": [], "plans": []}))

    assert catalog(table).plan("acme", "news-monthly").retired is False


@pytest.mark.parametrize(("service", "rail"), [("news", "infomedia"), ("films", "signzy")])
def test_a_callback_path_leads_to_its_service_and_only_its_hash_is_kept(
    table: Table, tmp_path: Path, service: str, rail: str
) -> None:
    operator = Operator(table)
    operator.apply(write(tmp_path, GOOD))

    path = operator.create_callback("acme", service)

    assert path.startswith(f"/v1/callbacks/{rail}/")
    found = service_of(table, path)
    assert found is not None
    assert found.id == service
    assert path.rpartition("/")[2] not in everything(table)


@pytest.mark.parametrize("again", [Operator, None], ids=["another process", "the same process"])
def test_a_callback_path_stays_good_when_the_catalog_is_applied_again(
    table: Table, tmp_path: Path, again: Callable[[Table], Operator] | None
) -> None:
    operator = Operator(table)
    operator.apply(write(tmp_path, GOOD))
    path = operator.create_callback("acme", "news")

    (again(table) if again else operator).apply(write(tmp_path, changed("services.0.name", "Acme Daily")))

    found = service_of(table, path)
    assert found is not None
    assert found.name == "Acme Daily"


def test_a_new_callback_path_ends_the_old_one_and_keeps_what_was_applied_meanwhile(
    table: Table, tmp_path: Path
) -> None:
    operator = Operator(table)
    operator.apply(write(tmp_path, GOOD))
    old = operator.create_callback("acme", "news")
    Operator(table).apply(write(tmp_path, changed("services.0.product_id", 303)))

    new = operator.create_callback("acme", "news")

    assert service_of(table, old) is None
    found = service_of(table, new)
    assert found is not None
    assert found.product_id == 303


def test_a_callback_path_needs_a_service(table: Table) -> None:
    with pytest.raises(ServiceNotFound):
        Operator(table).create_callback("acme", "news")


def test_the_command_line_prints_what_was_done(
    table: Table, tmp_path: Path, typed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("apply", str(write(tmp_path, GOOD))) == 0
    assert capsys.readouterr().out.count("\n") == 4
    assert typed("create-callback", "acme", "news") == 0

    assert service_of(table, capsys.readouterr().out.strip()) is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("apply", "none.json"), "catalog_invalid: The file none.json cannot be read"),
        (("create-callback", "acme", "none"), "service_not_found: "),
    ],
)
def test_the_command_line_says_in_one_line_what_is_wrong(
    typed: Callable[..., int], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert typed(*arguments) == 1

    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert shown.err.startswith(said)


def test_the_command_line_needs_a_stack(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("PINBILL_STACK", raising=False)

    with pytest.raises(SystemExit):
        command_line.main(["partner", "list"])

    assert "--stack NAME or PINBILL_STACK" in capsys.readouterr().err


def test_a_plan_of_another_partner_is_not_found(table: Table, tmp_path: Path) -> None:
    Operator(table).apply(write(tmp_path, GOOD))

    with pytest.raises(PlanNotFound):
        catalog(table).plan("rival", "news-monthly")
