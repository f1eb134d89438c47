"""What endpoints are owed, changed by whoever comes: the feed adds, retries take away, and neither undoes the other."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pinbill.domain.deliveries import Backlog, Behind
from pinbill.domain.webhooks import Place
from pinbill.errors import ConcurrentChange
from pinbill.usecases.ports.webhooks import Backlogs

ROUNDS = 20

type Change = Callable[[Backlog | None], Backlog | None]


@dataclass(frozen=True, slots=True)
class Owing:
    """Raises ConcurrentChange when others keep writing: whoever called is called again, with the same."""

    backlogs: Backlogs

    def owe(self, place: Place, backlog: Backlog) -> None:
        """Nothing of these events was delivered.

        Where something is owed already it was owed before: all below its first event has been delivered since.
        """

        def longer(stored: Backlog | None) -> Backlog:
            return stored.reaching(backlog.last) if stored else backlog

        self._amend(place, backlog.subscription_id, longer)

    def extend(self, place: Place, subscription_id: str, last: int) -> bool:
        """`last` has happened too: whether it waits behind earlier events, and is therefore not to be sent now."""
        return self._amend(place, subscription_id, lambda stored: stored and stored.reaching(last)) is not None

    def again(self, place: Place, subscription_id: str, first: int, last: int, now: datetime) -> None:
        """Deliver these events once more, with those that are to be already."""

        def wider(stored: Backlog | None) -> Backlog:
            asked = Backlog(subscription_id, first, last, now, is_replay=True)
            if stored is None:
                return asked
            lowest, highest = min(stored.first, first), max(stored.last, last)
            return replace(asked, first=lowest, last=highest, since=stored.since, version=stored.version)

        self._amend(place, subscription_id, wider, is_replay=True)

    def amend(self, place: Place, known: Backlog, change: Callable[[Backlog], Backlog]) -> Backlog | None:
        """Change a backlog as it is then stored.

        None when somebody else has delivered it meanwhile, or when it is a replay that was asked for again.
        """

        def if_known(stored: Backlog | None) -> Backlog | None:
            was_asked_for = known.is_replay and stored is not None and stored.version != known.version
            return None if stored is None or was_asked_for else change(stored)

        return self._amend(place, known.subscription_id, if_known, is_replay=known.is_replay)

    def touch(self, place: Place, change: Callable[[Behind], Behind] = lambda behind: behind) -> Behind:
        """Say that the endpoint is behind; who was about to say that it is not has to look again."""
        for _ in range(ROUNDS):
            stored = self.backlogs.put_behind(place, change(self.backlogs.behind(place) or Behind()))
            if stored is not None:
                return stored
        raise ConcurrentChange

    def _amend(self, place: Place, subscription_id: str, change: Change, *, is_replay: bool = False) -> Backlog | None:
        for _ in range(ROUNDS):
            stored = self.backlogs.backlog(place, subscription_id, is_replay=is_replay)
            wanted = change(stored)
            if wanted is None or wanted == stored:
                return wanted
            written = self.backlogs.put(place, wanted)
            if written is not None:
                return written
        raise ConcurrentChange
