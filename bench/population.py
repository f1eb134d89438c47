"""Subscriptions as they are after some periods, written straight into the table as the shipped store would."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import Plan, RailName, Service
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.periods import Recurrence, Schedule, Unit
from pinbill.domain.rails import RULES
from pinbill.domain.settlement import settle
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Mandate, Subscription, Timer
from pinbill.store import keys
from pinbill.store.identities import fingerprinted, sealed
from pinbill.store.items import Item, to_wire
from pinbill.store.journal_items import entry_out
from pinbill.store.numbers import Numbers
from pinbill.store.subscription_items import subscription_out
from pinbill.store.tails import carrying
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PHONE_PLAN, PHONE_SERVICE, pending

NUMBERS = Numbers(lambda: b"a key for benchmarks")
KEY = b"one data key for all of a bench."
MANDATES = 900_000_000  # the first one's reference
STAMP, OWNER = "Zk3pQ9sLm2Xy7TcA", "0123456789abcdef"
PROVIDER_REFERENCE = "b2f7c0de-5f0e-4c52-9a51-77a1f0f4f001"
PAID = BillResult(AttemptState.PAID, "00", meaning="Billed.", provider_reference=PROVIDER_REFERENCE)
FOUND = BillResult(AttemptState.PAID, "SUCCESS", meaning="The bank has paid.", provider_reference="1234567890")
ANSWERS = {RailName.INFOMEDIA: PAID, RailName.SIGNZY: FOUND}
SOFT_DELAY = RULES[RailName.INFOMEDIA].retries[FailureClass.SOFT][0]
STEPS = {Unit.DAY: "days", Unit.WEEK: "weeks", Unit.MONTH: "months"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan with the service that it belongs to."""

    plan: Plan
    service: Service

    @property
    def rail(self) -> RailName:
        return self.service.rail


def phone(partner: str = "acme-media", name: str = "news-monthly-uk", recurrence: Recurrence | None = None) -> Offer:
    plan = replace(PHONE_PLAN, partner=partner, id=name, recurrence=recurrence or PHONE_PLAN.recurrence)
    return Offer(plan, replace(PHONE_SERVICE, partner=partner))


def bank(partner: str = "acme-media", name: str = "films-monthly-in", recurrence: Recurrence | None = None) -> Offer:
    plan = replace(BANK_PLAN, partner=partner, id=name, recurrence=recurrence or BANK_PLAN.recurrence)
    return Offer(plan, replace(BANK_SERVICE, partner=partner))


def id_of(number: int) -> str:
    """Of the shape of ours, and as hard to compress."""
    return f"69a1b2c3{hashlib.sha256(f'{number}'.encode()).hexdigest()[:16]}"


def renewing(offer: Offer, number: int, at: datetime, periods: int) -> Subscription:
    """Its period `periods` + 1 begins at `at`; the one before was paid in time."""
    recurrence = offer.plan.recurrence
    back = relativedelta(**{STEPS[recurrence.unit]: recurrence.count * periods})  # type: ignore[arg-type]
    zone = ZoneInfo(offer.plan.zone)
    anchor = at.astimezone(zone).replace(tzinfo=None) - back  # by the clock on the wall, whatever it was set to since
    began = anchor.replace(tzinfo=zone).astimezone(UTC)
    mandate = Mandate(f"{MANDATES + number}", Money(1_000_000, "INR")) if offer.rail is RailName.SIGNZY else None
    msisdn = Msisdn.parse(f"+447700900{number % 1000:03}")
    subscription, _ = pending(
        id_of(number), plan=offer.plan, service=offer.service, number=msisdn, mandate=mandate, now=began
    )
    schedule = Schedule(anchor, offer.plan.zone, recurrence)
    return replace(
        sealed(fingerprinted(subscription, NUMBERS), KEY),
        state=State.ACTIVE,
        pin=None,
        schedule=schedule,
        next_period=periods,
        timers={Timer.BILL: schedule.start(periods)},
        version=2 * periods + 1,
        seq=periods + 1,
        attempts=periods - 1,
        activity=Activity.LOGGED if offer.rail is RailName.INFOMEDIA else Activity.NONE,
    )


def paid(offer: Offer, subscription: Subscription) -> Change:
    """Its next period, paid a second after it began."""
    began = subscription.timers[Timer.BILL] + timedelta(seconds=1, microseconds=234_567)
    claimed = claim_period(subscription, AttemptKind.RENEWAL, OWNER, began)
    assert claimed.after.open_attempt is not None
    change = settle(claimed.after, claimed.after.open_attempt.id, ANSWERS[offer.rail], began, offer.plan.dunning)
    assert change is not None
    return change


def rows(offer: Offer, number: int, at: datetime, shards: int, periods: int = 24, history: int = 1) -> Iterator[Item]:
    """In wire form: the subscription, and of its journal the newest `history` rows of the ledger."""
    change = paid(offer, renewing(offer, number, at, periods))
    entry = change.entries[0]
    newest = entry_out(offer.plan.partner, id_of(number), entry)
    yield from _written(change, shards)
    for seq in range(entry.seq - 1, max(0, entry.seq - history), -1):
        row = {**newest, **keys.entry(offer.plan.partner, id_of(number), seq), "write_id": STAMP}
        yield to_wire(row)


def declined(offer: Offer, number: int, retry: datetime, shards: int) -> Iterator[Item]:
    """In wire form: a subscription whose bill was declined a day before `retry`, when it is asked for again."""
    result = BillResult(AttemptState.DECLINED, "AA", FailureClass.SOFT, "Too little credit.", PROVIDER_REFERENCE)
    yield from _written(_answered(offer, number, retry - SOFT_DELAY, result), shards)


def pending_at_bank(offer: Offer, number: int, asked: datetime, look: datetime, shards: int) -> Iterator[Item]:
    """In wire form: a subscription whose bill was asked for at `asked`, and whose bank is asked again at `look`."""
    result = BillResult(AttemptState.PENDING, "PENDING", meaning="The bank is asked.", provider_reference="1234567890")
    yield from _written(_answered(offer, number, asked, result).timers({Timer.FOLLOW_UP: look}), shards)


def _answered(offer: Offer, number: int, at: datetime, result: BillResult) -> Change:
    """The bill of the period that began a second before `at`, with this answer."""
    subscription = paid(offer, renewing(offer, number, at.replace(microsecond=0) - timedelta(seconds=1), 24)).after
    claimed = claim_period(subscription, AttemptKind.RENEWAL, OWNER, at).after
    assert claimed.open_attempt is not None
    change = settle(claimed, claimed.open_attempt.id, result, at, offer.plan.dunning)
    assert change is not None
    return change


def _written(change: Change, shards: int) -> Iterator[Item]:
    after, entry = change.after, entry_out(change.after.partner, change.after.id, change.entries[0])
    item = carrying(subscription_out(after, shards), entry)
    yield to_wire({**item, "write_id": STAMP})
    yield to_wire({**entry, "write_id": STAMP})
