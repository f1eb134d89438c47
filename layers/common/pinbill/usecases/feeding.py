"""Tell one endpoint of a batch of changes: each event once and in order, and what it does not take is owed to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pinbill.domain.deliveries import PARKED, Backlog, Behind, Health
from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from pinbill.domain.webhooks import Disabled, WebhookEndpoint
from pinbill.errors import PinbillError
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.ports.webhooks import Step
from pinbill.usecases.webhook_lane import Lane, Letter, WebhookParts, held, switch_off, told

ANSWER_SECONDS = 5.0
AT_ONCE = 8  # deliveries of one endpoint


@dataclass(frozen=True, slots=True)
class Recorded:
    """A change of a subscription that made the journal entries `first` to `last`.

    `read` gives the subscription after it and, where it came along, its one entry. It raises what it cannot read.
    """

    partner: str
    subscription_id: str
    service_id: str
    first: int
    last: int
    read: Callable[[], tuple[Subscription, Entry | None]]


type Chain = Sequence[Recorded]
"""Changes of one subscription, in order."""


class Feeding:
    """`behind` is what was known of the endpoint before anything was told; `until` a steady time."""

    def __init__(
        self,
        parts: WebhookParts,
        endpoint: WebhookEndpoint,
        behind: Behind | None,
        chains: Sequence[Chain],
        until: float,
    ) -> None:
        self._parts = parts
        self._behind = behind
        self._chains = list(chains)
        is_held = behind is not None and behind.health.is_held
        self.lane = Lane(endpoint, parts.post, until, ANSWER_SECONDS, is_held)
        self.parked = 0
        self._owes_more = False

    def workers(self) -> list[Step]:
        """Each takes chains until none is left; they may run at the same time."""
        return [self._work] * min(AT_ONCE, len(self._chains))

    def close(self) -> None:
        """Once all have been told: how the endpoint does, and the log."""
        lane, parts = self.lane, self._parts
        if lane.is_gone:
            switch_off(parts.endpoints, lane.place, Disabled.GONE, parts.post.clock, parts.telemetry)
        elif lane.endpoint.is_enabled:
            self._judge()
        if lane.deliveries:
            parts.log.add(lane.place, lane.deliveries)
        told(parts.telemetry, lane, self.parked)

    def _work(self) -> None:
        while True:
            try:
                chain = self._chains.pop()
            except IndexError:
                return
            self._tell(chain)

    def _tell(self, chain: Chain) -> None:
        id, first, last = chain[0].subscription_id, chain[0].first, chain[-1].last
        if not self.lane.endpoint.is_enabled:
            return self.lane.pass_over(id, first, last)
        if self._behind is not None and self._parts.owing.extend(self.lane.place, id, last):
            return self._wait(id, first, last)
        sent = self._send(chain)
        if sent is None:
            return None
        unsent, was_tried = sent
        if self.lane.is_gone:
            return self.lane.pass_over(id, unsent + was_tried, last)
        now, fraction = self._parts.post.clock.now(), self._parts.post.fraction()
        owed = Backlog(id, unsent, last, now)
        self._parts.owing.owe(self.lane.place, owed.failed(now, fraction) if was_tried else owed)
        self._owes_more = True
        return self._wait(id, unsent + was_tried, last)

    def _send(self, chain: Chain) -> tuple[int, bool] | None:
        """The first event that was not taken, and whether it was tried; None when all were taken."""
        for change in chain:
            if not self.lane.may_send():
                return change.first, False
            try:
                letters = self._letters(change)
            except PinbillError:
                raise
            except Exception:  # a defect of ours, in what one subscription holds: it must not keep others waiting
                what, id = Observation.WEBHOOK_UNREADABLE, change.subscription_id
                self._parts.telemetry.observe(what, partner=change.partner, subscription=id)
                return change.first, False
            for letter in letters:
                if not self.lane.may_send():
                    return letter.seq, False
                if not self.lane.send(change.subscription_id, letter, number=1).is_delivered:
                    return letter.seq, True
        return None

    def _letters(self, change: Recorded) -> Sequence[Letter]:
        subscription, entry = change.read()
        if entry is not None:
            return self.lane.post.letters([entry], subscription)
        count = change.last - change.first + 1
        rows = self._parts.histories.read(change.partner, change.subscription_id, change.first, change.last, count)
        if len(rows.entries) < count:
            raise LookupError("entries that were announced are not in the journal")
        return self.lane.post.letters(rows.entries, subscription)

    def _wait(self, id: str, first: int, last: int) -> None:
        self.lane.pass_over(id, first, last, PARKED)
        self.parked += last - first + 1

    def _judge(self) -> None:
        """The health is written where it changes; an endpoint that does well and is owed nothing costs nothing."""
        lane = self.lane
        was_failing = self._behind is not None and self._behind.health != Health()
        if not (self._owes_more or lane.failed or (lane.delivered and was_failing)):
            return
        behind = self._parts.owing.touch(lane.place, self._after)
        if behind.health.is_held and not lane.is_held:
            held(self._parts.telemetry, lane.place)

    def _after(self, behind: Behind) -> Behind:
        return Behind(self.lane.health(behind.health), behind.leased_until, behind.version)
