"""The guard of a billing day: a canary first, and then for as long as what comes back is as planned."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from pinbill.domain.catalog import Plan
from pinbill.domain.money import Money
from pinbill.domain.progress import Outcome, Progress

# Below so many renewals a day nothing is held back: their canary would be as many as they are.
CANARY_FROM = 500
CANARY_SHARE = 0.01
FEWEST, MOST_CANARIES = 20, 200
# Of the canary's outcomes, so many must be known: who was cancelled meanwhile has none.
KNOWN_SHARE = 0.9
# After so long those of whom nothing was heard count as failed.
PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class GoOn:
    """`most` renewals may be handed out now; None is as many as there are."""

    most: int | None = None


@dataclass(frozen=True, slots=True)
class Halt:
    because: str


type Verdict = GoOn | Halt


def judge(progress: Progress, plan: Plan, now: datetime) -> Verdict:
    """Whether more of this plan's renewals may be handed out today, and how many."""
    if progress.accepted:
        return GoOn()
    return _off_plan(progress, plan) or _canary(progress, plan, now)


def beyond(progress: Progress, plan: Plan, now: datetime) -> Halt | None:
    """When more are due than the plan's bounds for a day leave room for.

    A halt refuses also what is under way, and what was handed out within the bounds is to be billed: until it is known,
    or for PATIENCE, nothing is halted, only nothing more is handed out.
    """
    if progress.accepted or left(progress, plan) != 0:
        return None
    known = progress.first.count >= KNOWN_SHARE * progress.handed
    if not known and progress.last is not None and now < progress.last + PATIENCE:
        return None
    limits = plan.limits
    bounds = [f"{limits.most_bills_a_day} bills"] if limits.most_bills_a_day is not None else []
    bounds += [str(limits.most_amount_a_day)] if limits.most_amount_a_day is not None else []
    asked = Money(_asked(progress, plan), plan.price.currency)
    return Halt(f"{_bills(progress)} bills of {asked} today and more are due; the plan allows {' and '.join(bounds)}")


def left(progress: Progress, plan: Plan) -> int | None:
    """How many more bills there may be today; None for as many as there are."""
    limits = plan.limits
    rooms = []
    if limits.most_bills_a_day is not None:
        rooms.append(limits.most_bills_a_day - _bills(progress))
    if limits.most_amount_a_day is not None:
        rooms.append((limits.most_amount_a_day.minor - _asked(progress, plan)) // plan.price.minor)
    return max(0, min(rooms)) if rooms else None


def _bills(progress: Progress) -> int:
    return max(progress.handed, progress.first.count) + progress.again.count


def _asked(progress: Progress, plan: Plan) -> int:
    """Minor units, with those of bills that are still under way."""
    return progress.tries.asked + max(0, progress.handed - progress.first.count) * plan.price.minor


def _off_plan(progress: Progress, plan: Plan) -> Halt | None:
    first = progress.first
    if first.count < FEWEST:
        return None
    limits = plan.limits
    failed = first.share(Outcome.FAILED, Outcome.UNKNOWN, Outcome.NOT_SENT)
    if failed > limits.most_failed:
        return Halt(f"{failed:.0%} of {first.count} first tries failed; the plan allows {limits.most_failed:.0%}")
    succeeded = first.share(Outcome.PAID, Outcome.PENDING)
    if succeeded < limits.least_paid:
        return Halt(f"{succeeded:.0%} of {first.count} first tries were paid; the plan expects {limits.least_paid:.0%}")
    if first.asked > first.count * plan.price.minor * limits.most_of_price:
        average = Money(round(first.asked / first.count), plan.price.currency)
        return Halt(f"{average} asked for on average; the price is {plan.price}")
    return None


def _canary(progress: Progress, plan: Plan, now: datetime) -> Verdict:
    """The first of a large day are handed out alone, until it is known what became of them."""
    room = left(progress, plan)
    if progress.expected is None or progress.expected < CANARY_FROM:
        return GoOn(room)
    canaries = min(max(FEWEST, ceil(CANARY_SHARE * progress.expected)), MOST_CANARIES)
    if progress.handed < canaries:
        return GoOn(min(canaries - progress.handed, canaries if room is None else room))
    if progress.first.count >= KNOWN_SHARE * canaries:
        return GoOn(room)
    if progress.since is None or now < progress.since + PATIENCE:
        return GoOn(0)
    unheard = canaries - progress.first.count
    if unheard > plan.limits.most_failed * canaries:
        return Halt(f"nothing was heard of {unheard} of the first {canaries} renewals in {PATIENCE}")
    return GoOn(room)
