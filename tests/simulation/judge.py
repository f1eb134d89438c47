"""The judge: what was claimed, asked, debited, acknowledged and told, in the order in which it happened.

It judges by the provider's ledger. Of our own writes it takes only that a claim was written before the call.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pinbill.domain.attempts import Attempt, AttemptState, Obligation
from pinbill.domain.catalog import CatchUp
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.simulation.clock import VirtualClock
from tests.simulation.contradictions import Contradictions
from tests.simulation.due_rows import DueRows
from tests.simulation.keyed import KeyedRequests, Sent
from tests.simulation.ladders import Ladders
from tests.simulation.listening import Listener, Part
from tests.simulation.monthly import Monthly
from tests.simulation.notices import GivenNotices
from tests.simulation.numbering import in_order
from tests.simulation.own_calendar import Anchor
from tests.simulation.own_states import BACKED_BY, LIVE, MOVES
from tests.simulation.pauses import Pauses
from tests.simulation.provider import Debit
from tests.simulation.scheduler import Actor
from tests.simulation.stopping import Stopping
from tests.simulation.violation import Violation, demand
from tests.simulation.watches import Watches


@dataclass(frozen=True, slots=True)
class Claim:
    """A written claim, with the tick and the true time at which it was applied."""

    subscription: str
    obligation: Obligation
    amount: Money
    tick: int
    at: datetime


type Owed = tuple[str, Obligation]


class Judge:
    """Checks each write and each debit when it happens; the rest is checked at the end, by `invariants`."""

    def __init__(
        self,
        clock: VirtualClock,
        tick: Callable[[], int],
        actor: Callable[[], Actor],
        is_late: Callable[[], bool],
        taken: Callable[[], Mapping[str, int]],
        catch_up: CatchUp,
        *,
        sender: Callable[[], Sent | None] = lambda: None,
        notices_are_owed: bool = False,
        cap: Money | None = None,
    ) -> None:
        self._clock = clock
        self._tick = tick
        self._actor = actor
        self._is_late = is_late
        self._taken = taken
        self._sender = sender
        self._catch_up = catch_up
        self._notices_are_owed = notices_are_owed
        self._cap = cap
        self._watches = Watches(clock)
        self.listener: Listener | None = None
        self.writes = 0
        self.clear()

    def clear(self) -> None:
        self.claims: dict[str, Claim] = {}
        self.debits: dict[str, Debit] = {}
        self.paid: dict[Owed, tuple[str, ...]] = {}  # by which references the provider has taken it
        self.contradictions = Contradictions()
        self.acknowledged: dict[str, int] = {}  # cancels that were answered, by subscription
        self.cancelled_now: set[str] = set()  # those that were asked to end at once, answered or not
        self.told: defaultdict[str, set[AttemptState]] = defaultdict(set)  # what clients were answered
        self.nothing_taken: set[str] = set()  # asked for by requests that were answered by an error
        self.anchors: dict[str, Anchor] = {}
        self.former: dict[str, tuple[tuple[int, Anchor], ...]] = {}  # until which entry they held
        self.entries: dict[str, tuple[Entry, ...]] = {}  # the journal of each subscription, as it was written
        self.ladders = Ladders(self._clock, self._catch_up)
        self.due_rows = DueRows(self._clock, self._tick, self._taken)
        self.pauses = Pauses()
        self.stopping = Stopping(self._clock, self._tick, self._actor)
        self.notices = GivenNotices(self._clock, are_owed=self._notices_are_owed)
        self.monthly = Monthly(self._clock, self._cap)
        self.keyed = KeyedRequests(self._clock)

    # --- what happens

    def applied(self, before: Subscription | None, after: Subscription, entries: Sequence[Entry]) -> None:
        """A write took effect."""
        self.writes += 1
        if self.listener is not None:
            self.listener.wrote(after, entries)
        self.entries[after.id] = (*self.entries.get(after.id, ()), *entries)
        in_order(before, after, entries)
        sent = self._sender()
        if sent is not None:
            self.keyed.wrote(sent, before, after, entries, self.entries)
        if before is None:
            return
        if before.state is not after.state:
            self._moved(before, after, entries)
        attempt = after.open_attempt
        if attempt is not None and attempt.id not in self.claims:
            self._claimed(after, attempt)
        if after.schedule is not None and before.schedule is None:
            self._anchored(after, entries)
        if after.cancel_at is not None:
            demand(Timer.BILL not in after.timers, "no_bill_due_after_cancel", after, "a bill is still due")
        self._paused(before, after, entries)
        self.monthly.wrote(after, entries)
        self.ladders.wrote(before, after, entries)
        self._watches.wrote(before, after, entries)
        self.due_rows.wrote(before, after, entries)
        if after.state in LIVE and after.due is None:
            awake = attempt is not None or after.state is State.PAUSED
            demand(awake, "nothing_sleeps", after, "no timer and no open attempt")

    def asked(self, reference: str) -> None:
        """The provider was asked for money."""
        actor = self._actor()
        actor.asked.append(reference)
        claim = self.claims.get(reference)
        if claim is None:
            raise Violation("claim_before_call", f"{reference} was asked for without a written claim")
        if actor.out_of_time:
            raise Violation("asked_in_its_turn", f"{reference} was asked for with no time left for the answer")
        if claim.subscription in actor.knows_cancelled:
            raise Violation("cancel_seen_is_obeyed", f"{reference} was asked for by who had read of the cancel")
        if reference in actor.knows_covered:
            raise Violation("payment_seen_is_obeyed", f"{reference} was asked for by who had read that it is paid")
        anchor = self.anchors.get(claim.subscription)
        if anchor is not None and claim.obligation.period is not None:
            self.ladders.asked(reference, claim.obligation.period, anchor)

    def sent_pin(self) -> None:
        """An SMS went out, or may have."""
        sent = self._sender()
        if sent is not None:
            self.keyed.sent_pin(sent)

    def told_of_stops(self, as_of: int) -> None:
        """An actor hears what was stopped at this tick."""
        self.stopping.told(as_of)

    def contradicts(self, reference: str) -> None:
        """The provider will answer that it has declined what it debits."""
        self.contradictions.answered_declined.add(reference)

    def reported(self, reference: str) -> None:
        """A callback that says paid was taken in."""
        self.contradictions.reported.setdefault(reference, self._tick())

    def debited(self, debit: Debit) -> None:
        """The provider has taken money."""
        if self.listener is not None:
            self.listener.debited(debit)
        claim = self.claims.get(debit.reference)
        if claim is None:
            raise Violation("claim_before_call", f"{debit.reference} was debited without a written claim")
        if debit.amount != claim.amount:
            raise Violation("amount_as_claimed", f"{debit.reference}: {debit.amount} instead of {claim.amount}")
        owed = claim.subscription, claim.obligation
        earlier = self.paid.get(owed, ())
        if not all(self.contradictions.hidden(reference, claim.tick) for reference in earlier):
            raise Violation("debited_once", f"{claim.obligation} by {', '.join(earlier)} and by {debit.reference}")
        self.paid[owed] = (*earlier, debit.reference)
        self.debits[debit.reference] = debit

    def acknowledge(self, subscription: str, *, at_end: bool = False) -> None:
        """A cancel was answered; `at_end` says that it was one for the end of what is paid."""
        self.acknowledged.setdefault(subscription, self._tick())
        if not at_end:
            self.cancelled_now.add(subscription)

    def tell(self, attempt: Attempt) -> None:
        """A client was answered with this attempt."""
        self.told[attempt.id].add(attempt.state)

    def refuse(self, asked: Sequence[str]) -> None:
        """A client was answered with an error, after its request had asked for these bills."""
        self.nothing_taken.update(asked)

    # --- what is checked at once

    def _moved(self, before: Subscription, after: Subscription, entries: Sequence[Entry]) -> None:
        demand((before.state, after.state) in MOVES, "only_listed_moves", after, f"from {before.state}")
        needed = EntryKind.RESUMED if before.state is State.PAUSED else BACKED_BY.get(after.state)
        if (before.state, after.state) == (State.PAUSED, State.CANCELLED):
            self.cancelled_now.add(after.id)  # in whichever form it was asked for
            needed = None
        # A payment by an earlier attempt was booked before, and takes effect when the newer one is closed.
        covering = [entry.attempt.covered_by for entry in entries if entry.attempt and after.state is State.ACTIVE]
        backed = needed is None or any(e.kind is needed for e in entries) or any(ref in self.debits for ref in covering)
        demand(backed, "access_is_paid_free_or_in_grace", after, f"from {before.state} without {needed}")

    def _paused(self, before: Subscription, after: Subscription, entries: Sequence[Entry]) -> None:
        actor = None if self._is_late() else self._actor()
        anchor = self.anchors.get(after.id)
        moved = self.pauses.wrote(before, after, entries, anchor, actor)
        if moved is not None and anchor is not None:
            self.former[after.id] = (*self.former.get(after.id, ()), (entries[-1].seq, anchor))
            self.anchors[after.id] = moved

    def calendar(self, subscription: str, entry: Entry) -> Anchor:
        """The one by which its periods began when this was written; by its number, since our clock may leap back."""
        former = self.former.get(subscription, ())
        return next((anchor for until, anchor in former if entry.seq < until), self.anchors[subscription])

    def _claimed(self, after: Subscription, attempt: Attempt) -> None:
        acknowledged = self.acknowledged.get(after.id)
        demand(acknowledged is None, "no_claim_after_cancel", after, f"{attempt.id} was claimed")
        period, anchor = attempt.obligation.period, self.anchors.get(after.id)
        if period is not None and anchor is not None:
            begins = anchor.start(period)
            demand(begins <= self._clock.latest, "never_early", after, lambda: f"period {period} begins at {begins}")
        demand(after.state is not State.PAUSED, "no_bill_in_a_pause", after, f"{attempt.id} was claimed")
        self.ladders.claimed(after, attempt)
        self.notices.claimed(after, attempt, anchor)
        self.monthly.claimed(after, attempt)
        if not self._is_late():
            self.stopping.claimed(attempt.id)
        self.claims[attempt.id] = Claim(after.id, attempt.obligation, attempt.amount, self._tick(), self._clock.true)

    def _anchored(self, after: Subscription, entries: Sequence[Entry]) -> None:
        """By its first bill or the end of its free days; the claim's time is the one at which it was asked for."""
        paid = next((e.attempt for e in entries if e.kind is EntryKind.ATTEMPT_PAID and e.attempt), None)
        began, days = (paid.claimed_at, 0) if paid else (_trial_began(entries), after.trial_days)
        demand(began is not None, "access_is_paid_free_or_in_grace", after, "a schedule out of nothing")
        assert began is not None  # demanded just now
        self.anchors[after.id] = Anchor.at(began, after.zone, after.recurrence, days)

    def snapshot(self) -> object:
        return (
            dict(self.claims),
            dict(self.debits),
            dict(self.paid),
            dict(self.acknowledged),
            set(self.cancelled_now),
            {reference: set(states) for reference, states in self.told.items()},
            set(self.nothing_taken),
            dict(self.anchors),
            dict(self.entries),
            dict(self.former),
            self.ladders.snapshot(),
            self.contradictions.snapshot(),
            self.due_rows.snapshot(),
            self.stopping.snapshot(),
            self.pauses.snapshot(),
            self.notices.snapshot(),
            self.monthly.snapshot(),
            self.keyed.snapshot(),
        )

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        claims, debits, paid, acknowledged, cancelled_now, told, nothing_taken, anchors, *rest = snapshot
        self.claims, self.debits, self.paid = dict(claims), dict(debits), dict(paid)
        self.acknowledged, self.nothing_taken, self.anchors = dict(acknowledged), set(nothing_taken), dict(anchors)
        self.cancelled_now = set(cancelled_now)
        entries, former, *others = rest
        self.entries, self.former = dict(entries), dict(former)
        parts: tuple[Part, ...] = (
            self.ladders,
            self.contradictions,
            self.due_rows,
            self.stopping,
            self.pauses,
            self.notices,
            self.monthly,
            self.keyed,
        )
        for part, kept in zip(parts, others, strict=True):
            part.restore(kept)
        self.told = defaultdict(set, {reference: set(states) for reference, states in told.items()})


def _trial_began(entries: Sequence[Entry]) -> datetime | None:
    return next((entry.at for entry in entries if entry.kind is EntryKind.TRIAL_STARTED), None)
