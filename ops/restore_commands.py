"""The command that makes the table again, out of a copy of it and the redo lines of the functions."""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.arguments import Commands, Lines, time_of
from ops.redo_lines import by_place, found_in
from ops.restoring import Made, Restoring, unknown
from ops.stack import Stack
from ops.table_scan import PATIENT, rows
from pinbill.aws.clients import client_config
from pinbill.domain.stops import EVERYTHING
from pinbill.errors import BillingGoesOn, Misconfigured, StoreUnavailable
from pinbill.store import keys
from pinbill.store.items import Item
from pinbill.store.stops import DynamoStops
from pinbill.store.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

CONNECTIONS = 16


def add_restore(commands: Commands) -> None:
    restore = commands.add_parser("restore", help="make the table again: a copy of it, and what was written since")
    restore.add_argument("copy", help="the table that point-in-time recovery has made")
    restore.add_argument("--since", type=time_of, required=True, help="as of when it is, as in 2026-11-05T03:00Z")
    restore.add_argument("--until", type=time_of, help="leave out what was written later (now)")
    restore.add_argument("--apply", action="store_true", help="do it; without, it is only said")
    restore.set_defaults(run=_restore)


def require_stopped(table: Table) -> None:
    """Raises BillingGoesOn: half of the books must never be billed by."""
    if not any(stop.scope.name == EVERYTHING for stop in DynamoStops(table, time.monotonic).standing()):
        raise BillingGoesOn


def _restore(stack: Stack, given: argparse.Namespace) -> Lines:
    client = boto3.client("dynamodb", config=client_config(CONNECTIONS).merge(PATIENT))
    table = Table(client, stack.table)
    if given.copy == stack.table:
        raise Misconfigured(f"{given.copy} is the stack's own table. Name the copy that was made of it.")
    if given.apply:
        require_stopped(table)
    logs: Any = boto3.client("logs", config=client_config().merge(PATIENT))
    until = given.until or datetime.now(UTC)
    redone = by_place(found_in(logs, given.stack, given.since, until))
    yield f"{len(redone):,} rows were written since {given.since:%Y-%m-%d %H:%M}Z, as the logs say"
    restoring = Restoring(table, redone, apply=given.apply)
    restoring.run(_rows(client, given.copy))
    for made in Made:
        if restoring.counts[made]:
            yield f"{restoring.counts[made]:>9,}  {made}"
    for gap in restoring.gaps:
        assert gap.lost is not None  # it is one because of that
        before, until = gap.lost
        yield f"GAP   {_named(gap.place[0])}: what was written after version {before}, up to {until}, is in no line"
    for pk in _lost(client, stack, table, restoring):
        yield f"LOST  {_named(pk)}: it has a key, and nothing else is known of it"
    changed = restoring.counts.total() - restoring.counts[Made.THERE] - restoring.counts[Made.STAYS]
    if not given.apply:
        yield "nothing was changed: --apply does it" if changed else "nothing is to be done"
    else:
        yield "run this again: it must find nothing to be done" if changed else "nothing was to be done"


def _rows(client: "DynamoDBClient", name: str) -> Iterator[Item]:
    try:
        yield from rows(client, name, 0, 1)
    except (ClientError, BotoCoreError) as error:
        raise StoreUnavailable(f"The table {name} could not be read to its end; run this again.") from error


def _lost(client: "DynamoDBClient", stack: Stack, table: Table, restoring: Restoring) -> Iterator[str]:
    """Subscriptions that are nowhere: not in the copy, the logs or the table."""
    if not stack.keys:
        return
    for pk in unknown(_rows(client, stack.keys), restoring.subscriptions):
        if table.get({"pk": pk, "sk": keys.SUBSCRIPTION}) is None:
            yield pk


def _named(pk: str) -> str:
    partner, id = keys.partner_and_id(pk)
    return f"partner {partner}, subscription {id}"
