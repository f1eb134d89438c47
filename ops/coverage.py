"""Proof that each period that began in a month has exactly one outcome; what is missing, or there twice, is listed."""

import json
import re
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, override

from ops.arguments import Found
from ops.table_scan import Account
from pinbill.domain.coverage import Coverage, Outcome, cover
from pinbill.domain.journal_checks import Finding
from pinbill.domain.stops import Stop, standing
from pinbill.domain.subscription import Subscription
from pinbill.domain.timeline import month_of

MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
# Outcomes whose rule is counted apart: the others' says more than a count can.
RULED = frozenset({Outcome.GIVEN_UP, Outcome.FORGIVEN})


class NotCovered(Found):
    """Something is missing, or there twice; it was listed."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar. It begins and ends by each subscription's own zone."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read `2026-10`, as an argument of the command line."""
        found = MONTH.fullmatch(text)
        if found is None:
            raise ArgumentTypeError("a month, as in 2026-10")
        return cls(int(found[1]), int(found[2]))

    def within(self, zone: str) -> tuple[datetime, datetime]:
        return _within(self, zone)

    @override
    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"


@cache
def _within(month: Month, zone: str) -> tuple[datetime, datetime]:
    return month_of(month.year, month.number, zone)


type Place = tuple[str, str, str]  # rail, partner, plan


@dataclass(slots=True)
class Proof:
    """What was found, as it is found. `again` reads a subscription once more before anything is said against it."""

    month: Month
    now: datetime
    stops: Iterable[Stop]
    again: Callable[[str, str], Account]
    counts: Counter[tuple[Place, str]] = field(default_factory=Counter)
    subscriptions: int = 0  # with a period in the month
    findings: int = 0

    def take(self, account: Account) -> Iterator[tuple[Subscription, Finding]]:
        """Count one subscription's periods; yields what is wrong with them."""
        covered = self._cover(account)
        if covered.findings:
            account = self.again(account.subscription.partner, account.subscription.id)
            covered = self._cover(account)
        subscription = account.subscription
        place = (subscription.rail.value, subscription.partner, subscription.plan_id)
        self.subscriptions += bool(covered.rows)
        for row in covered.rows:
            self.counts[place, f"{row.outcome} by {row.rule}" if row.outcome in RULED else row.outcome.value] += 1
        for finding in covered.findings:
            self.findings += 1
            yield subscription, finding

    @property
    def periods(self) -> int:
        return self.counts.total()

    def _cover(self, account: Account) -> Coverage:
        subscription = account.subscription
        since, until = self.month.within(subscription.zone)
        stop = standing(self.stops, subscription.rail, subscription.partner, subscription.plan_id)
        return cover(subscription, account.entries, since, until, self.now, stop.scope.name if stop else "")


def as_text(proof: Proof, accounts: Iterable[Account]) -> Iterator[str]:
    """A line for each finding, as it is found; then the counts. Raises NotCovered."""
    for account in accounts:
        for subscription, finding in proof.take(account):
            whose = f"partner {subscription.partner}, subscription {subscription.id}"
            yield f"{finding.flaw.upper()}  {whose}: {finding.what}"
    for (rail, partner, plan), counts in _by_place(proof).items():
        told = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common())
        yield f"{rail:<10} {f'{partner}/{plan}':<28} {told}"
    found = f"{proof.month}: {proof.periods:,} periods of {proof.subscriptions:,} subscriptions"
    if proof.findings:
        yield f"{found}; {proof.findings:,} findings"
        raise NotCovered
    yield f"{found}, each with exactly one outcome"


def as_json(proof: Proof, accounts: Iterable[Account]) -> Iterator[str]:
    """One JSON object for each finding, and one for the month. Raises NotCovered."""
    for account in accounts:
        for subscription, finding in proof.take(account):
            said = {"flaw": finding.flaw.value, "what": finding.what}
            yield json.dumps({"partner": subscription.partner, "subscription": subscription.id, **said})
    counts: list[dict[str, Any]] = [
        {"rail": rail, "partner": partner, "plan": plan, "outcomes": dict(outcomes)}
        for (rail, partner, plan), outcomes in _by_place(proof).items()
    ]
    total = {"periods": proof.periods, "subscriptions": proof.subscriptions, "findings": proof.findings}
    yield json.dumps({"month": str(proof.month), **total, "counts": counts})
    if proof.findings:
        raise NotCovered


def of_partner(accounts: Iterable[Account], partner: str | None) -> Iterator[Account]:
    """Those of this partner, or all."""
    return (account for account in accounts if partner in (None, account.subscription.partner))


def _by_place(proof: Proof) -> dict[Place, Counter[str]]:
    found: dict[Place, Counter[str]] = {}
    for (place, outcome), count in sorted(proof.counts.items()):
        found.setdefault(place, Counter())[outcome] += count
    return found
