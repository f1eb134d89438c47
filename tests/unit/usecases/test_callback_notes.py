"""What Infomedia says of a user's access: evidence while an outcome is open, and otherwise nothing."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from pinbill.domain.attempts import BillResult, Source
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.states import State
from pinbill.errors import NotFound
from pinbill.usecases.callback import BillReported, MandateMoved, Noted, Refunded, Report, Stopped
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.domain.samples import BANK, NUMBER, PAID, PENDING, PHONE, PRICE, UNKNOWN, declined
from tests.unit.usecases.unknowns import check_books, counted, last, open_attempt, opened
from tests.unit.usecases.world import World

MATCHED = (Observation.CALLBACK_RECEIVED, Observation.CALLBACK_UNMATCHED)
WORDS = ["subscribed", "reactivated", "suspended", "unsuspended"]
OTHER = "+447700900124"


def note(world: World, says: str = "suspended", number: str = NUMBER, product: int = 92) -> None:
    world.report(Noted(Msisdn(number), product, says))


@pytest.mark.parametrize("product", [92, 91])
@pytest.mark.parametrize("says", WORDS)
@pytest.mark.parametrize("result", [UNKNOWN, PENDING])
def test_what_is_said_of_a_user_is_evidence_for_the_open_bill(result: BillResult, says: str, product: int) -> None:
    world = opened(result)
    before = world.subscription

    for _ in range(3):
        note(world, says, product=product)

    (evidence,) = open_attempt(world).evidence
    assert (evidence.source, evidence.says, evidence.at) == (Source.CALLBACK, says, world.now)
    after = replace(world.subscription, open_attempt=replace(open_attempt(world), evidence=()))
    assert replace(after, version=before.version) == before
    assert counted(world, *MATCHED) == [3, 0]


@pytest.mark.parametrize("says", WORDS)
@pytest.mark.parametrize("state", [State.PENDING, State.TRIALING, State.ACTIVE, State.PAST_DUE, State.SUSPENDED])
def test_without_an_open_bill_it_changes_nothing(state: State, says: str) -> None:
    world = World()
    before = world.in_state(state)

    note(world, says)

    assert world.subscription == before
    assert counted(world, *MATCHED) == [1, 0]


@pytest.mark.parametrize(("number", "product"), [(OTHER, 92), (NUMBER, 93), (NUMBER, 0)])
def test_what_is_said_of_somebody_else_changes_nothing_and_is_counted(number: str, product: int) -> None:
    world = opened()
    before = world.subscription

    note(world, number=number, product=product)

    assert world.subscription == before
    assert counted(world, *MATCHED) == [0, 1]


def test_a_note_during_the_call_disturbs_neither_the_answer_nor_the_period() -> None:
    world = World()
    world.due()

    def during(order: BillOrder) -> None:
        note(world)
        note(world, "unsuspended")

    world.bills.before_debit = during
    world.wake()

    (row,) = [entry for entry in world.entries if entry.attempt and entry.attempt.id == last(world)]
    assert row.attempt is not None
    assert [evidence.says for evidence in row.attempt.evidence] == ["suspended", "unsuspended"]
    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_what_was_learnt_is_in_the_row_that_closes_the_bill() -> None:
    world = opened()
    note(world)
    world.report(BillReported(last(world), PRICE, declined()))

    world.report(BillReported(last(world), PRICE, PAID))

    attempt = world.entries[-1].attempt
    assert attempt is not None
    assert [(each.says, each.code) for each in attempt.evidence] == [("suspended", ""), ("declined", "A3")]
    assert attempt.settled_by is Source.CALLBACK
    check_books(world)


def test_a_flood_of_words_is_kept_in_part_and_keeps_no_bill_from_being_settled() -> None:
    world = opened()
    for n in range(60):
        note(world, f"word {n}")

    assert len(open_attempt(world).evidence) == 20
    world.report(BillReported(last(world), PRICE, PAID))
    assert world.subscription.next_period == 3
    check_books(world)


# --- forged, and for the wrong rail


def test_a_forged_path_is_not_found_and_counted_under_its_rail() -> None:
    world = World(service_changes={"callback_hash": hashlib.sha256(b"path-token").hexdigest()})

    for token, rail in (("guess", PHONE), ("path-token", BANK), ("", BANK)):
        with pytest.raises(NotFound):
            world.callback.service(token, rail)

    observed = [(each.what, each.dimensions["rail"]) for each in world.telemetry.observed]
    assert observed == [(Observation.CALLBACK_FORGED, rail) for rail in ("infomedia", "signzy", "signzy")]
    assert "guess" not in str(world.telemetry.observed)


REPORTS: list[Callable[[str], Report]] = [
    lambda reference: Stopped(Msisdn(OTHER), 92),
    lambda reference: Noted(Msisdn(OTHER), 92, "suspended"),
    lambda reference: BillReported("NOSUCH-1", PRICE, PAID),
    lambda reference: BillReported(f"{reference}0", PRICE, PAID),
    lambda reference: Refunded("NOSUCH-1", PRICE, None),
    lambda reference: MandateMoved("mandate-1", revoked=True),
]


@pytest.mark.parametrize("report", REPORTS)
def test_whatever_matches_nothing_of_ours_changes_nothing_and_is_counted_by_its_kind(
    report: Callable[[str], Report],
) -> None:
    world = opened()
    before, entries = world.subscription, list(world.entries)

    world.report(report(last(world)))

    assert (world.subscription, world.entries) == (before, entries)
    assert counted(world, *MATCHED) == [0, 1]
    assert world.telemetry.observed[-1].dimensions["kind"] == type(report("")).__name__
