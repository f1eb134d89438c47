"""What must hold when everything has settled, judged by the provider's ledger. Each invariant has a name."""

from collections.abc import Iterable, Mapping, Sequence

from pinbill.domain.attempts import OPEN, AttemptState, Obligation
from pinbill.domain.catalog import CatchUp
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from tests.simulation.judge import LIVE
from tests.simulation.violation import Violation
from tests.simulation.world import PARTNER, World

CLOSED = frozenset(
    {
        EntryKind.ATTEMPT_PAID,
        EntryKind.ATTEMPT_DECLINED,
        EntryKind.ATTEMPT_NOT_SENT,
        EntryKind.ATTEMPT_NOT_CHARGED,
        EntryKind.EXCESS_DEBIT,
    }
)
NOT_TAKEN = frozenset({AttemptState.DECLINED, AttemptState.NOT_SENT, AttemptState.NOT_CHARGED})
CATCH_UP_CAP = 3

# Checked by the judge when they happen.
AT_ONCE = (
    "claim_before_call",
    "debited_once",
    "amount_as_claimed",
    "no_claim_after_cancel",
    "never_early",
    "version_grows_by_one",
    "journal_gapless",
    "only_listed_moves",
    "access_is_paid_free_or_in_grace",
    "nothing_sleeps",
    "cancel_takes_effect",
    "cancel_seen_is_obeyed",
    "no_bill_due_after_cancel",
    "retries_by_the_ladder",
    "declined_charge_is_final",
    "grace_and_hold_end",
    "conflicts_are_resolved",
    "no_unexpected_error",
)
# Checked here, and by settling.
AT_THE_END = (
    "gets_quiet",
    "every_attempt_closed",
    "ledgers_agree",
    "every_period_accounted",
    "write_offs_by_rule",
    "nothing_overdue",
    "every_charge_has_an_outcome",
    "told_the_truth",
    "error_means_nothing_taken",
    "no_debit_after_cancel",
    "paid_time_is_kept",
    "provider_knows_who_is_subscribed",
    "number_is_held_while_live",
)
INVARIANTS = (*AT_ONCE, *AT_THE_END)


def _demand(holds: bool, invariant: str, of: Subscription | str, detail: str) -> None:
    if not holds:
        name = of if isinstance(of, str) else f"{of.id} ({of.state})"
        raise Violation(invariant, f"{name}: {detail}")


def check_subscription(world: World, subscription: Subscription) -> int:
    """Check a subscription that has come to rest; returns its billing cycles: obligations that came to an outcome.

    Raises Violation.
    """
    judge = world.judge
    entries = world.backend.journal(subscription)
    claimed = {reference: claim for reference, claim in judge.claims.items() if claim.subscription == subscription.id}
    closed = {entry.attempt.id for entry in entries if entry.kind in CLOSED and entry.attempt}
    lost = claimed.keys() - closed
    _demand(not lost, "every_attempt_closed", subscription, f"{sorted(lost)} have no outcome in the journal")
    _ledgers_agree(world, subscription, entries, claimed)
    written_off = _written_off(world, subscription, entries)
    paid = {owed.period for (id, owed) in judge.paid if id == subscription.id and owed.period is not None}
    _periods(subscription, paid, written_off)
    _not_overdue(world, subscription)
    _charges(world, subscription, {claim.obligation for claim in claimed.values()})
    _after_cancel(world, subscription, claimed)
    _provider_knows(world, subscription)
    held = subscription.id in world.backend.rows.with_number(PARTNER, subscription.msisdn)
    _demand(held is (subscription.state in LIVE), "number_is_held_while_live", subscription, f"held: {held}")
    return len({claim.obligation for claim in claimed.values()} | {Obligation(period=p) for p in written_off})


def _ledgers_agree(
    world: World, subscription: Subscription, entries: Sequence[Entry], claimed: Mapping[str, object]
) -> None:
    ours = {e.attempt.id: e.attempt.amount for e in entries if e.kind is EntryKind.ATTEMPT_PAID and e.attempt}
    theirs = {ref: debit.amount for ref, debit in world.judge.debits.items() if ref in claimed}
    excess = [entry for entry in entries if entry.kind is EntryKind.EXCESS_DEBIT]
    _demand(ours == theirs, "ledgers_agree", subscription, f"ours {_money(ours)}, the provider's {_money(theirs)}")
    _demand(not excess, "ledgers_agree", subscription, "a debit is booked as too much")
    times = [entry for entry in entries if entry.kind is EntryKind.ATTEMPT_PAID]
    _demand(len(times) == len(ours), "ledgers_agree", subscription, "an attempt is booked as paid twice")


def _money(ledger: Mapping[str, object]) -> str:
    return ", ".join(f"{reference} {amount}" for reference, amount in sorted(ledger.items())) or "nothing"


def _written_off(world: World, subscription: Subscription, entries: Sequence[Entry]) -> set[int]:
    found: set[int] = set()
    for entry in entries:
        if entry.kind is not EntryKind.PERIODS_WRITTEN_OFF:
            continue
        first, last = int(entry.detail["first"]), int(entry.detail["last"])
        rule = str(entry.detail["rule"])
        # Our clock may have run ahead when this was decided, by no more than it has ever shown.
        current = world.judge.anchors[subscription.id].period_at(entry.at)
        tried = any(
            e.kind is EntryKind.ATTEMPT_DECLINED and e.attempt and e.attempt.obligation.period == first for e in entries
        )
        allowed = {
            "tries_used_up": first == last < current and tried,
            "catch_up_bill_latest": last < current and world.plan.catch_up is CatchUp.BILL_LATEST,
            "catch_up_forgive": last <= current and world.plan.catch_up is CatchUp.FORGIVE,
            "catch_up_cap": last <= current - CATCH_UP_CAP and world.plan.catch_up is CatchUp.BILL_EACH,
        }.get(rule, False)
        detail = f"periods {first} to {last} by {rule} in period {current}"
        _demand(allowed, "write_offs_by_rule", subscription, detail)
        found.update(range(first, last + 1))
    return found


def _periods(subscription: Subscription, paid: Iterable[int], written_off: set[int]) -> None:
    accounted = set(paid) | written_off
    past = set(range(1, subscription.next_period))
    missing, early = past - accounted, set(paid) - past
    _demand(not missing, "every_period_accounted", subscription, f"periods {sorted(missing)} neither paid nor given up")
    _demand(not early, "every_period_accounted", subscription, f"periods {sorted(early)} are paid and still owed")


def _not_overdue(world: World, subscription: Subscription) -> None:
    if subscription.state not in (State.TRIALING, State.ACTIVE):
        return
    begins = world.judge.anchors[subscription.id].start(subscription.next_period)
    detail = f"period {subscription.next_period} began at {begins}"
    _demand(begins > world.clock.true, "nothing_overdue", subscription, detail)
    due = subscription.due
    assert due is not None  # or the world were not quiet
    _demand(due[0] == begins, "nothing_overdue", subscription, f"{detail}, and is due at {due[0]}")


def _charges(world: World, subscription: Subscription, obligations: Iterable[Obligation]) -> None:
    for obligation in obligations:
        if obligation.charge is None:
            continue
        charge = world.backend.rows.charge(PARTNER, subscription.id, obligation.charge)
        state = charge.attempt.state if charge else None
        known = state is not None and state not in OPEN
        _demand(known, "every_charge_has_an_outcome", subscription, f"a charge is {state}")
        taken = (subscription.id, obligation) in world.judge.paid
        detail = f"a charge is {state}, and was {'taken' if taken else 'not taken'}"
        _demand((state is AttemptState.PAID) is taken, "every_charge_has_an_outcome", subscription, detail)


def _after_cancel(world: World, subscription: Subscription, claimed: Iterable[str]) -> None:
    acknowledged = world.judge.acknowledged.get(subscription.id)
    if acknowledged is None:
        return
    late = [
        reference
        for reference in claimed
        if reference in world.judge.debits and world.judge.claims[reference].tick > acknowledged
    ]
    _demand(not late, "no_debit_after_cancel", subscription, f"{late} were claimed after an answered cancel")
    _demand(subscription.state not in LIVE, "cancel_takes_effect", subscription, "it lives on")
    anchor, ended = world.judge.anchors.get(subscription.id), subscription.ended_at
    if anchor is None or ended is None or subscription.id in world.judge.cancelled_now:
        return
    paid_until = anchor.start(subscription.next_period)
    ended_by_cancel = subscription.state is State.CANCELLED
    detail = f"it ended at {ended}, and is paid or free until {paid_until}"
    _demand(ended >= paid_until or not ended_by_cancel, "paid_time_is_kept", subscription, detail)


def _provider_knows(world: World, subscription: Subscription) -> None:
    if world.provider is not world.phone:
        return
    active = world.phone.active.get(subscription.id, False)
    runs = subscription.state in LIVE and subscription.state is not State.PENDING
    _demand(
        active is runs, "provider_knows_who_is_subscribed", subscription, f"the provider has it as active: {active}"
    )


def check_answers(world: World) -> None:
    """What clients were told, against what was taken. Raises Violation."""
    judge = world.judge
    for reference, states in judge.told.items():
        debited = reference in judge.debits
        if AttemptState.PAID in states:
            _demand(debited, "told_the_truth", reference, "a client was told paid, and nothing was taken")
        if states & NOT_TAKEN:
            _demand(not debited, "told_the_truth", reference, f"a client was told {sorted(states)}, and it was taken")
    for reference in judge.nothing_taken:
        _demand(reference not in judge.debits, "error_means_nothing_taken", reference, "it was taken")
