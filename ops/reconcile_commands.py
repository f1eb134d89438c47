"""The command that holds a provider's report of payments against the ledger, and books what only the provider knows."""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import boto3

from ops.arguments import Commands, Found, Lines, said, time_of
from ops.keyring import Keyring
from ops.provider_report import Lines as ReportLines
from ops.provider_report import read_report
from ops.quiet import Quiet
from ops.restore_commands import require_stopped
from ops.stack import Stack
from ops.table_scan import PATIENT, Account, all_accounts
from pinbill.aws.clients import client_config
from pinbill.domain.attempts import Decision
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.domain.reconciling import LEFT, Span, Standing, Step
from pinbill.domain.unrecorded import Reported, Says
from pinbill.errors import InvalidInput
from pinbill.parts import Parts
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.table import Table
from pinbill.usecases.ports.store import Store
from pinbill.usecases.reconcile import Reconcile
from pinbill.usecases.settling import Settling

CHANGING = frozenset({Standing.SETTLED, Standing.LATE, Standing.BOOKED, Standing.GIVEN_UP, Standing.EXCESS})


def add_reconcile(commands: Commands) -> None:
    reconcile = commands.add_parser("reconcile", help="hold a provider's report of payments against the ledger")
    reconcile.add_argument("rail", type=RailName, choices=list(RailName))
    reconcile.add_argument("report", type=Path, help="CSV: reference,moment,amount,currency,payment,state,mandate")
    reconcile.add_argument("--since", type=time_of, required=True, help="it has all payments from then on")
    reconcile.add_argument("--until", type=time_of, required=True, help="until then, by the provider's clock")
    reconcile.add_argument("--apply", action="store_true", help="book what it proves; without, it is only said")
    reconcile.add_argument("--by", type=said, help="who books it")
    reconcile.add_argument("--because", type=said, help="why")
    reconcile.set_defaults(run=_reconcile)


@dataclass(slots=True)
class Reconciliation:
    """A report held against all subscriptions of its rail, one after the other."""

    rail: RailName
    lines: ReportLines
    span: Span
    decision: Decision
    use_case: Reconcile
    apply: bool
    counts: Counter[Standing] = field(default_factory=Counter)

    def take(self, account: Account) -> Iterator[Step]:
        """What is not alike in both books; what agrees is counted."""
        if account.subscription.rail is not self.rail:
            return
        for step in self._steps(account):
            self.counts[step.standing] += 1
            if step.standing is not Standing.AGREES:
                yield step

    def _steps(self, account: Account) -> Sequence[Step]:
        subscription, entries = account.subscription, account.entries
        reported = self.lines.take(subscription)
        steps = list(self.use_case.foreseen(subscription, entries, reported, self.span, self.decision))
        if not self.apply or all(step.change is None for step in steps):
            return steps
        return self.use_case(subscription.partner, subscription.id, reported, self.span, self.decision)


def _reconcile(stack: Stack, given: argparse.Namespace) -> Lines:
    if given.apply and not (given.by and given.because):
        raise InvalidInput("--apply needs --by and --because: who books it, and why.")
    span = Span(given.since, given.until)
    reported = read_report(given.report, given.rail, span)
    client = boto3.client("dynamodb", config=client_config().merge(PATIENT))
    table = Table(client, stack.table)
    if given.apply:
        require_stopped(table)
    keyring = Keyring(stack)
    lines = ReportLines(reported, keyring.numbers.of_mandate)
    decision = Decision(given.by or "nobody", given.because or "a look", 0)
    use_case = _use_case(stack, table, keyring.store(table))
    reconciliation = Reconciliation(given.rail, lines, span, decision, use_case, given.apply)
    for account in all_accounts(client, stack.table):
        for step in reconciliation.take(account):
            yield f"{step.standing.name:<9} {step.attempt}: {step.what}"
    strangers = list(lines.left())
    for payment in strangers:
        yield f"STRANGER  {payment.reference or payment.payment}: {payment.amount}, {payment.says}, of nobody we know"
    yield from _told(reconciliation, reported, given)
    if strangers or any(reconciliation.counts[standing] for standing in LEFT):
        raise Found


def _use_case(stack: Stack, table: Table, store: Store) -> Reconcile:
    clock = Parts(stack.worker_environment).clock
    return Reconcile(store, DynamoCatalog(table, time.monotonic), Settling(store, clock, Quiet()), clock)


def _told(reconciliation: Reconciliation, reported: Sequence[Reported], given: argparse.Namespace) -> Iterator[str]:
    for standing in Standing:
        if reconciliation.counts[standing]:
            yield f"{reconciliation.counts[standing]:>9,}  {standing}"
    taken: Counter[str] = Counter()
    for payment in reported:
        if payment.says is Says.PAID:
            taken[payment.amount.currency] += payment.amount.minor
    for currency, minor in sorted(taken.items()):
        yield f"the report has {Money(minor, currency)} taken"
    changes = sum(count for standing, count in reconciliation.counts.items() if standing in CHANGING)
    if not given.apply and changes:
        yield "nothing was changed: --apply with --by and --because books it"
    elif given.apply and changes:
        yield "run this again: it must find nothing to be booked"
