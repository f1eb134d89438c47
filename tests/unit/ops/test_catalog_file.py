"""The catalog file: each rule names the field that breaks it, by its path in the file."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.seed import CATALOG
from ops.catalog_file import CatalogFile, read_catalog
from pinbill.domain.attempts import FailureClass
from pinbill.domain.caps import Caps
from pinbill.domain.catalog import ActivityOrder, CatchUp, RailName, Terms
from pinbill.domain.consent import ConsentRules, Part
from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeRules
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.rails import RULES
from pinbill.errors import CatalogInvalid
from tests.unit.ops.catalog import GONE, GOOD, changed, write

# Path in the file, a value that it must not hold, and what the error names when it is not the path itself.
WRONG: list[tuple[str, Any, str]] = [
    ("services", GONE, ""),
    ("plans", GONE, ""),
    ("plan", [], ""),
    ("services.0.partner", "Acme", ""),
    ("services.0.partner", "a", ""),
    ("services.0.partner", "acme#x", ""),
    ("services.0.partner", GONE, ""),
    ("services.0.id", "-news", ""),
    ("services.0.id", "news#1", ""),
    ("services.0.id", "n" * 41, ""),
    ("services.0.rail", "paypal", ""),
    ("services.0.name", "", ""),
    ("services.0.name", "n" * 61, ""),
    ("services.0.name", " ", ""),
    ("services.0.name", " Acme", ""),
    ("services.0.name", "Acme\nNews", ""),
    ("services.0.name", "Acme\x7f", ""),
    ("services.0.account", "sand box", ""),
    ("services.0.product_id", -1, ""),
    ("services.0.product_id", 0, "services.0"),
    ("services.0.product_id", 2**31, ""),
    ("services.0.product_id", "101", ""),
    ("services.0.product_id", True, ""),
    ("services.0.product_id", 101.0, ""),
    ("services.0.billing_product_id", GONE, "services.0"),
    ("services.0.billing_product_id", "BPID", ""),
    ("services.0.activity_order", "sometimes", ""),
    ("services.0.receipt_owed_by", "somebody", ""),
    ("services.0.receipt_owed_by", "nobody", "receipt_owed_by is nobody: say receipt_because"),
    ("services.0.pin.life_minutes", 0, ""),
    ("services.0.pin.life_minutes", 61, ""),
    ("services.0.pin.tries", 6, ""),
    ("services.0.pin.sends", 0, ""),
    ("services.0.pin.resend_after_seconds", -1, ""),
    ("services.0.pin.confirm_within_minutes", 4, ""),
    ("services.0.pin.digits", 4, ""),
    ("services.0.wire", {"SendBill.nothing": "x"}, ""),
    ("services.0.wire", {"SendBill.amount": ""}, ""),
    ("services.0.pin_codes", {"P1": "maybe"}, "services.0.pin_codes.P1"),
    ("services.0.callback_hash", "ab", ""),
    ("services.1.id", "news", "catalog: Value error, service acme/news is there twice"),
    ("plans.0.partner", "rival", "plan rival/news-monthly names the service news"),
    ("plans.0.service", "nothing", "plan acme/news-monthly names the service nothing"),
    ("plans.0.service", "films", "plan acme/news-monthly is paid by bank mandate"),
    ("plans.1.id", "news-monthly", "plan acme/news-monthly is there twice"),
    ("plans.0.id", "News", ""),
    ("plans.0.name", GONE, ""),
    ("plans.0.price", "4.50", ""),
    ("plans.0.price.amount", 4.5, ""),
    ("plans.0.price.amount", "0", "plans.0.price"),
    ("plans.0.price.amount", "4.505", "plans.0.price"),
    ("plans.0.price.amount", "-4.50", "plans.0.price"),
    ("plans.0.price.amount", "10000000.01", "plans.0.price"),
    ("plans.0.price.amount", "9" * 400, "plans.0.price"),
    ("plans.0.price.amount", "4,50", "plans.0.price"),
    ("plans.0.price.amount", "", "plans.0.price"),
    ("plans.0.price.amount", None, ""),
    ("plans.0.price.currency", "gbp", "plans.0.price"),
    ("plans.0.price.currency", "XXX", "plans.0.price"),
    ("plans.0.price.vat", "0.20", ""),
    ("plans.0.every.unit", "fortnight", ""),
    ("plans.0.every.count", 0, ""),
    ("plans.0.every.count", -1, ""),
    ("plans.0.every.count", 1.5, ""),
    ("plans.0.every.count", True, ""),
    ("plans.0.every.count", 61, "plans.0.every.count: Value error, at most 60 for the unit month"),
    ("plans.0.every", {"unit": "day", "count": 367}, "plans.0.every.count"),
    ("plans.0.every", {"unit": "week", "count": 261}, "plans.0.every.count"),
    ("plans.0.every", {"unit": "fortnight", "count": 400}, "plans.0.every.unit"),
    ("plans.0.zone", "London", ""),
    ("plans.0.zone", "europe/london", ""),
    ("plans.0.zone", "posix/Europe/London", ""),
    ("plans.0.zone", "right/Europe/London", ""),
    ("plans.0.zone", "localtime", ""),
    ("plans.0.zone", "Factory", ""),
    ("plans.0.zone", "+01:00", ""),
    ("plans.0.zone", "Europe", ""),
    ("plans.0.zone", "../../etc/passwd", ""),
    ("plans.0.zone", "", ""),
    ("plans.0.trial_days", -1, ""),
    ("plans.0.trial_days", 367, ""),
    ("plans.0.trial_days", True, ""),
    ("plans.0.trial_days", "7", ""),
    ("plans.0.catch_up", "forget", ""),
    ("plans.0.catch_up_cap", 0, ""),
    ("plans.0.catch_up_cap", 13, ""),
    ("plans.0.grace_days", 61, ""),
    ("plans.0.hold_days", -1, ""),
    ("plans.0.retries.soft", [0], "plans.0.retries.soft.0"),
    ("plans.0.retries.soft", [721], "plans.0.retries.soft.0"),
    ("plans.0.retries.limit", [23], "plans.0.retries.limit.0"),
    ("plans.0.retries.soft", [24] * 10, "plan acme/news-monthly: retries.soft has more than 9 steps"),
    ("plans.1.retries.technical", [6] * 4, "plan acme/films-monthly: retries.technical has more than 3 steps"),
    ("plans.0.retries.hard", [24], ""),
    ("plans.0.countries", GONE, "plan acme/news-monthly is paid on the phone bill: it needs countries"),
    ("plans.0.countries", [], "plan acme/news-monthly is paid on the phone bill: it needs countries"),
    ("plans.0.countries", ["+44"], "plans.0.countries.0"),
    ("plans.0.countries", ["044"], "plans.0.countries.0"),
    ("plans.0.countries", ["447700"], "plans.0.countries.0"),
    ("plans.0.countries", [44], "plans.0.countries.0"),
    ("plans.0.countries", "44", ""),
    ("plans.0.retired", "perhaps", ""),
    ("plans.0.retired", "yes", ""),
    ("plans.0.retired", 1, ""),
    ("plans.1.price.currency", "GBP", "plan acme/films-monthly is paid by bank mandate: its currency must be INR"),
    ("plans.0.dunning", {}, ""),
]


def read(folder: Path, catalog: Any) -> str:
    """What the error says."""
    with pytest.raises(CatalogInvalid) as caught:
        read_catalog(write(folder, catalog))
    return caught.value.detail


@pytest.mark.parametrize(("path", "value", "named"), WRONG, ids=lambda value: str(value)[:40])
def test_each_rule_names_the_field_that_breaks_it(tmp_path: Path, path: str, value: Any, named: str) -> None:
    said = read(tmp_path, changed(path, value))

    assert named in said if named else re.search(rf"(^|; ){re.escape(path)}: ", said), said


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ('"zone": "Europe/London"', "zone: the field is there twice, in news-monthly."),
        ('"unit": "month"', "unit: the field is there twice."),
        ('"services": [', "services: the field is there twice."),
    ],
)
def test_a_field_that_is_there_twice_is_named_and_none_of_the_two_is_taken(
    tmp_path: Path, field: str, said: str
) -> None:
    text = json.dumps(GOOD)
    twice = f'"services": [], {field}' if field.endswith("[") else f"{field}, {field}"

    assert read(tmp_path, text.replace(field, twice, 1)) == said


@pytest.mark.parametrize(
    ("unit", "count"), [("day", 1), ("day", 366), ("week", 1), ("week", 260), ("month", 1), ("month", 60)]
)
def test_every_possible_calendar_is_taken(tmp_path: Path, unit: str, count: int) -> None:
    catalog = read_catalog(write(tmp_path, changed("plans.0.every", {"unit": unit, "count": count})))

    assert catalog.domain_plans()[0].recurrence == Recurrence(Unit(unit), count)


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Australia/Lord_Howe", "America/Argentina/Ushuaia"])
def test_every_zone_of_the_database_is_taken(tmp_path: Path, zone: str) -> None:
    assert read_catalog(write(tmp_path, changed("plans.0.zone", zone))).domain_plans()[0].zone == zone


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    catalog = changed("plans.0.zone", "London")
    catalog["services"][1]["rail"] = "paypal"
    catalog["plans"][1]["trial_days"] = -1

    said = read(tmp_path, catalog)

    assert [part.split(":")[0] for part in said.split("; ")] == [
        "services.1.rail",
        "plans.0.zone",
        "plans.1.trial_days",
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\ufeff{}"])
def test_a_file_that_is_no_json_object_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).startswith("catalog: ")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogInvalid, match=r"none\.json cannot be read: No such file"):
        read_catalog(tmp_path / "none.json")


def test_a_good_file_becomes_services_and_plans_with_every_default(tmp_path: Path) -> None:
    catalog = read_catalog(write(tmp_path, GOOD))

    news, films = (entry.service() for entry in catalog.services)
    plan, film_plan = catalog.domain_plans()[:2]
    assert (news.rail, news.product_id, news.billing_product_id) == (RailName.INFOMEDIA, 101, 202)
    assert (news.receipt_owed_by, films.receipt_owed_by) == ("infomedia", "bank")
    assert (news.activity_order, news.account) == (ActivityOrder.BEFORE_BILL, "default")
    assert (news.pin.life, news.pin.tries, news.pin.sends) == (timedelta(minutes=10), 3, 5)
    assert (plan.service_id, plan.price, plan.trial_days) == ("news", Money(450, "GBP"), 0)
    assert (plan.catch_up, plan.catch_up_cap, plan.retired) == (CatchUp.BILL_LATEST, 3, False)
    assert (plan.dunning.grace, plan.dunning.hold) == (timedelta(days=3), timedelta(days=14))
    assert plan.dunning.ladders == RULES[RailName.INFOMEDIA].retries
    assert film_plan.dunning.ladders == RULES[RailName.SIGNZY].retries


def test_a_plan_may_have_its_own_retries_for_some_classes(tmp_path: Path) -> None:
    own = changed("plans.0.retries", {"soft": [24, 24, 48], "technical": []})

    dunning = read_catalog(write(tmp_path, own)).domain_plans()[0].dunning

    assert dunning.ladders[FailureClass.SOFT] == (timedelta(days=1), timedelta(days=1), timedelta(days=2))
    assert dunning.ladders[FailureClass.LIMIT] == RULES[RailName.INFOMEDIA].retries[FailureClass.LIMIT]
    assert dunning.retry_after(FailureClass.TECHNICAL, 1) is None


def test_the_catalog_of_the_local_world_is_good() -> None:
    catalog = read_catalog(CATALOG)

    assert {service.rail for service in catalog.services} == set(RailName)


def _terms(plan: int, **rules: object) -> Terms:
    catalog = CatalogFile.model_validate_json(json.dumps(_with_rules(plan, **rules)))
    return catalog.domain_plans()[plan].terms


def _with_rules(plan: int, **rules: object) -> dict[str, Any]:
    catalog = changed("plans.0.retired", False)
    catalog["plans"][plan] |= rules
    if "notice" in rules and rules["notice"] is None:
        del catalog["plans"][plan]["notice"]
    return catalog


def test_a_mandates_debits_need_a_notice_and_have_the_cap_of_their_regime_without_a_word() -> None:
    assert _terms(1, notice=None) == Terms(Caps(Money(15_000_00, "INR")), NoticeRules())


def test_a_plan_in_euros_on_the_phone_bill_has_the_caps_of_the_telecom_exclusion() -> None:
    caps = _terms(0, price={"amount": "4.50", "currency": "EUR"}).caps

    assert caps == Caps(Money(50_00, "EUR"), Money(300_00, "EUR"))
    assert _terms(0) == Terms()


def test_an_exemption_and_a_higher_cap_are_kept_with_their_reasons() -> None:
    caps = {"per_charge": "100000.00", "because": "an insurance premium"}
    catalog = CatalogFile.model_validate_json(json.dumps(_with_rules(1, caps=caps)))
    plan = catalog.domain_plans()[1]

    assert plan.caps == Caps(Money(100_000_00, "INR"), None, "an insurance premium")
    assert (plan.notice, plan.notice_exempt) == (None, "a NACH mandate")


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"caps": {"per_charge": "15000.01"}}, "caps.per_charge is above the usual 15000.00 INR: say `because`"),
        ({"caps": {"per_charge": None}}, "caps.per_charge is above the usual"),
        ({"caps": {"per_month": "1.00"}}, "caps.per_month of 1.00 INR is less than the price"),
        ({"caps": {"per_month": "many"}}, "caps.per_month"),
        ({"notice": {"hours": 23}}, "notice.hours is less than the rail's 24"),
        ({"notice": {"lead_hours": 23}}, "notice.lead_hours is less than notice.hours"),
        ({"notice": {"hours": 24}, "every": {"unit": "day", "count": 5}}, "the shortest period has 120"),
        ({"notice": {"exempt": "no"}}, "notice.exempt"),
        ({"consent": {"request": ["blood"]}}, "consent.request"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_its_name(tmp_path: Path, rules: dict[str, object], says: str) -> None:
    with pytest.raises(CatalogInvalid) as refused:
        read_catalog(write(tmp_path, _with_rules(1, **rules)))

    assert says in refused.value.detail


def test_what_consent_must_show_is_read(tmp_path: Path) -> None:
    rules = {"request": ["text", "price"], "confirm": ["second_confirmation"], "within_minutes": 30}
    catalog = read_catalog(write(tmp_path, _with_rules(0, consent=rules)))

    expected = ConsentRules(
        frozenset({Part.TEXT, Part.PRICE}), frozenset({Part.SECOND_CONFIRMATION}), timedelta(minutes=30)
    )
    assert catalog.domain_plans()[0].consent == expected
