"""The commands of who watches over billing: stop it and let it go on, foresee it, follow it, repair what was left."""

import argparse
import time
from datetime import date, timedelta

import boto3

from ops import billing_days, previews, stops
from ops.arguments import Commands, Lines, said
from ops.stack import Stack
from pinbill.aws.clients import client_config
from pinbill.domain.catalog import RailName
from pinbill.domain.stops import Scope
from pinbill.parts import Parts
from pinbill.settings import DispatchSettings, QuotaSettings
from pinbill.store.runs import DynamoRuns
from pinbill.store.stops import DynamoStops
from pinbill.store.table import Table
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.preview import Preview

LONGEST_PREVIEW = 31 * 24  # hours


def add_billing(commands: Commands) -> None:
    scope = "everything, rail/infomedia, partner/PARTNER or plan/PARTNER/PLAN"
    stop = commands.add_parser("stop", help="ask for no further bill; cancels and looks at open outcomes go on")
    stop.add_argument("scope", help=scope)
    stop.add_argument("--by", required=True, type=said, help="who stops it")
    stop.add_argument("--because", required=True, type=said, help="why")
    stop.set_defaults(run=_stop)
    go_on = commands.add_parser("go-on", help="let it be billed again: what became due meanwhile is billed by its plan")
    go_on.add_argument("scope", help=scope)
    go_on.set_defaults(run=_go_on)
    listed = commands.add_parser("stops", help="list what is stopped, by whom and why")
    listed.set_defaults(run=lambda stack, given: list(stops.listed(_stops(stack))) or ["nothing is stopped"])
    preview = commands.add_parser("preview", help="say who will be due, for how much, and when the last is asked")
    preview.add_argument("--hours", type=_hours, default=24, help="from now on (24)")
    preview.add_argument("--json", action="store_true", help="one JSON object a line")
    preview.set_defaults(run=_preview)
    runs = commands.add_parser("runs", help="say what has become of a day's bills so far, plan by plan")
    runs.add_argument("--day", type=date.fromisoformat, help="of UTC, as in 2026-11-05 (today)")
    runs.add_argument("--json", action="store_true", help="one JSON object a line")
    runs.set_defaults(run=_runs)


def _stop(stack: Stack, given: argparse.Namespace) -> Lines:
    return stops.stop(_stops(stack), Scope.parse(given.scope), given.by, given.because, _clock(stack).now())


def _go_on(stack: Stack, given: argparse.Namespace) -> Lines:
    runs, today = DynamoRuns(_table(stack)), _clock(stack).now().date()
    return stops.go_on(_stops(stack), runs, Scope.parse(given.scope), today)


def _preview(stack: Stack, given: argparse.Namespace) -> Lines:
    parts = Parts(stack.worker_environment)
    paces = QuotaSettings.load(stack.worker_environment).paces
    interval = DispatchSettings.load(stack.dispatcher_environment).interval
    bookings, now = parts.call_times.bookings, parts.clock.now()
    preview = Preview(parts.indexes, parts.catalog, bookings, parts.stops, parts.clock, paces, interval)
    found = [preview(rail, now + timedelta(hours=given.hours)) for rail in RailName]
    return (previews.as_json if given.json else previews.as_text)(found, now)


def _runs(stack: Stack, given: argparse.Namespace) -> Lines:
    runs, day = DynamoRuns(_table(stack)), given.day or _clock(stack).now().date()
    found = [progress for rail in RailName for progress in runs.of_day(rail, day)]
    return (billing_days.as_json if given.json else billing_days.as_text)(found, _stops(stack).standing())


def _table(stack: Stack) -> Table:
    return Table(boto3.client("dynamodb", config=client_config()), stack.table)


def _stops(stack: Stack) -> DynamoStops:
    return DynamoStops(_table(stack), time.monotonic)


def _clock(stack: Stack) -> Clock:
    """The stack's own: a test stage may be ahead."""
    return Parts(stack.worker_environment).clock


def _hours(text: str) -> int:
    hours = int(text)
    if not 1 <= hours <= LONGEST_PREVIEW:
        raise argparse.ArgumentTypeError(f"1 to {LONGEST_PREVIEW}")
    return hours
