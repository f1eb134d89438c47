"""What a plan wants to be shown of a user's consent, and what is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinbill.domain.change import Change
from pinbill.domain.consent import (
    CLOCKS_DIFFER,
    NO_RULES,
    PREFIX,
    Consent,
    ConsentRules,
    Method,
    Part,
    Stage,
    check,
    detail,
    record,
)
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.starting import consent_given
from pinbill.domain.states import State
from pinbill.errors import AttemptOpen, ConsentContradicts, ConsentMissing, ConsentProblem, WrongState
from tests.unit.domain.samples import NOW, PRICE, claimed, pending, settled, standing
from tests.unit.domain.samples import PAID as PAID_RESULT

WHOLE = Consent(
    text="Acme News for 4.50 GBP a month until you cancel.",
    price=PRICE,
    given_at=NOW - timedelta(minutes=2),
    method=Method.WEB,
    page="https://acme.example/news/v7",
    second_confirmation=True,
)
ALL = ConsentRules(frozenset(Part), frozenset(Part))
parts = st.frozensets(st.sampled_from(Part))


def only(shown: frozenset[Part]) -> Consent:
    return replace(WHOLE, **{part.value: None for part in Part if part not in shown})


@settings(deadline=None)
@given(parts, parts, st.sampled_from(Stage))
def test_a_stage_passes_exactly_when_it_shows_all_that_the_plan_wants(
    wanted: frozenset[Part], shown: frozenset[Part], stage: Stage
) -> None:
    rules = ConsentRules(request=wanted) if stage is Stage.REQUEST else ConsentRules(confirm=wanted)
    given_now = only(shown) if shown else None

    if wanted <= shown:
        check(rules, stage, given_now, PRICE, NOW)
    else:
        with pytest.raises(ConsentMissing) as refused:
            check(rules, stage, given_now, PRICE, NOW)
        assert all(part.value in refused.value.detail for part in wanted - shown)


def test_a_plan_without_rules_takes_a_confirm_without_evidence() -> None:
    for stage in Stage:
        check(NO_RULES, stage, None, PRICE, NOW)


@pytest.mark.parametrize(
    "shown", [Consent(text="a"), Consent(text_sha256="a" * 64), Consent(text_version="v7")], ids=str
)
def test_the_text_is_shown_by_itself_its_hash_or_its_version(shown: Consent) -> None:
    check(ConsentRules(frozenset({Part.TEXT})), Stage.REQUEST, shown, PRICE, NOW)


@pytest.mark.parametrize("rules", [NO_RULES, ALL], ids=["wanted", "not wanted"])
@pytest.mark.parametrize(
    "wrong",
    [
        replace(WHOLE, price=Money(451, "GBP")),
        replace(WHOLE, price=Money(450, "EUR")),
        replace(WHOLE, second_confirmation=False),
        replace(WHOLE, given_at=NOW + CLOCKS_DIFFER + timedelta(seconds=1)),
        replace(WHOLE, given_at=NOW - ALL.within - timedelta(seconds=1)),
    ],
    ids=["price", "currency", "not confirmed", "future", "too old"],
)
def test_what_cannot_be_is_refused_whether_the_plan_wants_it_or_not(rules: ConsentRules, wrong: Consent) -> None:
    with pytest.raises(ConsentContradicts):
        check(rules, Stage.CONFIRM, wrong, PRICE, NOW)


def test_a_refusal_repeats_nothing_of_what_was_sent() -> None:
    secret = replace(WHOLE, text="call us", price=Money(9_876_54, "GBP"), page="https://acme.example/secret")

    with pytest.raises(ConsentProblem) as refused:
        check(ALL, Stage.REQUEST, secret, PRICE, NOW)

    assert all(word not in refused.value.detail for word in ("call us", "9876", "secret"))


@settings(deadline=None)
@given(parts)
def test_what_was_shown_is_read_back_out_of_the_journal(shown: frozenset[Part]) -> None:
    said = detail(only(shown), "k1")
    entries = [Entry(1, NOW, EntryKind.SUBSCRIBED, State.PENDING, detail=said)]

    found = record(entries, ALL)

    [stage] = found.stages
    assert (stage.stage, stage.key, stage.at) == (Stage.REQUEST, "k1", NOW)
    assert stage.evidence == {name.removeprefix(PREFIX): value for name, value in said.items() if name != "key"}
    assert found.missing == {Stage.REQUEST: frozenset(Part) - shown, Stage.CONFIRM: frozenset(Part)}


def test_the_record_says_when_the_pin_was_asked_for_and_accepted() -> None:
    trying = pending()
    assert trying.pin is not None
    given_change = consent_given(Change.of(trying), detail(WHOLE, "k2"), NOW)
    paid = settled(claimed(State.PENDING), PAID_RESULT).entries[-1]

    found = record([*given_change.entries, paid])

    assert [(stage.stage, stage.key) for stage in found.stages] == [(Stage.CONFIRM, "k2")]
    assert found.pin_requested_at == trying.pin.sent_at
    assert paid.attempt is not None
    assert found.confirmed_at == paid.attempt.claimed_at


def test_consent_is_recorded_for_a_pending_subscription_without_an_open_bill_alone() -> None:
    with pytest.raises(WrongState):
        consent_given(Change.of(standing(State.ACTIVE)), {}, NOW)
    with pytest.raises(AttemptOpen):
        consent_given(Change.of(claimed(State.PENDING)), {}, NOW)
