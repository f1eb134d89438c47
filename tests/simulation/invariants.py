"""What must hold when everything has settled, judged by the provider's ledger. Each invariant has a name."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from pinbill.domain.attempts import OPEN, AttemptState, Obligation
from pinbill.domain.catalog import CatchUp
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.fakes.identities import in_the_clear
from tests.simulation.ladders import CATCH_UP_CAP
from tests.simulation.ledgers import compare
from tests.simulation.notices import LEAST
from tests.simulation.own_states import LIVE
from tests.simulation.violation import demand
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
    "hard_decline_is_the_end",
    "missed_periods_by_the_plan",
    "charged_only_with_access",
    "open_attempt_is_watched",
    "owner_is_waited_for",
    "decided_on_all_evidence",
    "payment_seen_is_obeyed",
    "paid_report_is_booked",
    "wake_does_what_is_due",
    "run_hands_out_what_is_due",
    "recalled_with_patience",
    "recalled_when_lost",
    "asked_in_its_turn",
    "no_claim_after_a_stop",
    "stopped_bills_wait",
    "no_bill_in_a_pause",
    "no_access_in_a_pause",
    "pause_awaits_the_open_bill",
    "pause_takes_effect",
    "pause_lasts_as_long_as_asked",
    "paid_time_is_kept_in_a_pause",
    "noticed_before_debited",
    "no_debit_after_an_opt_out",
    "within_the_cap",
    "key_takes_effect_once",
    "repeat_is_answered",
    "another_body_is_refused",
    "conflicts_are_resolved",
    "no_unexpected_error",
)
# Checked here, and by settling.
AT_THE_END = (
    "gets_quiet",
    "goes_on_while_stopped",
    "nothing_due_is_forgotten",
    "journal_is_complete",
    "every_attempt_closed",
    "ledgers_agree",
    "every_period_accounted",
    "write_offs_by_rule",
    "nothing_overdue",
    "renewal_waits_in_its_slot",
    "next_debit_is_announced",
    "every_charge_has_an_outcome",
    "told_the_truth",
    "error_means_nothing_taken",
    "no_debit_after_cancel",
    "paid_time_is_kept",
    "provider_knows_who_is_subscribed",
    "number_is_held_while_live",
)
INVARIANTS = (*AT_ONCE, *AT_THE_END)


def check_subscription(world: World, subscription: Subscription) -> int:
    """Check a subscription that has come to rest; returns its billing cycles: obligations that came to an outcome.

    Raises Violation.
    """
    judge = world.judge
    entries = world.backend.journal(subscription)
    demand(
        tuple(entries) == judge.entries[subscription.id], "journal_is_complete", subscription, lambda: _seqs(entries)
    )
    claimed = {reference: claim for reference, claim in judge.claims.items() if claim.subscription == subscription.id}
    closed = {entry.attempt.id for entry in entries if entry.kind in CLOSED and entry.attempt}
    lost = claimed.keys() - closed
    demand(not lost, "every_attempt_closed", subscription, lambda: f"{sorted(lost)} have no outcome in the journal")
    paid = compare(judge, subscription, entries, claimed)
    written_off = _written_off(world, subscription, entries)
    _periods(subscription, {owed.period for owed in paid if owed.period is not None}, written_off)
    _not_overdue(world, subscription)
    _waits(subscription)
    _announces(world, subscription)
    _charges(world, subscription, {claim.obligation for claim in claimed.values()}, paid)
    _after_cancel(world, subscription, claimed)
    _provider_knows(world, subscription)
    held = subscription.id in world.backend.rows.with_number(PARTNER, in_the_clear(subscription).msisdn)
    demand(held is (subscription.state in LIVE), "number_is_held_while_live", subscription, f"held: {held}")
    return len({claim.obligation for claim in claimed.values()} | {Obligation(period=p) for p in written_off})


def _seqs(entries: Sequence[Entry]) -> str:
    return "it reads " + " ".join(f"{entry.seq}:{entry.kind}" for entry in entries)


def _written_off(world: World, subscription: Subscription, entries: Sequence[Entry]) -> set[int]:
    found: set[int] = set()
    for entry in entries:
        if entry.kind is not EntryKind.PERIODS_WRITTEN_OFF:
            continue
        first, last = int(entry.detail["first"]), int(entry.detail["last"])
        rule = str(entry.detail["rule"])
        # Our clock may have run ahead when this was decided, by no more than it has ever shown.
        current = world.judge.calendar(subscription.id, entry).period_at(entry.at)
        tried = any(
            e.kind is EntryKind.ATTEMPT_DECLINED and e.attempt and e.attempt.obligation.period == first for e in entries
        )
        allowed = {
            "tries_used_up": first == last < current and tried,
            "catch_up_bill_latest": last == current - 1 and world.plan.catch_up is CatchUp.BILL_LATEST,
            "catch_up_forgive": last == current and world.plan.catch_up is CatchUp.FORGIVE,
            "over_cap_month": first == last and world.configuration.is_capped,  # the judge has looked whether it was
            "opted_out": first == last and _said(entries, EntryKind.BILL_OPTED_OUT, first, entry),
            "no_notice": first == last and not _noticed(world, subscription, entries, entry),
            "catch_up_cap": last == current - CATCH_UP_CAP and world.plan.catch_up is CatchUp.BILL_EACH,
        }.get(rule, False)
        detail = f"periods {first} to {last} by {rule} in period {current}"
        demand(allowed, "write_offs_by_rule", subscription, detail)
        found.update(range(first, last + 1))
    return found


def _said(entries: Sequence[Entry], kind: EntryKind, period: int, before: Entry) -> bool:
    return any(e.kind is kind and e.detail["period"] == period and e.seq < before.seq for e in entries)


def _noticed(world: World, subscription: Subscription, entries: Sequence[Entry], written_off: Entry) -> bool:
    """Whether the user was known to have been told of the debit that was then given up for want of a notice. Who was
    told of it before a pause has moved it was told of another one."""
    period = int(written_off.detail["first"])
    begins = world.judge.calendar(subscription.id, written_off).start(period)
    announced_for = None
    for entry in entries[: written_off.seq - 1]:
        if entry.kind is EntryKind.BILL_ANNOUNCED and entry.detail["period"] == period:
            announced_for = datetime.fromisoformat(str(entry.detail["announced_for"]))
        if entry.kind is EntryKind.NOTICE_GIVEN and entry.detail["period"] == period and announced_for == begins:
            return True
    return not world.configuration.is_noticed


def _periods(subscription: Subscription, paid: Iterable[int], written_off: set[int]) -> None:
    accounted = set(paid) | written_off
    past = set(range(1, subscription.next_period))
    missing, early = past - accounted, set(paid) - past
    demand(
        not missing,
        "every_period_accounted",
        subscription,
        lambda: f"periods {sorted(missing)} neither paid nor given up",
    )
    demand(
        not early, "every_period_accounted", subscription, lambda: f"periods {sorted(early)} are paid and still owed"
    )


def _not_overdue(world: World, subscription: Subscription) -> None:
    if subscription.state not in (State.TRIALING, State.ACTIVE):
        return
    begins = world.judge.anchors[subscription.id].start(subscription.next_period)

    def detail() -> str:
        return f"period {subscription.next_period} began at {begins}, and is due at {due}"

    due = subscription.timers.get(Timer.BILL)
    assert due is not None  # or the world were not quiet
    demand(begins > world.clock.true, "nothing_overdue", subscription, detail)
    demand(due == begins, "nothing_overdue", subscription, detail)


def _waits(subscription: Subscription) -> None:
    """Who renews has a slot and, at rest, no row in the due index besides; who has ended has neither."""
    renews = subscription.state in LIVE
    slot, row = subscription.slot, subscription.due_row
    demand((slot is not None) is renews, "renewal_waits_in_its_slot", subscription, lambda: f"{slot}")
    demand(
        row is None or row[1] is Timer.NOTICE,
        "renewal_waits_in_its_slot",
        subscription,
        lambda: f"the due index has {row}",
    )


def _announces(world: World, subscription: Subscription) -> None:
    """Who renews under a plan that owes notices is told of the next debit in time, or has been."""
    if not world.configuration.is_noticed or subscription.state not in (State.TRIALING, State.ACTIVE):
        return
    begins = world.judge.anchors[subscription.id].start(subscription.next_period)
    at = subscription.timers.get(Timer.NOTICE)
    told = subscription.notice is not None and subscription.notice.starts == begins
    in_time = told or (at is not None and at <= begins - LEAST)
    demand(in_time, "next_debit_is_announced", subscription, lambda: f"at {at}, for {begins}")


def _charges(
    world: World, subscription: Subscription, obligations: Iterable[Obligation], paid: Collection[Obligation]
) -> None:
    for obligation in obligations:
        if obligation.charge is None:
            continue
        charge = world.backend.rows.charge(PARTNER, subscription.id, obligation.charge)
        state = charge.attempt.state if charge else None
        known = state is not None and state not in OPEN
        demand(known, "every_charge_has_an_outcome", subscription, f"a charge is {state}")
        taken = obligation in paid
        detail = f"a charge is {state}, and was {'taken' if taken else 'not taken'}"
        demand((state is AttemptState.PAID) is taken, "every_charge_has_an_outcome", subscription, detail)


def _after_cancel(world: World, subscription: Subscription, claimed: Iterable[str]) -> None:
    acknowledged = world.judge.acknowledged.get(subscription.id)
    if acknowledged is None:
        return
    late = [
        reference
        for reference in claimed
        if reference in world.judge.debits and world.judge.claims[reference].tick > acknowledged
    ]
    demand(not late, "no_debit_after_cancel", subscription, f"{late} were claimed after an answered cancel")
    demand(subscription.state not in LIVE, "cancel_takes_effect", subscription, "it lives on")
    anchor, ended = world.judge.anchors.get(subscription.id), subscription.ended_at
    if anchor is None or ended is None or subscription.id in world.judge.cancelled_now:
        return
    paid_until = anchor.start(subscription.next_period)
    ended_by_cancel = subscription.state is State.CANCELLED
    detail = f"it ended at {ended}, and is paid or free until {paid_until}"
    demand(ended >= paid_until or not ended_by_cancel, "paid_time_is_kept", subscription, detail)


def _provider_knows(world: World, subscription: Subscription) -> None:
    if world.provider is not world.phone:
        return
    active = world.phone.active.get(subscription.id, False)
    runs = subscription.state in LIVE and subscription.state is not State.PENDING
    demand(active is runs, "provider_knows_who_is_subscribed", subscription, f"the provider has it as active: {active}")


def check_answers(world: World) -> None:
    """What clients were told, against what was taken. Raises Violation."""
    judge = world.judge
    for reference, states in judge.told.items():
        debited = reference in judge.debits
        denied = reference in judge.contradictions.answered_declined
        if AttemptState.PAID in states:
            demand(debited, "told_the_truth", reference, "a client was told paid, and nothing was taken")
        if states & NOT_TAKEN and not denied:
            demand(not debited, "told_the_truth", reference, f"a client was told {sorted(states)}, and it was taken")
    for reference in judge.nothing_taken:
        demand(reference not in judge.debits, "error_means_nothing_taken", reference, "it was taken")
