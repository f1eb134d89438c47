"""The evidence pack, and the verifier that shares no code with it: no changed byte, no debit without its evidence."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.verify_evidence import main, problems
from ops.evidence import as_json, pack
from ops.table_scan import Account
from pinbill.domain.attempts import BillResult, FailureClass
from pinbill.domain.caps import Caps
from pinbill.domain.catalog import Terms
from pinbill.domain.consent import Consent, ConsentRules, Method, Part
from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeGiven, NoticeRules
from pinbill.domain.receipts import Channel, ReceiptSent
from pinbill.errors import PinbillError
from pinbill.usecases.confirmations import Agreed
from pinbill.usecases.notices import Notices
from pinbill.usecases.receipts import Receipts
from tests.unit.domain.samples import BANK, NOT_CHARGED, NUMBER, PAID, PENDING, PHONE, PRICE, declined
from tests.unit.usecases.world import PIN, World

CONSENT = ConsentRules(frozenset({Part.TEXT, Part.PRICE}), frozenset({Part.GIVEN_AT, Part.SECOND_CONFIRMATION}))
CAPS = Caps(Money(500, "GBP"), Money(1_000, "GBP"))
RULES = {"consent": CONSENT, "terms": Terms(CAPS)}


def subscribed(**changes: object) -> World:
    rail = BANK if changes.pop("bank", False) else PHONE
    world = World(rail, service_changes={"receipt_owed_by": "partner"}, **(RULES | changes))
    world.subscribe(consent=Consent(text_version="v7", price=PRICE), key="k1")
    world.after(minutes=2)
    second = Agreed(Consent(given_at=world.now, method=Method.WEB, second_confirmation=True), "k1")
    world.pin_confirm(world.plan.partner, world.id, None if rail is BANK else PIN, agreed=second)
    return world


def text_of(world: World) -> str:
    account = Account(world.subscription, world.entries)
    [text] = as_json(pack(account, world.plan, world.service, world.now))
    return text


@cache
def a_pack() -> str:
    world = subscribed()
    world.charge(minor=99)
    return text_of(world)


def test_a_pack_that_nobody_touched_is_whole_and_names_no_number_and_no_pin() -> None:
    text = a_pack()

    assert problems(text) == []
    assert NUMBER not in text
    assert PIN not in text.replace(json.loads(text)["head"], "")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9), st.characters(codec="ascii"))
def test_any_changed_character_is_found(at: int, other: str) -> None:
    text = a_pack()
    place = at % len(text)
    if text[place] != other:
        assert problems(text[:place] + other + text[place + 1 :]) != []


@pytest.mark.parametrize("drop", range(5))
def test_an_entry_that_is_missing_is_found(drop: int) -> None:
    document = json.loads(a_pack())
    del document["chain"][drop]

    assert problems(json.dumps(document, indent=1, sort_keys=True)) != []


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"format": "pinbill-evidence/1"}', '{"a": 1, "a": 2}'])
def test_what_is_no_pack_is_said_to_be_none(text: str) -> None:
    assert problems(text) != []


def test_the_command_says_what_it_found_and_ends_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    for path, text in ((good, a_pack()), (bad, a_pack().replace("450", "451", 1))):
        path.write_text(text + "\n")

    assert (main([str(good)]), main([str(bad)]), main([])) == (0, 1, 2)
    assert "every payment has its evidence" in capsys.readouterr().out


def rewritten(change: Callable[[World], None]) -> list[str]:
    """What the verifier says of a well-chained pack of a world whose books say something else."""
    world = subscribed()
    change(world)
    return problems(text_of(world))


def test_the_verifier_finds_what_was_billed_without_its_consent() -> None:
    def forget(world: World) -> None:
        world.entries[1] = replace(world.entries[1], detail={})

    assert any("no given_at of the consent" in one for one in rewritten(forget))


OUTCOMES: tuple[BillResult, ...] = (PAID, PAID, PAID, PENDING, declined(), declined(FailureClass.LIMIT), NOT_CHARGED)
STEPS = ("due", "due", "due", "wake", "notice", "notice", "opt_out", "charge", "pause", "resume", "late")
steps = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.sampled_from(OUTCOMES),
        st.integers(0, 60),
    ),
    max_size=25,
)


def _step(world: World, name: str, hours: int, key: int) -> None:
    notices = Notices(world.store, world.catalog, world.clock)
    announced = world.subscription.announced
    match name:
        case "due" | "late":
            due = world.subscription.due
            if due:
                world.clock.set(max(world.now, due[0]) + timedelta(hours=hours if name == "late" else 0))
            world.wake()
        case "wake":
            world.after(hours=hours)
            world.wake()
        case "notice" if announced:
            report = NoticeGiven(announced.period, announced.amount, announced.bills_at, world.now)
            notices.given(world.plan.partner, world.id, report)
        case "opt_out" if announced:
            notices.opt_out(world.plan.partner, world.id, announced.period)
        case "charge":
            world.charge(key=f"k{key}", minor=99 + hours)
        case "pause":
            world.pause()
        case "resume":
            world.resume()


@pytest.mark.parametrize("is_noticed", [False, True], ids=["without notices", "with notices"])
@settings(deadline=None)
@given(steps)
def test_whatever_happens_no_debit_is_without_its_evidence(
    is_noticed: bool, happens: list[tuple[str, BillResult, int]]
) -> None:
    """By the verifier: consent in both stages, the price agreed to, caps, and notices that are old enough."""
    terms = Terms(CAPS, NoticeRules() if is_noticed else None)
    world = subscribed(bank=True, terms=terms)
    for key, (name, outcome, hours) in enumerate(happens):
        world.bills.will_bill(outcome)
        world.bank.will_find(outcome)
        try:
            _step(world, name, hours, key)
        except PinbillError:
            continue

    assert problems(text_of(world)) == []


def test_a_receipt_that_the_partner_owes_is_in_the_pack_when_it_was_sent() -> None:
    world = subscribed()
    [paid] = [entry.attempt for entry in world.entries if entry.attempt]
    assert paid.receipt_by_partner

    sent = ReceiptSent(paid.id, world.now, Channel.EMAIL)
    Receipts(world.store, world.clock).sent(world.plan.partner, world.id, sent)

    assert '"receipt_sent"' in text_of(world)
    assert problems(text_of(world)) == []
