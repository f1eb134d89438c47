"""Deliver one backlog: the subscription's events from the first that is owed, in order, as its journal tells them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pinbill.domain.deliveries import Backlog
from pinbill.errors import PinbillError, SubscriptionNotFound
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.webhook_lane import Lane, Letter, WebhookParts

PAGE = 50  # entries read at once; what was delivered is written down at the end of each


@dataclass(frozen=True, slots=True)
class Redelivery:
    """An event is sent only once the one before it was taken: by this process, or by who wrote the backlog."""

    parts: WebhookParts
    lane: Lane

    def deliver(self, backlog: Backlog) -> None:
        """As much of it as is taken now. Raises StoreUnavailable."""
        known: Backlog | None = backlog
        while known is not None and self.lane.may_send():
            known = self._page(known)

    def _page(self, backlog: Backlog) -> Backlog | None:
        """What is left to go on with; None when nothing is, or not now."""
        place = self.lane.place
        last = backlog.last if backlog.is_replay else None
        try:
            history = self.parts.histories.read(place.partner, backlog.subscription_id, backlog.first, last, PAGE)
            letters = self.parts.post.letters(history.entries, history.subscription)
        except SubscriptionNotFound:  # erased
            self.parts.owing.backlogs.remove(place, backlog)
            return None
        except PinbillError:
            raise
        except Exception:  # a defect of ours, in what one subscription holds: it must not keep others waiting
            self._observe(Observation.WEBHOOK_UNREADABLE, backlog)
            self._failed(backlog, backlog.first)
            return None
        return self._send(backlog, letters)

    def _send(self, backlog: Backlog, letters: Sequence[Letter]) -> Backlog | None:
        first, tries = backlog.first, backlog.tries
        for letter in letters:
            if not self.lane.may_send():
                return self._advance(backlog, first)
            if not self.lane.send(backlog.subscription_id, letter, number=tries + 1).is_delivered:
                self._failed(backlog, first)
                return None
            first, tries = letter.seq + 1, 0
        is_done = first > backlog.last or not letters
        return self._done(backlog, first) if is_done else self._advance(backlog, first)

    def _advance(self, backlog: Backlog, first: int) -> Backlog | None:
        return self.parts.owing.amend(self.lane.place, backlog, lambda stored: stored.delivered_before(first))

    def _failed(self, backlog: Backlog, first: int) -> None:
        """It waits by its own ladder: the endpoint may take all others."""
        post = self.parts.post
        now, fraction = post.clock.now(), post.fraction()
        if backlog.is_given_up(now):
            self._observe(Observation.WEBHOOK_GIVEN_UP, backlog)
            self.parts.owing.backlogs.remove(self.lane.place, backlog)
            return
        self.parts.owing.amend(
            self.lane.place, backlog, lambda stored: stored.delivered_before(first).failed(now, fraction)
        )

    def _done(self, backlog: Backlog, first: int) -> Backlog | None:
        """Nothing is owed any more, unless somebody has added to it meanwhile."""
        if self.parts.owing.backlogs.remove(self.lane.place, backlog):
            return None
        return self._advance(backlog, first)

    def _observe(self, what: Observation, backlog: Backlog) -> None:
        place, id = self.lane.place, backlog.subscription_id
        self.parts.telemetry.observe(what, partner=place.partner, subscription=id, endpoint=place.endpoint_id)
