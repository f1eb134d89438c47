"""The judge: what the providers debited against what was owed, acknowledged and written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from local.drill.accounts import Account
from local.drill.evidence import Debit, Evidence
from local.drill.traffic import Cancelled
from pinbill.domain.attempts import Attempt, AttemptState
from pinbill.domain.states import State
from pinbill.domain.subscription import Timer

_STRUGGLING = (State.PAST_DUE, State.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be."""

    subscription: str
    what: str


def judge(
    accounts: Sequence[Account], evidence: Evidence, cancelled: Sequence[Cancelled], now: datetime
) -> list[Finding]:
    """Every violation of what the protocol promises; none when all is well. What was due by `now` must be done."""
    found = [Finding("-", f"debit {transaction} of no subscription of ours") for transaction in evidence.strangers]
    for account in accounts:
        debits = evidence.debits.get(account.member.id, ())
        wrong = (
            *_debited_twice(account, debits),
            *_ledgers_differ(account, debits),
            *_journal_gaps(account),
            *_unaccounted_periods(account),
            *_overdue(account, now),
        )
        found += [Finding(account.member.id, what) for what in wrong]
    for ack in cancelled:
        found += [Finding(ack.member.id, what) for what in _asked_after_cancel(ack, evidence)]
    return found


def pairs(account: Account, debits: Sequence[Debit]) -> list[tuple[Debit, Attempt | None]]:
    """Each debit with its attempt: by our reference, at the bank by the payment's id.

    A bank debit without a name is of the attempt that a person has declared paid, or of the open one.
    """
    attempts = account.attempts
    by_payment = {each.provider_reference: each for each in attempts.values() if each.provider_reference}
    nameless = [a for a in attempts.values() if a.provider_reference is None and a.state is AttemptState.PAID]
    current = account.subscription.open_attempt
    nameless += [current] if current is not None and current.provider_reference is None else []
    found: list[tuple[Debit, Attempt | None]] = []
    for debit in debits:
        if debit.reference is not None:
            found.append((debit, attempts.get(debit.reference)))
        elif debit.transaction in by_payment:
            found.append((debit, by_payment[debit.transaction]))
        else:
            found.append((debit, nameless.pop(0) if nameless else None))
    return found


def listed_debits(account: Account, debits: Sequence[Debit]) -> list[Debit]:
    """Debits of the attempt that stands on the unknown list: theirs, and not yet ours."""
    return [debit for debit, attempt in pairs(account, debits) if attempt is not None and attempt.is_open]


def _debited_twice(account: Account, debits: Sequence[Debit]) -> Iterator[str]:
    of = Counter(str(attempt.obligation) for _, attempt in pairs(account, debits) if attempt is not None)
    yield from (f"{what} was debited {count} times" for what, count in of.items() if count > 1)


def _ledgers_differ(account: Account, debits: Sequence[Debit]) -> Iterator[str]:
    debited: set[str] = set()
    for debit, attempt in pairs(account, debits):
        if attempt is None:
            yield f"{debit.transaction} was debited for no attempt of ours"
            continue
        debited.add(attempt.id)
        if attempt.state is not AttemptState.PAID and not attempt.is_open:
            yield f"{attempt.id} was debited ({debit.transaction}) and is {attempt.state} in our ledger"
        if (debit.minor, debit.currency) != (attempt.amount.minor, attempt.amount.currency):
            yield f"{attempt.id}: {attempt.amount.minor} in our ledger, {debit.minor} {debit.currency} in theirs"
    yield from (f"{a.id} is paid in our ledger and not in the provider's" for a in account.paid if a.id not in debited)


def _journal_gaps(account: Account) -> Iterator[str]:
    numbers = [entry.seq for entry in account.entries]
    if numbers != list(range(1, account.subscription.seq + 1)):
        yield f"journal has {len(numbers)} entries up to {max(numbers, default=0)}, not 1 to {account.subscription.seq}"


def _unaccounted_periods(account: Account) -> Iterator[str]:
    """Every period before the next one is paid, or given up by a rule with a name."""
    paid = {attempt.obligation.period for attempt in account.paid}
    forgiven: set[int] = set()
    for entry in account.entries:
        if entry.detail.get("rule"):
            forgiven |= set(entry.given_up)
    for period in range(1, account.subscription.next_period):
        if period not in paid and period not in forgiven:
            yield f"period {period} is settled, but neither paid nor given up by a rule"


def _overdue(account: Account, now: datetime) -> Iterator[str]:
    subscription = account.subscription
    due = subscription.due
    if due is not None and due[0] <= now:
        yield f"{due[1]} has been due since {due[0].isoformat(timespec='seconds')}"
    if not subscription.renews or subscription.open_attempt:
        return
    if Timer.BILL not in subscription.timers:
        yield f"{subscription.state} and never to be billed again"
    elif subscription.schedule and subscription.state not in _STRUGGLING:
        current = subscription.schedule.period_at(now)
        if subscription.next_period <= current:
            yield f"period {current} has begun and period {subscription.next_period} is not billed"


def _asked_after_cancel(ack: Cancelled, evidence: Evidence) -> Iterator[str]:
    """Calls for money that arrived after the acknowledgement, but of the one attempt that it named as open."""
    late = [call for call in evidence.calls.get(ack.member.id, ()) if call.at > ack.at]
    if ack.member.mandate:
        if len(late) > (1 if ack.open_attempt else 0):
            yield f"asked {len(late)} times for money after its cancel was acknowledged"
        return
    for call in late:
        if call.reference != ack.open_attempt:
            yield f"{call.reference} was asked for after the cancel was acknowledged"


def totals(accounts: Sequence[Account], evidence: Evidence) -> Mapping[str, tuple[int, int]]:
    """By currency, in minor units: what the providers debited, and what is paid in our ledger."""
    theirs: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    for account in accounts:
        for debit in evidence.debits.get(account.member.id, ()):
            theirs[debit.currency] += debit.minor
        for attempt in account.paid:
            ours[attempt.amount.currency] += attempt.amount.minor
    return {currency: (theirs[currency], ours[currency]) for currency in sorted(theirs | ours)}
