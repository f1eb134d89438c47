"""The operator's commands: keys and callback paths are shown once, kept as hashes, and survive a new catalog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ops import __main__ as command_line
from ops.operator import Operator
from ops.stack import Stack
from pinbill.domain.catalog import Service
from pinbill.errors import CatalogInvalid, NotFound, PlanNotFound, ServiceNotFound, Unauthenticated
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.table import Table
from pinbill.usecases.authorize import Authorize, hash_key
from tests.unit.ops.catalog import GOOD, changed, write


def catalog(table: Table) -> DynamoCatalog:
    """What a function that has just started reads."""
    return DynamoCatalog(table, lambda: 0.0)


def service_of(table: Table, path: str) -> Service | None:
    return catalog(table).service_by_callback(hash_key(path.rpartition("/")[2]))


def everything(table: Table) -> str:
    """The whole table as text."""
    client, name = table._client, table._name
    return str(client.scan(TableName=name)["Items"])


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
    with pytest.raises(CatalogInvalid):
        Operator(table).apply(write(tmp_path, changed("plans.1.zone", "Kolkata")))

    assert everything(table) == "[]"


def test_a_changed_file_replaces_what_was_there(table: Table, tmp_path: Path) -> None:
    Operator(table).apply(write(tmp_path, GOOD))

    Operator(table).apply(write(tmp_path, changed("plans.0.price.amount", "5.00")))

    assert catalog(table).plan("acme", "news-monthly").price.minor == 500


def test_what_is_left_out_of_a_file_stays(table: Table, tmp_path: Path) -> None:
    Operator(table).apply(write(tmp_path, GOOD))

    Operator(table).apply(write(tmp_path, {"services": [], "plans": []}))

    assert catalog(table).plan("acme", "news-monthly").retired is False


def test_a_key_opens_its_partner_and_only_its_hash_is_kept(table: Table) -> None:
    key = Operator(table).create_key("acme")

    assert Authorize(catalog(table))(key) == "acme"
    assert key not in everything(table)
    assert hash_key(key) in everything(table)


def test_every_key_is_another_one_and_old_ones_stay_good(table: Table) -> None:
    operator = Operator(table)

    keys = [operator.create_key(partner) for partner in ("acme", "acme", "bravo")]

    assert len(set(keys)) == 3
    assert [Authorize(catalog(table))(key) for key in keys] == ["acme", "acme", "bravo"]
    assert all(len(key) > 32 for key in keys)


def test_a_revoked_key_opens_nothing_and_another_still_does(table: Table) -> None:
    operator = Operator(table)
    lost, kept = operator.create_key("acme"), operator.create_key("acme")

    operator.revoke_key(lost)

    with pytest.raises(Unauthenticated):
        Authorize(catalog(table))(lost)
    assert Authorize(catalog(table))(kept) == "acme"


@pytest.mark.parametrize("slip", [lambda key: key[:-1], lambda key: "", lambda key: f"{key} "])
def test_a_slip_is_not_taken_for_a_revocation(table: Table, slip: Callable[[str], str]) -> None:
    operator = Operator(table)
    key = operator.create_key("acme")

    with pytest.raises(NotFound, match="nothing was revoked") as caught:
        operator.revoke_key(slip(key))

    assert key not in repr(caught.value)
    assert Authorize(catalog(table))(key) == "acme"


@pytest.mark.parametrize("partner", ["", "a", "Acme", "acme corp", "acme#1", "a" * 17])
def test_a_key_is_made_for_a_possible_partner_only(table: Table, partner: str) -> None:
    with pytest.raises(CatalogInvalid, match="partner's name"):
        Operator(table).create_key(partner)


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


@pytest.fixture
def typed(table: Table, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the command line on the table."""
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-west-2" if name.endswith("REGION") else "test")
    stack = Stack(table._name, worker_environment={})
    return lambda *arguments: command_line.main(["--stack", "pinbill", *arguments], lambda name: stack)


def test_the_command_line_prints_what_was_done(
    table: Table, tmp_path: Path, typed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("apply", str(write(tmp_path, GOOD))) == 0
    assert capsys.readouterr().out.count("\n") == 4
    assert typed("create-key", "acme") == 0

    assert Authorize(catalog(table))(capsys.readouterr().out.strip()) == "acme"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("apply", "none.json"), "catalog_invalid: The file none.json cannot be read"),
        (("create-key", "Acme"), "catalog_invalid: A partner's name"),
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
        command_line.main(["create-key", "acme"])

    assert "--stack NAME or PINBILL_STACK" in capsys.readouterr().err


def test_a_plan_of_another_partner_is_not_found(table: Table, tmp_path: Path) -> None:
    Operator(table).apply(write(tmp_path, GOOD))

    with pytest.raises(PlanNotFound):
        catalog(table).plan("rival", "news-monthly")
