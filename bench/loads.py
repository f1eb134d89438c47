"""Seeded loads of a billing stack: partners, plans, rails, retries, looks, windows, and hours in which nothing ran."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from bench.population import Offer, bank, declined, pending_at_bank, phone, rows
from bench.settings import SHARDS
from pinbill.domain.catalog import RailName
from pinbill.domain.periods import Recurrence, Unit
from tests.fakes.dynamodb_expressions import Item

DAY = datetime(2026, 11, 10, tzinfo=UTC)
UPI_WINDOWS = "Asia/Kolkata 00:00-10:00 13:00-17:00 21:30-00:00"
MONTH, WEEK = Recurrence(Unit.MONTH, 1), Recurrence(Unit.WEEK, 1)

ASKED_BEFORE = timedelta(hours=2)  # the schedule went off: what is looked for now


@dataclass(frozen=True, slots=True)
class Due:
    """So many of one plan, due from `begin` on, evenly until `end`."""

    offer: Offer
    kind: str  # renewals, retries or looks
    count: int
    begin: datetime
    end: datetime

    def times(self) -> Iterator[datetime]:
        for number in range(self.count):
            yield self.begin + (self.end - self.begin) * number / self.count


@dataclass(frozen=True, slots=True)
class Load:
    """What is due from `now` on until `until`, when a stack with these rates and windows is on again."""

    seed: int
    now: datetime
    until: datetime
    off: timedelta  # for how long the schedule had been off
    rates: dict[RailName, float]
    windows: dict[RailName, str]
    declines: float  # shares of the bills, as the days before had them
    pends: float
    due: list[Due] = field(default_factory=list)

    @property
    def offers(self) -> list[Offer]:
        found = {(due.offer.plan.partner, due.offer.plan.id): due.offer for due in self.due}
        return list(found.values())

    @property
    def begins(self) -> datetime:
        """When the schedule went off."""
        return self.now - self.off

    def rows(self) -> Iterator[Item]:
        number = 0
        for due in self.due:
            for at in due.times():
                match due.kind:
                    case "renewals":
                        yield from rows(due.offer, number, at.replace(microsecond=0), SHARDS)
                    case "retries":
                        yield from declined(due.offer, number, at, SHARDS)
                    case _:
                        yield from pending_at_bank(due.offer, number, self.begins - ASKED_BEFORE, at, SHARDS)
                number += 1

    def count(self, rail: RailName, kind: str) -> int:
        return sum(due.count for due in self.due if due.offer.rail is rail and due.kind == kind)


def load(seed: int, calls: int) -> Load:
    """About so many calls, of one rail or two, of one partner or two."""
    random = Random(seed)
    now = DAY + timedelta(minutes=random.randrange(24 * 60), seconds=random.randrange(60))
    off = timedelta(hours=random.choice([0, 0, 1, 3, 8]), minutes=random.randrange(1, 50))
    ahead = timedelta(minutes=random.choice([5, 30, 60]))
    partners = ["acme-media", "globe-tv"][: random.choice([1, 2, 2])]
    offers: list[Offer] = []
    for partner in partners:
        offers.append(phone(partner, "news-monthly-uk", MONTH))
        offers += [phone(partner, "sport-weekly-uk", WEEK)] if random.random() < 0.6 else []
        offers += [bank(partner, "films-monthly-in", MONTH)] if random.random() < 0.7 else []
    due = []
    for offer in offers:
        share = calls // len(offers)
        if offer.rail is RailName.SIGNZY:  # its upstream takes one a second
            share = min(share, 2_000)
        many = round(share * random.uniform(0.6, 1.4))
        due.append(Due(offer, "renewals", many, now - off, now + ahead))
        due.append(Due(offer, "retries", round(many * random.uniform(0.02, 0.15)), now - off, now + ahead))
        if offer.rail is RailName.SIGNZY:
            looks = round(many * random.uniform(0.05, 0.3))
            due.append(Due(offer, "looks", looks, now - off, now + ahead))
    phones, banks = random.choice([1.0, 5.0, 10.0, 25.0, 50.0]), random.choice([1.0, 3.0])
    rates = {RailName.INFOMEDIA: phones, RailName.SIGNZY: banks}
    windows = {RailName.SIGNZY: UPI_WINDOWS} if random.random() < 0.6 else {}
    return Load(seed, now, now + ahead, off, rates, windows, random.uniform(0.03, 0.2), random.uniform(0.0, 0.3), due)
