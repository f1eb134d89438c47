"""A provider's report against our ledger, subscription by subscription: what agrees, what it settles, what is left."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pinbill.domain.attempts import Attempt, AttemptState, BillResult, Decision
from pinbill.domain.catalog import Plan
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.rails import LEASE, RULES
from pinbill.domain.settlement import ENTRY, settle, settle_late
from pinbill.domain.subscription import Subscription
from pinbill.domain.unrecorded import CLOCKS_APART, Reported, Says, book, periods_of

NOT_LISTED = Says.DECLINED  # of an attempt that a whole report does not have

type ChargeOf = Callable[[Attempt], Charge | None]


class Standing(StrEnum):
    """How a payment stands, in both books."""

    AGREES = "agree"
    SETTLED = "open with us, settled by the report"
    LATE = "closed unpaid with us and debited, booked late"
    BOOKED = "not in our books, booked"
    GIVEN_UP = "periods before a booked one, given up"
    EXCESS = "not owed, booked as an excess debit to be given back"
    DIFFERS = "differ"
    MISSING = "paid with us and not in the report"
    WAITS = "open with us, and not to be settled yet"


# For a person: a report settles none of these.
LEFT = frozenset({Standing.EXCESS, Standing.DIFFERS, Standing.MISSING, Standing.WAITS})


@dataclass(frozen=True, slots=True)
class Span:
    """What a report holds: all payments that were asked for in it, and nothing else is said by their absence."""

    since: datetime
    until: datetime

    def holds(self, at: datetime, until: datetime | None = None) -> bool:
        return self.since <= at - CLOCKS_APART and (until or at) + CLOCKS_APART <= self.until


@dataclass(frozen=True, slots=True)
class Step:
    """One finding; `change` is what it makes of the subscription, upon those of the steps before it."""

    standing: Standing
    attempt: str
    what: str
    change: Change | None = None


@dataclass(slots=True)
class Reconciling:
    """One subscription against the lines of a report that are its own. It is followed in memory as it is changed."""

    subscription: Subscription
    attempts: dict[str, Attempt]  # as they stand, by their ids
    plan: Plan
    decision: Decision
    now: datetime
    charge_of: ChargeOf
    given_up: frozenset[int] = frozenset()  # periods
    _known: set[str] = field(default_factory=set)  # attempts that the report has

    @classmethod
    def of(
        cls,
        subscription: Subscription,
        entries: Sequence[Entry],
        plan: Plan,
        decision: Decision,
        now: datetime,
        charge_of: ChargeOf,
    ) -> "Reconciling":
        """`entries` are the whole ledger, oldest first."""
        attempts = {entry.attempt.id: entry.attempt for entry in entries if entry.attempt and _tells(entry)}
        current = subscription.open_attempt
        attempts |= {current.id: current} if current else {}
        given_up = frozenset(period for entry in entries for period in entry.given_up)
        return cls(subscription, attempts, plan, decision, now, charge_of, given_up)

    def steps(self, reported: Sequence[Reported], span: Span) -> Iterator[Step]:
        """What is known to both first, then what is open; what only the report knows comes last."""
        ordered = sorted(reported, key=lambda payment: (payment.at, payment.number or 0))
        unrecorded = []
        for payment in ordered:
            attempt = self._attempt_of(payment)
            if attempt is None:
                unrecorded.append(payment)
                continue
            self._known.add(attempt.id)
            yield self._compare(payment, attempt)
        yield from self._not_reported(span)
        periods = periods_of(self.subscription, unrecorded)
        for payment in unrecorded:
            yield from self._book(payment, periods.get(payment.payment))

    def _attempt_of(self, payment: Reported) -> Attempt | None:
        """By our reference, by the provider's id, or of the same amount at the same time."""
        if payment.reference is not None:
            return self.attempts.get(payment.reference)
        for attempt in self.attempts.values():
            if attempt.provider_reference == payment.payment:
                return attempt
        alike = [
            attempt
            for attempt in self.attempts.values()
            if attempt.provider_reference is None
            and attempt.amount == payment.amount
            and attempt.id not in self._known
            and (attempt.is_open or attempt.state is AttemptState.PAID)
            and abs(attempt.claimed_at - payment.at) <= CLOCKS_APART
        ]
        return min(alike, key=lambda attempt: abs(attempt.claimed_at - payment.at), default=None)

    def _compare(self, payment: Reported, attempt: Attempt) -> Step:
        if payment.amount != attempt.amount:
            return _differs(attempt.id, f"{attempt.amount} with us, {payment.amount} in the report")
        is_paid = attempt.state is AttemptState.PAID
        match payment.says:
            case Says.PAID if is_paid:
                return Step(Standing.AGREES, attempt.id, f"{attempt.amount}")
            case Says.PENDING if attempt.state is AttemptState.PENDING:
                return Step(Standing.AGREES, attempt.id, "pending")
            case Says.DECLINED if not attempt.is_open and not is_paid:
                return Step(Standing.AGREES, attempt.id, "not taken")
        if attempt.is_open:
            return self._settle(attempt, payment)
        if payment.says is Says.PAID:
            result, charge = payment.result(self.decision), self.charge_of(attempt)
            return self._done(Standing.LATE, settle_late(self.subscription, attempt, result, self.now, charge))
        return _differs(attempt.id, f"{attempt.state} with us, {payment.says} in the report")

    def _settle(self, attempt: Attempt, payment: Reported) -> Step:
        result, charge = payment.result(self.decision), self.charge_of(attempt)
        current = self.subscription.open_attempt
        if current is None or current.id != attempt.id:
            return self._write_down(attempt, payment, result, charge)
        change = settle(self.subscription, attempt.id, result, self.now, self.plan.dunning, charge)
        if change is None:
            return _waits(attempt, payment)
        return self._done(Standing.SETTLED, change)

    def _write_down(self, attempt: Attempt, payment: Reported, result: BillResult, charge: Charge | None) -> Step:
        """The entry of its outcome was lost, and the subscription that was written with it, or a later one, was not."""
        if payment.says is Says.PENDING:
            return _waits(attempt, payment)
        counts, is_paid = self._counts_as_paid(attempt, charge), payment.says is Says.PAID
        if counts and not is_paid:
            return Step(
                Standing.MISSING, attempt.id, f"{attempt.amount} of {attempt.obligation}, which is settled with us"
            )
        if is_paid and not counts:
            return self._done(Standing.LATE, settle_late(self.subscription, attempt, result, self.now, charge))
        told = attempt.with_result(result, self.now)
        change = Change.of(self.subscription).record(ENTRY[told.state], self.now, told)
        return self._done(Standing.SETTLED, change)

    def _counts_as_paid(self, attempt: Attempt, charge: Charge | None) -> bool:
        """Whether the subscription has moved on by it: its period is behind us, and nothing else has paid it."""
        if charge is not None:
            return charge.attempt.state is AttemptState.PAID
        period = attempt.obligation.period
        if period is None or period >= self.subscription.next_period or period in self.given_up:
            return False
        others = (other for other in self.attempts.values() if other.obligation == attempt.obligation)
        return not any(other.state is AttemptState.PAID for other in others)

    def _not_reported(self, span: Span) -> Iterator[Step]:
        window = RULES[self.subscription.rail].settle_window
        for attempt in list(self.attempts.values()):
            if attempt.id in self._known:
                continue
            if attempt.state is AttemptState.PAID and span.holds(attempt.claimed_at):
                yield Step(Standing.MISSING, attempt.id, f"{attempt.amount} of {attempt.claimed_at:%Y-%m-%d %H:%M}Z")
            elif attempt.is_open:
                landed = attempt.claimed_at + LEASE + window
                is_proved = attempt.provider_reference is None and span.holds(attempt.claimed_at, landed)
                absent = Reported(attempt.claimed_at, attempt.amount, "", NOT_LISTED)
                if is_proved and landed <= self.now:
                    yield self._settle(attempt, absent)
                else:
                    yield Step(Standing.WAITS, attempt.id, f"{attempt.state}, and the report does not have it")

    def _book(self, payment: Reported, period: int | None) -> Iterator[Step]:
        name = payment.reference or payment.payment
        if self.subscription.open_attempt is not None:
            yield Step(Standing.WAITS, name, f"{payment.amount}, behind an attempt that is open")
            return
        if payment.says is Says.DECLINED and payment.reference is None:
            return  # without a number of ours it can stand for none
        if payment.says is Says.PENDING and period is None:
            yield _differs(name, f"{payment.amount} is pending in the report, and not owed")
            return
        books = book(self.subscription, self.attempts, payment, period, self.plan, self.decision, self.now)
        for booked in books:
            yield self._done(Standing.EXCESS if booked.is_excess else Standing.BOOKED, booked.change)

    def _done(self, standing: Standing, change: Change) -> Step:
        """The step of a change, from which on the subscription is as that leaves it."""
        self.subscription = change.after
        entry = change.entries[-1]
        attempt = entry.attempt
        if attempt is None:
            what = f"periods {entry.detail['first']} to {entry.detail['last']}"
            return Step(Standing.GIVEN_UP, change.after.id, what, change)
        self.attempts[attempt.id] = attempt
        self._known.add(attempt.id)
        if entry.kind is EntryKind.EXCESS_DEBIT:
            standing = Standing.EXCESS
        return Step(standing, attempt.id, f"{attempt.amount} of {attempt.obligation}, {attempt.state}", change)


def _tells(entry: Entry) -> bool:
    """Whether it says what became of its attempt: a refund and a receipt do not."""
    return entry.kind.startswith("attempt_") or entry.kind is EntryKind.EXCESS_DEBIT


def _waits(attempt: Attempt, payment: Reported) -> Step:
    return Step(Standing.WAITS, attempt.id, f"{attempt.state} with us, {payment.says} in the report")


def _differs(attempt: str, what: str) -> Step:
    return Step(Standing.DIFFERS, attempt, what)
