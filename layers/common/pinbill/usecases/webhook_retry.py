"""Deliver what endpoints are owed: in order, by a ladder while an endpoint fails, and fast once it answers again."""

from dataclasses import dataclass, replace
from datetime import timedelta

from pinbill.domain.deliveries import Backlog, Behind, Health
from pinbill.domain.webhooks import Disabled, Place, WebhookEndpoint
from pinbill.usecases.feeding import AT_ONCE
from pinbill.usecases.ports.webhooks import Crew, Step
from pinbill.usecases.redelivery import Redelivery
from pinbill.usecases.webhook_lane import Lane, WebhookParts, held, switch_off, told

RUN_SECONDS = 40.0  # after which nothing is begun
ANSWER_SECONDS = 15.0
# Longer than a run can take: somebody whose lease has ended is dead.
LEASE = timedelta(seconds=90)
PAGE = 100  # backlogs read at once


@dataclass(frozen=True, slots=True)
class Redelivered:
    delivered: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class WebhookRetry:
    """`crew` works on several endpoints at once, and on several backlogs of each."""

    parts: WebhookParts
    crew: Crew

    def __call__(self) -> Redelivered:
        """One run. Where it raises, what is left is left to the next."""
        now, until = self.parts.post.clock.now(), self.parts.post.steady() + RUN_SECONDS
        due = [place for place, behind in self.parts.owing.backlogs.all_behind().items() if behind.is_due(now)]
        lanes: list[Lane] = []

        def serving(place: Place) -> Step:
            return lambda: self._serve(place, until, lanes)

        self.crew([serving(place) for place in due])
        return Redelivered(sum(lane.delivered for lane in lanes), sum(lane.failed for lane in lanes))

    def _serve(self, place: Place, until: float, lanes: list[Lane]) -> None:
        backlogs, now = self.parts.owing.backlogs, self.parts.post.clock.now()
        behind = backlogs.behind(place)
        if behind is None or not behind.is_due(now):
            return
        endpoint = self._endpoint(place)
        if endpoint is None or not endpoint.is_enabled:
            backlogs.not_behind(place, behind)  # what it was owed is found by nobody any more, and expires
            return
        leased = backlogs.put_behind(place, replace(behind, leased_until=now + LEASE))
        if leased is None:
            return  # somebody else serves it
        lane = Lane(endpoint, self.parts.post, until, ANSWER_SECONDS)
        lanes.append(lane)
        try:
            self._work_off(lane, behind.health)
        except Exception:
            self._end(lane, leased)
            raise
        self._end(lane, leased)

    def _endpoint(self, place: Place) -> WebhookEndpoint | None:
        return next((each for each in self.parts.endpoints.of(place.partner) if Place.of(each) == place), None)

    def _work_off(self, lane: Lane, health: Health) -> None:
        """Once a held endpoint has taken its probe, everything is tried again, whatever was to wait for how long."""
        if health.is_held and not self._probed(lane):
            return
        after: Backlog | None = None
        while lane.may_send():
            page = self.parts.owing.backlogs.backlogs(lane.place, after, PAGE)
            if not page:
                return
            after, now = page[-1], self.parts.post.clock.now()
            self._deliver(lane, [backlog for backlog in page if health.is_held or backlog.is_due(now)])

    def _probed(self, lane: Lane) -> bool:
        """Whether it takes an event of the backlog that was tried least: a single one may fail for ever."""
        page = self.parts.owing.backlogs.backlogs(lane.place, None, PAGE)
        probe = min(page, key=lambda backlog: (backlog.tries, backlog.next_at or backlog.since), default=None)
        if probe is not None:
            Redelivery(self.parts, lane).deliver(probe)
        return lane.delivered > 0

    def _deliver(self, lane: Lane, due: list[Backlog]) -> None:
        delivering = Redelivery(self.parts, lane)

        def work() -> None:
            while True:
                try:
                    backlog = due.pop()
                except IndexError:
                    return
                delivering.deliver(backlog)

        self.crew([work] * min(AT_ONCE, len(due)))

    def _end(self, lane: Lane, leased: Behind) -> None:
        """Give the endpoint free again: how it does, and whether anything is owed to it still."""
        parts, place = self.parts, lane.place
        if lane.deliveries:
            parts.log.add(place, lane.deliveries)
        told(parts.telemetry, lane, parked=0)
        if lane.is_gone:
            switch_off(parts.endpoints, place, Disabled.GONE, parts.post.clock, parts.telemetry)
        is_empty = not parts.owing.backlogs.backlogs(place, None, 1)
        health = self._health(lane, leased.health, is_empty=is_empty)
        if health.is_given_up(parts.post.clock.now()):
            switch_off(parts.endpoints, place, Disabled.FAILED, parts.post.clock, parts.telemetry)
        if is_empty and health == Health() and parts.owing.backlogs.not_behind(place, leased):
            return

        def free(stored: Behind) -> Behind:
            return Behind(self._health(lane, stored.health, is_empty=is_empty), None, stored.version)

        parts.owing.touch(place, free)
        if health.is_held and not leased.health.is_held:
            held(parts.telemetry, place)

    def _health(self, lane: Lane, before: Health, *, is_empty: bool) -> Health:
        post = self.parts.post
        now, fraction = post.clock.now(), post.fraction()
        if lane.delivered or (lane.is_failing and not before.is_held):
            return lane.health(before)
        if lane.last_failure is None:
            return Health() if is_empty else before  # with nothing to try it with, the next event is its probe
        if before.is_held:
            return before.after_probe(now, fraction, lane.last_failure.retry_after)
        return before.after_failures(0, now, fraction)  # its subscriptions were counted when they failed first
