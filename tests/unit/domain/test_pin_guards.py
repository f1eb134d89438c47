"""The figures of the guards, and what they count where."""

from collections import Counter

import pytest

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.pin_guards import (
    DAY,
    FIGURES,
    NOT_SENT,
    OWN_FIGURES,
    PREFIX_DAYS,
    Guard,
    Guards,
    Kind,
    down,
    parse_figures,
    partner_tally,
    place_of,
    prefix_tally,
    up,
    which,
)
from pinbill.errors import PartnerInvalid
from tests.fakes.clock import START

NUMBER = Msisdn("+447700900123")


def test_figures_are_read_by_their_names_and_the_others_stay() -> None:
    guards = Guards().with_own(parse_figures("tries=2 credit=0"))

    assert (guards.tries, guards.credit) == (2, 0)
    assert guards.sms == Guards().sms
    assert parse_figures("") == {}
    assert Guards().with_own({"of_another_version": 1}) == Guards()


@pytest.mark.parametrize(
    "text", ["tries", "tries=", "tries=0", "tries=-1", "tries=1.5", "tries=²", "other=1", "tries=99999999"]
)
def test_what_is_no_figure_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(PartnerInvalid) as refusal:
        parse_figures(f"sms=3 {text}")

    assert text in refusal.value.detail


def test_a_partner_has_no_exception_from_what_holds_over_all_partners() -> None:
    assert set(OWN_FIGURES) < set(FIGURES)
    assert not [name for name in OWN_FIGURES if name.endswith(("_a_number", "_a_number_soon"))]
    with pytest.raises(PartnerInvalid):
        parse_figures("tries_a_number=100", OWN_FIGURES)


def test_the_spending_is_a_number_of_sms() -> None:
    assert Guards().sms_a_day == 5_000
    assert Guards(sms_price=375, spend_a_day=30).sms_a_day == 800


@pytest.mark.parametrize(
    ("number", "prefix", "block"),
    [
        ("+447700900123", "447700", "90"),
        ("+999876543210", "999876", "54"),
        ("+99925550123", "999255", "50"),
        ("+9996112345", "99961", "12"),
        ("+9994567", "99", "94"),
    ],
)
def test_a_prefix_is_of_a_length_by_the_countrys_numbers_and_never_a_number(
    number: str, prefix: str, block: str
) -> None:
    assert place_of(Msisdn(number)) == (prefix, block)
    assert len(prefix) < 7


def test_a_partners_row_is_of_a_day_and_a_prefixs_of_more() -> None:
    tally = partner_tally("acme", START)
    assert (tally.kind, tally.name, tally.begin.isoformat()) == (Kind.PARTNER, "acme", "2026-11-05T00:00:00+00:00")

    rows = [prefix_tally("acme", NUMBER, START + n * DAY) for n in range(30)]

    assert {row.name for row in rows} == {"acme#447700"}
    assert list(Counter(rows).values())[1:-1] == [PREFIX_DAYS] * (len(set(rows)) - 2)
    for n, row in enumerate(rows):
        assert row.begin <= START + n * DAY < row.begin + PREFIX_DAYS * DAY < row.gone


def test_not_all_prefixes_begin_anew_on_one_day() -> None:
    begins = {prefix_tally("acme", Msisdn(f"+44770{n}900123"), START).begin for n in range(9)}

    assert len(begins) == PREFIX_DAYS


def test_what_goes_up_comes_down_and_a_confirmed_pin_gives_its_credit() -> None:
    guards = Guards(credit=60)
    steps = [step for of_row in up(guards, NUMBER, 7, counts=True) for step in of_row]

    back = [step for of_row in down(guards, NUMBER, 7, confirmed=False) for step in of_row]
    confirmed = [step for of_row in down(guards, NUMBER, 7, confirmed=True) for step in of_row]

    assert {step.name: step.by for step in [*back, *NOT_SENT]} == {step.name: -step.by for step in steps}
    assert {step.name: step.by for step in confirmed} == dict.fromkeys(["u", "b90", "i07"], -160)


def test_a_number_that_was_sent_to_counts_as_no_further_one() -> None:
    _, partner = up(Guards(), NUMBER, 7, counts=False)

    assert [step.name for step in partner] == ["n"]


def test_every_step_has_its_guard() -> None:
    prefix, partner = up(Guards(), NUMBER, 7, counts=True)

    assert [which(prefix_tally("acme", NUMBER, START), step) for step in prefix] == [Guard.PREFIX, Guard.BLOCK]
    assert [which(partner_tally("acme", START), step) for step in partner] == [
        Guard.SPENDING,
        Guard.PARTNER,
        Guard.ADDRESS,
    ]
