"""The operator's commands about the rules: the evidence of a subscription, receipts that are owed, notices awaited."""

import argparse
import time
from collections.abc import Iterable, Iterator
from datetime import datetime

import boto3

from ops import evidence
from ops.arguments import Commands, Lines
from ops.stack import Stack
from ops.table_scan import Account, read_again, scan
from pinbill.aws.clients import client_config
from pinbill.domain.receipts import owed
from pinbill.errors import SubscriptionNotFound
from pinbill.parts import Parts
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.table import Table
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.store import Store


def add_rules(commands: Commands) -> None:
    shown = commands.add_parser("evidence", help="all that is known of one subscription, as one chained document")
    shown.add_argument("subscription", help="its id")
    shown.add_argument("--partner", help="whose it is; without, the whole table is read for it")
    shown.set_defaults(run=_evidence)
    receipts = commands.add_parser("receipts", help="receipts of payments that partners owe their users")
    receipts.add_argument("--owed", action="store_true", required=True, help="those that are not reported as sent")
    receipts.add_argument("--partner", help="of this partner only; the whole table is read all the same")
    receipts.set_defaults(run=lambda stack, given: owed_receipts(scan(stack.table), given.partner))
    notices = commands.add_parser("notices", help="announced debits that wait for their notice")
    notices.add_argument("--partner", help="of this partner only; the whole table is read all the same")
    notices.set_defaults(run=lambda stack, given: awaited_notices(scan(stack.table), _now(stack), given.partner))


def evidence_of(store: Store, catalog: Catalog, partner: str, id: str, now: datetime) -> Iterator[str]:
    account = read_again(store, partner, id)
    subscription = account.subscription
    plan = catalog.plan(partner, subscription.plan_id)
    return evidence.as_json(evidence.pack(account, plan, catalog.service(partner, subscription.service_id), now))


def owed_receipts(accounts: Iterable[Account], partner: str | None) -> Lines:
    count = 0
    for account in _of(accounts, partner):
        for receipt in owed(account.entries):
            count += 1
            amount = receipt.attempt.amount
            yield f"{account.subscription.partner} {receipt.attempt.id} {amount} since {receipt.since:%Y-%m-%d %H:%M}Z"
    yield f"{count} owed"


def awaited_notices(accounts: Iterable[Account], now: datetime, partner: str | None) -> Lines:
    count = 0
    for account in _of(accounts, partner):
        subscription, notice = account.subscription, account.subscription.announced
        if notice is None or not notice.is_awaited:
            continue
        count += 1
        late = f", late by {now - notice.bills_at}" if now > notice.bills_at else ""
        until = f"{notice.bills_at:%Y-%m-%d %H:%M}Z"
        yield f"{subscription.partner} {subscription.id} period {notice.period} {notice.amount} at {until}{late}"
    yield f"{count} awaited"


def _of(accounts: Iterable[Account], partner: str | None) -> Iterator[Account]:
    return (account for account in accounts if partner is None or account.subscription.partner == partner)


def _evidence(stack: Stack, given: argparse.Namespace) -> Lines:
    parts = Parts(stack.worker_environment)
    partner = given.partner or _partner_of(scan(stack.table), given.subscription)
    table = Table(boto3.client("dynamodb", config=client_config()), stack.table)
    catalog = DynamoCatalog(table, time.monotonic)
    return evidence_of(parts.store, catalog, partner, given.subscription, parts.clock.now())


def _partner_of(accounts: Iterable[Account], id: str) -> str:
    """Raises SubscriptionNotFound."""
    for account in accounts:
        if account.subscription.id == id:
            return account.subscription.partner
    raise SubscriptionNotFound("No partner has a subscription of this id.")


def _now(stack: Stack) -> datetime:
    return Parts(stack.worker_environment).clock.now()
