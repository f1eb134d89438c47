"""Coverage: what became of each period that has begun. Exactly one thing must have; what is missing is named."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState
from pinbill.domain.dunning import LONGEST_DELAY
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.journal_checks import Finding, Flaw, holes, lost_attempts, taken_in_excess
from pinbill.domain.rails import LEASE
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.domain.timeline import Timeline

# So long may what is due wait for its turn: a window that is closed, a quota, a sweep. Then it is missing.
PATIENCE = timedelta(days=1)
FREE_TIME = 0  # in place of a period's number
TRIED_IN_VAIN = "tries_used_up"


class Outcome(StrEnum):
    """What became of a period. The first five are final."""

    PAID = "paid"
    FREE = "free"
    GIVEN_UP = "given_up"  # asked for in vain
    FORGIVEN = "forgiven"  # never asked for: by the plan's catch-up policy, a cap, or for want of a notice
    ENDED = "ended"  # the subscription ended before it was paid
    OPEN = "open"  # asked for, and the result is not known yet; or behind such a one
    IN_GRACE = "in_grace"  # declined, and tried again
    HELD = "held"  # the same, without access
    PAUSED = "paused"
    STOPPED = "stopped"  # an operator has stopped it
    AWAITS_NOTICE = "awaits_notice"  # its user must be given a notice first, and some time after it
    DUE = "due"  # waits for its turn, or is tried again within a day
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Row:
    """One period and its outcome. `rule` says by what; `until` is when more is known, or was to be."""

    period: int
    starts: datetime
    outcome: Outcome
    rule: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]


def cover(
    subscription: Subscription,
    entries: Sequence[Entry],
    since: datetime,
    until: datetime,
    now: datetime,
    stopped_by: str = "",
) -> Coverage:
    """The periods that began at `since` or later, before `until` and not after `now`, each with its outcome.

    `entries` is the whole journal, oldest first; `stopped_by` names the operator's stop that covers the subscription.
    What is wrong with a period is found in its span; what is wrong with the journal as a whole, in every span.
    """
    journal = Timeline.of(subscription, entries)
    findings = [*holes(subscription, entries), *lost_attempts(subscription, entries)]
    if subscription.schedule is not None and journal.schedules[-1:] != (subscription.schedule,):
        findings.append(Finding(Flaw.CALENDAR, "its periods do not begin when its journal says"))
    settled, ends = _settled(entries), _ends(subscription, entries)
    asked = {entry.attempt.obligation.period for entry in entries if entry.attempt}
    rows: list[Row] = []
    for period, starts in _began(subscription, entries, journal, since, until, now):
        outcomes = settled.get(period, [])
        if ends is not None and starts >= ends and not outcomes and period not in asked:
            continue  # the subscription did not live to see it
        row = _row(subscription, period, starts, ends, outcomes, now, stopped_by)
        rows.append(row)
        findings += _flaws(subscription, row, outcomes)
    findings += taken_in_excess(entries, since, until)
    return Coverage(tuple(rows), tuple(findings))


def _began(
    subscription: Subscription,
    entries: Sequence[Entry],
    journal: Timeline,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Iterator[tuple[int, datetime]]:
    for entry in entries:
        if entry.kind is EntryKind.TRIAL_STARTED and since <= entry.at < until:
            yield FREE_TIME, entry.at
    attempt = subscription.open_attempt
    if subscription.schedule is None and attempt and since <= attempt.claimed_at < until:
        yield subscription.next_period, attempt.claimed_at  # a first bill begins the calendar when it is paid
    yield from journal.ending_with(subscription.schedule).starts(since, min(until, now + timedelta.resolution))


def _ends(subscription: Subscription, entries: Sequence[Entry]) -> datetime | None:
    """From when on no period of it begins; None while it lives. Nothing begins in a pause that it did not outlive."""
    ends = subscription.cancel_at or subscription.ended_at
    if ends is None or subscription.is_live:
        return ends
    paused = None
    for entry in entries:
        if entry.kind in (EntryKind.PAUSED, EntryKind.RESUMED):
            paused = entry.at if entry.kind is EntryKind.PAUSED else None
    return min(ends, paused) if paused else ends


def _settled(entries: Sequence[Entry]) -> Mapping[int, list[tuple[Outcome, str]]]:
    """What the journal says of each period, as often as it says so."""
    found: defaultdict[int, list[tuple[Outcome, str]]] = defaultdict(list)
    for entry in entries:
        if entry.kind is EntryKind.TRIAL_STARTED:
            found[FREE_TIME].append((Outcome.FREE, "trial"))
        elif entry.kind is EntryKind.PERIODS_WRITTEN_OFF:
            rule = str(entry.detail["rule"])
            outcome = Outcome.GIVEN_UP if rule == TRIED_IN_VAIN else Outcome.FORGIVEN
            for period in entry.given_up:
                found[period].append((outcome, rule))
        elif entry.kind is EntryKind.ATTEMPT_PAID and entry.attempt and entry.attempt.obligation.period is not None:
            found[entry.attempt.obligation.period].append((Outcome.PAID, ""))
    return found


def _row(
    subscription: Subscription,
    period: int,
    starts: datetime,
    ends: datetime | None,
    outcomes: Sequence[tuple[Outcome, str]],
    now: datetime,
    stopped_by: str,
) -> Row:
    if outcomes:
        return Row(period, starts, *outcomes[0])
    if FREE_TIME < period < subscription.next_period:
        return Row(period, starts, Outcome.MISSING, "settled without an outcome")
    attempt = subscription.open_attempt
    if attempt is not None and (ends is None or attempt.kind is not AttemptKind.CHARGE):
        return _open(subscription, attempt, period, starts, now)
    if ends is not None:
        return Row(period, starts, Outcome.ENDED, subscription.end_reason or "cancelled")
    return _waiting(subscription, period, starts, now, stopped_by)


def _open(subscription: Subscription, attempt: Attempt, period: int, starts: datetime, now: datetime) -> Row:
    """Asked for, or behind what was asked for: somebody must be going to look."""
    in_flight = attempt.state is AttemptState.IN_FLIGHT
    look = attempt.claimed_at + LEASE if in_flight else subscription.timers.get(Timer.FOLLOW_UP)
    if look is None or look + PATIENCE < now:
        return Row(period, starts, Outcome.MISSING, f"{attempt.id} is {attempt.state}, and nobody looks", look)
    rule = attempt.state.value if attempt.obligation.period == period else f"behind {attempt.obligation}"
    return Row(period, starts, Outcome.OPEN, rule, subscription.decide_by or look)


def _waiting(subscription: Subscription, period: int, starts: datetime, now: datetime, stopped_by: str) -> Row:
    state, bill = subscription.state, subscription.timers.get(Timer.BILL)
    if state is State.PAUSED:
        resumes = subscription.timers.get(Timer.RESUME)
        if resumes is not None and resumes + PATIENCE < now:
            return Row(period, starts, Outcome.MISSING, "not resumed when it was due", resumes)
        return Row(period, starts, Outcome.PAUSED, "", resumes)
    if bill is None:
        return Row(period, starts, Outcome.MISSING, "no bill is planned")
    notice = subscription.announced
    if notice is not None and bill > notice.starts == starts and bill + PATIENCE >= now:
        return Row(period, starts, Outcome.AWAITS_NOTICE, "", bill)
    if stopped_by and bill <= now:
        return Row(period, starts, Outcome.STOPPED, stopped_by, bill)
    if bill + PATIENCE < now:
        return Row(period, starts, Outcome.MISSING, "not billed when it was due", bill)
    if state is State.PAST_DUE:
        return Row(period, starts, Outcome.IN_GRACE, "", bill)
    if state is State.SUSPENDED:
        return Row(period, starts, Outcome.HELD, "", bill)
    if bill > now + LONGEST_DELAY:
        return Row(period, starts, Outcome.MISSING, "its bill is planned for later", bill)
    return Row(period, starts, Outcome.DUE, "", bill)


def _flaws(subscription: Subscription, row: Row, outcomes: Sequence[tuple[Outcome, str]]) -> Iterator[Finding]:
    name = f"period {row.period}, {row.starts:%Y-%m-%d %H:%M}Z"
    if row.outcome is Outcome.MISSING:
        since = f" since {row.until:%Y-%m-%d %H:%M}Z" if row.until else ""
        yield Finding(Flaw.MISSING, f"{name}: {row.rule}{since}")
    if len(outcomes) > 1:
        said = ", ".join(f"{outcome} {rule}".strip() for outcome, rule in outcomes)
        yield Finding(Flaw.DOUBLE, f"{name}: {said}")
    attempt = subscription.open_attempt
    # A newer attempt of a bill that was found paid is heard to its end before the next period is.
    awaited = attempt is not None and attempt.covered_by and attempt.obligation.period == row.period
    if outcomes and row.period >= subscription.next_period and not awaited:
        yield Finding(Flaw.DOUBLE, f"{name}: {row.outcome}, and still to be billed")
