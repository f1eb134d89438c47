"""The schedule's runs and sweeps while nothing is due: they find nothing, and only their bookmarks move on.

A story leaves these out, since in a month there are thousands of them.
"""

from datetime import datetime, timedelta

from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.audit import Round
from pinbill.usecases.due_streams import Mark
from pinbill.usecases.ports.due import Reading
from tests.simulation.due_rows import PATIENCE
from tests.simulation.use_cases import INTERVAL
from tests.simulation.world import World

SWEEPS = timedelta(minutes=10)


def idle(world: World, until: datetime) -> None:
    """As if the schedule had run and swept all the time; `until` is not later than the first moment at which anything
    is due. What waits behind an open charge is not due, and yet comes up.
    """
    subscriptions = list(world.backend.subscriptions())
    if not subscriptions or until <= world.clock.true + INTERVAL:
        return
    end = min([until, *(s.timers[Timer.BILL] for s in subscriptions if Timer.BILL in s.timers)]) - INTERVAL
    cohort = subscriptions[0].cohort
    bookmarks = world.backend.bookmarks
    reached = bookmarks.all(Reading.RUN, cohort.rail).get(cohort.name)
    if reached is None or Mark.parse(reached).at < end:
        bookmarks.save(Reading.RUN, cohort.rail, cohort.name, str(Mark.behind_all(end)))
    looked = bookmarks.all(Reading.AUDIT, cohort.rail).get(cohort.name)
    begun = end - PATIENCE  # of the audit's round that ends with the next sweep
    current = Round(Mark.behind_all(begun - PATIENCE - SWEEPS), Mark.behind_all(begun), begun)
    if looked is None or Round.parse(looked).goal < current.at:
        bookmarks.save(Reading.AUDIT, cohort.rail, cohort.name, str(current))


def runs_reached(world: World) -> Mark | None:
    """How far the schedule's runs have handed out the renewals; None before the first."""
    marks = world.backend.bookmarks.all(Reading.RUN, world.configuration.rail)
    cohorts = {subscription.cohort.name for subscription in world.backend.subscriptions()}
    return min((Mark.parse(marks[name]) for name in cohorts & marks.keys()), default=None)


def audits_find(world: World) -> bool:
    """Whether there is a bill that only an audit can find now: its slot has come up, and it is still to be billed."""
    now = world.clock.true
    return any(_waits_for_an_audit(world, s, now) for s in world.backend.subscriptions() if Timer.BILL in s.timers)


def _waits_for_an_audit(world: World, subscription: Subscription, now: datetime) -> bool:
    bill, row, anchor = subscription.timers[Timer.BILL], subscription.due_row, world.judge.anchors.get(subscription.id)
    if bill > now or anchor is None or (row is not None and row[0] <= now):
        return False
    return bill in (anchor.start(subscription.next_period), anchor.start(subscription.next_period + 1))
