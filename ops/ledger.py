"""What was debited, and what live subscriptions are sold at, read out of the table: for when a price was wrong."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ops.listing import columns
from ops.table_scan import Account
from pinbill.domain.attempts import Attempt, AttemptKind
from pinbill.domain.catalog import Plan
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.refunds import DEBITED
from pinbill.domain.states import FINAL
from pinbill.domain.subscription import Subscription

TOTALS = ("day", "plan", "kind", "price", "debits", "taken", "given back")
SOLD = ("plan", "in the catalog", "agreed price", "live", "first agreed", "last agreed")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which debits; `not_at` leaves out periods that were billed at this price, and whatever is no period."""

    partner: str | None = None
    plan: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    not_at: Money | None = None

    def has(self, subscription: Subscription) -> bool:
        return self.partner in (None, subscription.partner) and self.plan in (None, subscription.plan_id)

    def takes(self, debit: "Debit") -> bool:
        within = (not self.since or debit.at >= self.since) and (not self.until or debit.at < self.until)
        if not within or self.not_at is None:
            return within
        return debit.attempt.kind is not AttemptKind.CHARGE and debit.attempt.amount != self.not_at


@dataclass(frozen=True, slots=True)
class Debit:
    """Money that was taken, and how much of it (in minor units) was given back since."""

    subscription: Subscription
    attempt: Attempt
    at: datetime
    given_back: int
    is_owed_back: bool  # nobody owed it


@dataclass(frozen=True, slots=True)
class Sold:
    """Live subscriptions of a plan at one price."""

    count: int
    first: datetime
    last: datetime


def debits(accounts: Iterable[Account], wanted: Wanted) -> Iterator[Debit]:
    """By the journal, subscription by subscription, oldest first."""
    for account in accounts:
        if wanted.has(account.subscription):
            yield from filter(wanted.takes, _debits(account))


def as_totals(found: Iterable[Debit]) -> Iterator[str]:
    """A line for each day of UTC, plan, kind and price, and the total of each currency."""
    counts: dict[tuple[str, str, str, Money], Counter[str]] = defaultdict(Counter)
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for debit in found:
        amount, subscription = debit.attempt.amount, debit.subscription
        plan = f"{subscription.partner}/{subscription.plan_id}"
        place = f"{debit.at:%Y-%m-%d}", plan, debit.attempt.kind.value, amount
        for counter in (counts[place], totals[amount.currency]):
            counter.update(debits=1, taken=amount.minor, back=debit.given_back)
    if not counts:
        yield "nothing was debited"
        return
    yield from columns(TOTALS, [_total(place, counts[place]) for place in sorted(counts, key=_order)])
    for currency, total in sorted(totals.items()):
        back = Money(total["back"], currency).major
        yield f"{total['debits']} debits, {Money(total['taken'], currency)}, of which {back} was given back"


def as_list(found: Iterable[Debit]) -> Iterator[str]:
    """A line for each debit: what is to be looked up at the provider, and given back there."""
    count = 0
    for debit in found:
        count += 1
        subscription, attempt = debit.subscription, debit.attempt
        line = f"{debit.at:%Y-%m-%d %H:%M}Z  {subscription.partner}/{subscription.plan_id}  {subscription.id}"
        line += f"  {attempt.id}  {attempt.kind}  {attempt.amount}"
        if debit.is_owed_back:
            line += "  IN EXCESS"
        if debit.given_back:
            line += f"  {Money(debit.given_back, attempt.amount.currency).major} given back"
        yield line
    yield f"{count} debit{'' if count == 1 else 's'}"


def sold(accounts: Iterable[Account], catalog: Mapping[tuple[str, str], Plan], wanted: Wanted) -> Iterator[str]:
    """A line for each plan and price that its live subscribers have agreed to, beside the catalog's."""
    found: dict[tuple[str, str, Money], Sold] = {}
    for account in accounts:
        subscription = account.subscription
        if subscription.state in FINAL or not wanted.has(subscription):
            continue
        place, at = (subscription.partner, subscription.plan_id, subscription.price), subscription.created_at
        earlier = found.get(place, Sold(0, at, at))
        found[place] = Sold(earlier.count + 1, min(earlier.first, at), max(earlier.last, at))
    rows = [
        _sold(place, catalog, found[place]) for place in sorted(found, key=lambda place: (*place[:2], str(place[2])))
    ]
    yield from columns(SOLD, rows) if rows else ["there is no live subscription"]


def _debits(account: Account) -> Iterator[Debit]:
    back: Counter[str] = Counter()
    for entry in account.entries:
        if entry.kind is EntryKind.REFUNDED and entry.attempt:
            back[entry.attempt.id] += int(entry.detail["minor"])
    for entry in account.entries:
        if entry.kind in DEBITED and entry.attempt:
            excess = entry.kind is EntryKind.EXCESS_DEBIT
            yield Debit(account.subscription, entry.attempt, entry.at, back[entry.attempt.id], excess)


def _order(place: tuple[str, str, str, Money]) -> tuple[str, str, str, str, int]:
    *named, amount = place
    day, plan, kind = named
    return day, plan, kind, amount.currency, amount.minor


def _total(place: tuple[str, str, str, Money], counted: Counter[str]) -> tuple[str, ...]:
    day, plan, kind, price = place
    taken, back = (str(Money(counted[name], price.currency).major) for name in ("taken", "back"))
    return day, plan, kind, str(price), str(counted["debits"]), taken, back


def _sold(place: tuple[str, str, Money], catalog: Mapping[tuple[str, str], Plan], found: Sold) -> tuple[str, ...]:
    partner, plan, price = place
    now = catalog.get((partner, plan))
    sold_at = "not there" if now is None else f"{now.price}{', retired' if now.retired else ''}"
    differs = "" if now is None or now.price == price else " *"
    times = (f"{at:%Y-%m-%d %H:%M}Z" for at in (found.first, found.last))
    return f"{partner}/{plan}", sold_at, f"{price}{differs}", str(found.count), *times
