"""Settling: after the story all faults are over, and everybody does what they still have to, until nothing is left."""

from datetime import datetime, timedelta

from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.simulation.due_rows import PATIENCE
from tests.simulation.idling import audits_find, idle, runs_reached
from tests.simulation.invariants import check_answers, check_subscription
from tests.simulation.own_states import LIVE
from tests.simulation.stage import Stage
from tests.simulation.stopping import waiting
from tests.simulation.story import Act, Operation
from tests.simulation.switches import lifting
from tests.simulation.violation import Violation, demand
from tests.simulation.world import World

MOST_ROUNDS = 1_000
SWEEPABLE = timedelta(minutes=10, seconds=1)
AUDITABLE = PATIENCE + timedelta(seconds=1)
CLIENT_WAITS = timedelta(hours=1)
MOST_VISITS = 6  # rounds of runs and sweeps after which what is due must have been found

CALLBACKS, DELIVER, AGAIN, DECIDE, RUN, SWEEP = (
    Act((Operation(name),)) for name in ("callbacks", "deliver", "again", "decide", "run", "sweep")
)


def settle(stage: Stage) -> int:
    """Go on until every subscription has rested once, and check it then; returns the billing cycles of all.

    Several daily subscriptions may never rest at the same time. Raises Violation, also if it never comes to an end.
    """
    world = stage.world
    if world.backend.stopped():
        _rest_while_stopped(stage)
    cycles: dict[str, int] = {}
    still: dict[str, tuple[int, int]] = {}
    for _ in range(MOST_ROUNDS):
        world.pass_time(timedelta())
        _answer(stage)
        _resume(stage)
        for subscription in _all(world):
            if subscription.id not in cycles and _rests(world, subscription):
                cycles[subscription.id] = check_subscription(world, subscription)
        if len(cycles) == len(_all(world)) and not world.queue.waiting and not _unanswered(world):
            check_answers(world)
            return sum(cycles.values())
        _go_on(stage)
        still = _still_waiting(world, still)
    raise Violation("gets_quiet", f"something is still to be done after {MOST_ROUNDS} rounds")


def _rest_while_stopped(stage: Stage) -> None:
    """Before operators let everything go on: all but billing has gone on meanwhile."""
    world = stage.world
    for _ in range(MOST_VISITS):
        world.pass_time(timedelta())
        _answer(stage)
        stage.play(RUN)
        world.pass_time(AUDITABLE)
        stage.play(SWEEP)
        if not any(waiting(subscription, world.clock.true) for subscription in _all(world)):
            break
    world.judge.stopping.rested(_all(world), runs_reached(world))
    _lift_all(stage)


def _lift_all(stage: Stage) -> None:
    for stop in stage.world.backend.stopped():
        stage.play(Act((lifting(stop.scope),)))


def _answer(stage: Stage) -> None:
    """What people and queues do by themselves: callbacks, messages, repeated requests, decisions."""
    world = stage.world
    if world.provider.waiting:
        stage.play(CALLBACKS)
    if world.queue.waiting:
        stage.play(DELIVER)
    if _unanswered(world):
        stage.play(AGAIN)
    if any(subscription.decide_by for subscription in world.backend.subscriptions()):
        stage.play(DECIDE)
    for user, client in world.clients.items():
        subscription = world.subscription(user) if client.subscription else None
        if subscription and subscription.announced and subscription.announced.is_awaited:
            stage.play(Act((Operation("notice", user=user),)))


def _resume(stage: Stage) -> None:
    """Whom nobody resumes by a time, their partner does."""
    for user, client in stage.world.clients.items():
        subscription = stage.world.subscription(user) if client.subscription else None
        if subscription and subscription.state is State.PAUSED and Timer.RESUME not in subscription.timers:
            stage.play(Act((Operation("resume", user=user),)))


def _go_on(stage: Stage) -> None:
    """To the next moment at which something happens, and through the schedule's run there."""
    world = stage.world
    if world.backend.stopped():  # by the guard of a day
        _lift_all(stage)
    moment = max(_next_moment(world), world.clock.true)
    if moment > world.clock.true + AUDITABLE and audits_find(world):
        _sweep_after(stage, AUDITABLE)  # for what waits behind an open outcome, sweeps go on while that waits
        return
    idle(world, moment)
    world.pass_time(moment - world.clock.true)
    stage.play(RUN)
    if any(subscription.due and subscription.due[0] <= world.clock.true for subscription in _all(world)):
        _sweep_after(stage, AUDITABLE if audits_find(world) else SWEEPABLE)


def _still_waiting(world: World, before: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Who is due and was not written, by id: at which version, and through how many rounds. Raises Violation."""
    found: dict[str, tuple[int, int]] = {}
    # With one call a run, or one bill a day, each may have to wait for all others, who look at open outcomes meanwhile.
    takes_turns = world.configuration.is_slow or world.configuration.is_limited
    most = MOST_VISITS * (len(_all(world)) if takes_turns else 1)
    if world.clock.was_wrong:
        most += MOST_VISITS  # a claim may be dated as far ahead as our clock had leapt, and its owner is waited for
    for subscription in _all(world):
        if not subscription.due or subscription.due[0] > world.clock.true:
            continue
        version, rounds = before.get(subscription.id, (subscription.version, 0))
        found[subscription.id] = subscription.version, rounds + 1 if version == subscription.version else 1
        at, timer = subscription.due
        forgotten = found[subscription.id][1] > most
        demand(not forgotten, "nothing_due_is_forgotten", subscription, f"its {timer} is due since {at}")
    return found


def _sweep_after(stage: Stage, wait: timedelta) -> None:
    stage.world.pass_time(wait)
    stage.play(SWEEP)


def _all(world: World) -> list[Subscription]:
    return list(world.backend.subscriptions())


def _unanswered(world: World) -> bool:
    return any(client.unanswered for client in world.clients.values())


def _next_moment(world: World) -> datetime:
    moments = [subscription.due[0] for subscription in _all(world) if subscription.due]
    event = world.provider.next_event()
    if event is not None:
        moments.append(event)
    if _unanswered(world) or not moments:
        moments.append(world.clock.true + CLIENT_WAITS)
    return min(moments)


def _rests(world: World, subscription: Subscription) -> bool:
    """Whether it and its provider wait for nothing but its next ordinary renewal."""
    if subscription.open_attempt is not None or world.provider.owes(subscription.id):
        return False
    if subscription.state not in LIVE:
        return subscription.due is None
    if subscription.state not in (State.TRIALING, State.ACTIVE):
        return False
    if subscription.timers.keys() - {Timer.NOTICE} != {Timer.BILL}:
        return False
    begins = world.judge.anchors[subscription.id].start(subscription.next_period)
    return subscription.timers[Timer.BILL] == begins > world.clock.true
