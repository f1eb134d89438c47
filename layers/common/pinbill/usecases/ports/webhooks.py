"""What telling partners of events needs from the world."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pinbill.domain.deliveries import Answer, Backlog, Behind, Delivery
from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from pinbill.domain.webhooks import Place, WebhookEndpoint
from pinbill.usecases.ports.store import Page


class WebhookEndpoints(Protocol):
    """Partners' endpoints. Reads are consistent: one that two processes saw at different times would miss events."""

    def of(self, partner: str) -> Sequence[WebhookEndpoint]:
        """In the order in which they were made."""
        ...

    def endpoint(self, partner: str, id: str) -> WebhookEndpoint:
        """Raises WebhookNotFound."""
        ...

    def put(self, endpoint: WebhookEndpoint) -> bool:
        """Write it as the version after its own; False when somebody else has written that meanwhile."""
        ...

    def remove(self, endpoint: WebhookEndpoint) -> None: ...


class Backlogs(Protocol):
    """What endpoints are owed. Reads are consistent, and a write is made only on the version that was read: one that
    was removed and made anew has another. Whoever adds a backlog writes it first, and then that the endpoint is behind.
    """

    def all_behind(self) -> Mapping[Place, Behind]:
        """Every endpoint that is owed anything, or fails."""
        ...

    def behind(self, place: Place) -> Behind | None: ...

    def put_behind(self, place: Place, behind: Behind) -> Behind | None:
        """As it then is stored; None when somebody else has written meanwhile."""
        ...

    def not_behind(self, place: Place, behind: Behind) -> bool:
        """The endpoint is owed nothing any more. False when somebody else has written meanwhile."""
        ...

    def backlog(self, place: Place, subscription_id: str, *, is_replay: bool) -> Backlog | None: ...

    def backlogs(self, place: Place, after: Backlog | None, limit: int) -> Sequence[Backlog]:
        """Beyond `after`, in any order that stays the same."""
        ...

    def put(self, place: Place, backlog: Backlog) -> Backlog | None:
        """As it then is stored; None when somebody else has written meanwhile."""
        ...

    def remove(self, place: Place, backlog: Backlog) -> bool:
        """False when somebody else has written meanwhile."""
        ...


class DeliveryLog(Protocol):
    """What became of each event, for thirty days."""

    def add(self, place: Place, deliveries: Sequence[Delivery]) -> None: ...

    def newest(self, partner: str, endpoint_id: str, limit: int, cursor: str | None) -> Page[Delivery]:
        """Newest first. Raises CursorInvalid."""
        ...

    def between(
        self, partner: str, endpoint_id: str, since: datetime, until: datetime, cursor: str | None
    ) -> Page[Delivery]:
        """Some of those that were logged from `since` to before `until`, oldest first. Raises CursorInvalid."""
        ...


@dataclass(frozen=True, slots=True)
class History:
    """A subscription as it stands, and some of its journal entries, in order and without a gap."""

    subscription: Subscription
    entries: Sequence[Entry]


class Histories(Protocol):
    def read(self, partner: str, subscription_id: str, first: int, last: int | None, limit: int) -> History:
        """Entries from `first` on, up to `last` or the newest. Raises SubscriptionNotFound."""
        ...


class SecretBox(Protocol):
    """How signing secrets are kept at rest. What was sealed for an owner opens for that owner only.

    Raises StoreUnavailable while the keys cannot be had."""

    def seal(self, secret: bytes, owner: str) -> str: ...

    def open(self, sealed: str, owner: str) -> bytes: ...


class Courier(Protocol):
    def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Send it once, and wait so long for the answer. Never raises for what the receiver or the network does."""
        ...


type Render = Callable[[Entry, Subscription], bytes]
"""The body of an event: what has happened, and the subscription as it stands."""

type Step = Callable[[], None]


class Crew(Protocol):
    """Does steps at the same time."""

    def __call__(self, steps: Sequence[Step]) -> None:
        """Return when all have ended. Raises what failed first."""
        ...
