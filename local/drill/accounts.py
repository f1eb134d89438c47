"""Our side: every subscription with its whole journal, read with the shipped store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from local.drill.arena import PARTNER
from local.drill.population import Member
from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState
from pinbill.domain.journal import Entry
from pinbill.domain.rails import RULES
from pinbill.domain.subscription import Subscription
from pinbill.usecases.ports.store import Store

_THREADS, _PAGE = 8, 100


@dataclass(frozen=True, slots=True)
class Account:
    """One subscription as we have it. `entries` are oldest first."""

    member: Member
    subscription: Subscription
    entries: Sequence[Entry]

    @property
    def attempts(self) -> dict[str, Attempt]:
        """Every attempt as it stands now, by id; one that was never written beyond its claim is the open one."""
        found = {entry.attempt.id: entry.attempt for entry in self.entries if entry.attempt}
        current = self.subscription.open_attempt
        return found | ({current.id: current} if current else {})

    @property
    def paid(self) -> Iterator[Attempt]:
        return (attempt for attempt in self.attempts.values() if attempt.state is AttemptState.PAID)

    @property
    def renewals(self) -> int:
        """How many renewals were asked for, however they ended."""
        periods = {a.obligation.period for a in self.attempts.values() if a.kind is AttemptKind.RENEWAL}
        return len(periods)


def read_accounts(store: Store, members: Sequence[Member]) -> list[Account]:
    """Every member's account, read while nothing changes it."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(partial(_read, store), members))


def is_quiet(store: Store, members: Sequence[Member]) -> bool:
    """Whether nothing more will be learnt by itself: every outcome is known, or waits for a person."""
    with ThreadPoolExecutor(_THREADS) as pool:
        subscriptions = pool.map(lambda member: store.subscription(PARTNER, member.id), members)
        return all(each.open_attempt is None or waits_for_a_person(each) for each in subscriptions)


def _read(store: Store, member: Member) -> Account:
    subscription = store.subscription(PARTNER, member.id)
    entries: list[Entry] = []
    cursor: str | None = None
    while True:
        page = store.journal(PARTNER, member.id, _PAGE, cursor, money_only=False)
        entries += page.rows
        cursor = page.cursor
        if cursor is None:
            return Account(member, subscription, entries[::-1])


def waits_for_a_person(subscription: Subscription) -> bool:
    """Whether every planned look at the open outcome was in vain."""
    attempt = subscription.open_attempt
    return attempt is not None and attempt.follow_ups >= len(RULES[subscription.rail].ladder)
