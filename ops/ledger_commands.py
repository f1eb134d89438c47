"""The commands that read what was debited, and at which price, out of the whole table."""

import argparse
import time

import boto3

from ops import ledger
from ops.arguments import Commands, Lines, said, time_of
from ops.ledger import Wanted
from ops.stack import Stack
from ops.table_scan import scan
from pinbill.aws.clients import client_config
from pinbill.domain.money import Money
from pinbill.errors import InvalidInput
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table


def add_ledger(commands: Commands) -> None:
    payments = _scanning(commands.add_parser("payments", help="what was debited, by day, plan, kind and price"))
    payments.add_argument("--since", type=time_of, help="as in 2026-11-05T10:00Z (from the beginning)")
    payments.add_argument("--until", type=time_of, help="(now)")
    payments.add_argument(
        "--not-at", type=_price, metavar="PRICE", help="of periods only, at another price: '4.50 GBP'"
    )
    payments.add_argument("--list", action="store_true", help="each debit, with its reference at the provider")
    payments.set_defaults(run=_payments)
    sold = _scanning(commands.add_parser("sold", help="the prices that live subscribers have agreed to, by plan"))
    sold.set_defaults(run=_sold)


def _scanning(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("--partner", help="of this partner only; the whole table is read all the same")
    command.add_argument("--plan", help="of this plan only", type=said)
    return command


def _payments(stack: Stack, given: argparse.Namespace) -> Lines:
    wanted = Wanted(given.partner, given.plan, given.since, given.until, given.not_at)
    return (ledger.as_list if given.list else ledger.as_totals)(ledger.debits(scan(stack.table), wanted))


def _sold(stack: Stack, given: argparse.Namespace) -> Lines:
    table = Table(boto3.client("dynamodb", config=client_config()), stack.table)
    catalog = DynamoCatalog(table, time.monotonic)
    plans = (plan for partner in DynamoPartners(table).all() for plan in catalog.plans(partner.id))
    named = {(plan.partner, plan.id): plan for plan in plans}
    return ledger.sold(scan(stack.table), named, Wanted(given.partner, given.plan))


def _price(text: str) -> Money:
    amount, _, currency = text.partition(" ")
    try:
        return Money.parse(amount, currency)
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no price, such as '4.50 GBP': {error.detail}") from None
