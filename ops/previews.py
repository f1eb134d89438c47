"""The preview of a run, as text or JSON."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from ops.costs import Handing, cost_of
from pinbill.usecases.preview import PlanPreview, RailPreview


def as_text(previews: Iterable[RailPreview], now: datetime) -> Iterator[str]:
    """A paragraph for each rail: what is due, plan by plan, and when the last of it will have been asked for."""
    for preview in previews:
        yield f"{preview.rail}: {_when(preview, now)}"
        if preview.forecast.calls:
            yield f"  on AWS about {_cost(preview, now):.4f} USD"
        for plan in preview.plans:
            amount = plan.amount or "an unknown amount: the plan is in no catalog"
            note = "  STOPPED: not counted above" if plan.is_stopped else ""
            what = f"{plan.renewals} renewals, {plan.retries} retries, {plan.looks} looks"
            what += f", {plan.notices} notices" if plan.notices else ""
            yield f"  {plan.partner}/{plan.plan}: {what}; {amount}{note}"


def as_json(previews: Iterable[RailPreview], now: datetime) -> Iterator[str]:
    """One JSON object a line for each rail. Amounts are decimal, in the currency's major unit."""
    return (json.dumps(_fields(preview, now)) for preview in previews)


def _when(preview: RailPreview, now: datetime) -> str:
    forecast = preview.forecast
    if forecast.first is None or forecast.last is None:
        return "nothing is due"
    late = f"; {forecast.late} of them do not fit their window" if forecast.late else ""
    takes = str(forecast.last - now).partition(".")[0]
    return f"{forecast.calls} calls from {_time(forecast.first)} to {_time(forecast.last)}, done in {takes}{late}"


def _cost(preview: RailPreview, now: datetime) -> float:
    """Without the schedule's runs, which come whether anything is due or not."""
    forecast, plans = preview.forecast, [plan for plan in preview.plans if not plan.is_stopped]
    if forecast.last is None:
        return 0.0
    seconds = (forecast.last - now).total_seconds()
    cost = cost_of(
        sum(plan.renewals for plan in plans),
        sum(plan.retries for plan in plans),
        sum(plan.looks for plan in preview.plans),
        preview.pace,
        plans=len(plans),
        handed=Handing(seconds, forecast.runs, forecast.groups),
    )
    return cost.total


def _fields(preview: RailPreview, now: datetime) -> dict[str, Any]:
    forecast = preview.forecast
    return {
        "rail": preview.rail.value,
        "calls": forecast.calls,
        "first_call": forecast.first.isoformat() if forecast.first else None,
        "last_call": forecast.last.isoformat() if forecast.last else None,
        "makespan_seconds": round((forecast.last - now).total_seconds()) if forecast.last else 0,
        "late": forecast.late,
        "aws_usd": round(_cost(preview, now), 6),
        "plans": [_plan(plan) for plan in preview.plans],
    }


def _plan(plan: PlanPreview) -> dict[str, Any]:
    return {
        "partner": plan.partner,
        "plan": plan.plan,
        "renewals": plan.renewals,
        "retries": plan.retries,
        "looks": plan.looks,
        "notices": plan.notices,
        "amount": str(plan.amount.major) if plan.amount else None,
        "currency": plan.amount.currency if plan.amount else None,
        "stopped": plan.is_stopped,
    }


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"
