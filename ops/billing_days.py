"""What a billing day has come to, plan by plan, and how an operator lets one go on that was halted."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from ops.listing import columns
from pinbill.domain.catalog import RailName
from pinbill.domain.progress import Outcome, Place, Progress, Tried
from pinbill.domain.stops import Scope, Stop
from pinbill.usecases.ports.billing import Runs
from pinbill.usecases.run_book import record

HEADINGS = ("plan", "expected", "handed out", *(outcome.value for outcome in Outcome), "retries", "paid/asked", "")


def accept(runs: Runs, scope: Scope, day: date) -> Iterator[str]:
    """Let the day of a plan go on whatever its guard says: who lifts a halt has looked at its reason."""
    if scope.partner is None or scope.plan is None:
        return
    for rail in RailName:
        place = Place(rail, day, scope.partner, scope.plan)
        if runs.progress(place).version:
            record(runs, place, partial(replace, accepted=True))
            yield f"its guard holds back nothing more of {day}"


def as_text(days: Iterable[Progress], stops: Iterable[Stop]) -> Iterator[str]:
    """A table, one line for each plan, and why any of them is halted."""
    standing = list(stops)
    rows = [_cells(progress, standing) for progress in days]
    yield from columns(HEADINGS, rows) if rows else ["no renewals were looked for on this day"]


def as_json(days: Iterable[Progress], stops: Iterable[Stop]) -> Iterator[str]:
    """One JSON object a line. Amounts are minor units."""
    standing = list(stops)
    return (json.dumps(_fields(progress, standing)) for progress in days)


def _cells(progress: Progress, stops: list[Stop]) -> tuple[str, ...]:
    first, again, place = progress.first, progress.again, progress.place
    tries = progress.tries
    share = f" ({progress.handed / progress.expected:.0%})" if progress.expected else ""
    return (
        f"{place.rail}/{place.partner}/{place.plan}",
        "-" if progress.expected is None else str(progress.expected),
        f"{progress.handed}{share}",
        *(str(first.outcomes.get(outcome, 0)) for outcome in Outcome),
        str(again.count),
        f"{tries.paid}/{tries.asked}",
        _note(progress, stops),
    )


def _fields(progress: Progress, stops: list[Stop]) -> dict[str, Any]:
    place = progress.place
    return {
        "day": place.day.isoformat(),
        "rail": place.rail.value,
        "partner": place.partner,
        "plan": place.plan,
        "expected": progress.expected,
        "handed_out": progress.handed,
        "since": progress.since.isoformat() if progress.since else None,
        "first_tries": _tried(progress.first),
        "retries": _tried(progress.again),
        "note": _note(progress, stops),
    }


def _tried(tried: Tried) -> dict[str, int]:
    return {
        **{outcome.value: n for outcome, n in tried.outcomes.items()},
        "asked_minor": tried.asked,
        "paid_minor": tried.paid,
    }


def _note(progress: Progress, stops: list[Stop]) -> str:
    place = progress.place
    stop = next((stop for stop in stops if stop.scope.covers(place.rail, place.partner, place.plan)), None)
    if stop:
        return f"stopped by {stop.by}: {stop.because}"
    return "accepted" if progress.accepted else ""
