"""`python -m ops`: partners and keys, the catalog and callback paths, what nobody knows, and billing.

Works on a deployed stack with the credentials and region of the AWS CLI; AWS_ENDPOINT_URL points it at the local AWS.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import boto3

from ops import coverage
from ops.arguments import Found, Lines, said
from ops.billing_commands import add_billing
from ops.checks import add_checks
from ops.coverage import Month, Proof, of_partner
from ops.ledger_commands import add_ledger
from ops.operator import Operator
from ops.partner_commands import add_keys, add_partners
from ops.pin_guard_commands import add_pin_guards
from ops.privacy_commands import add_privacy
from ops.published import published
from ops.queue_commands import add_queues
from ops.quiet import Quiet
from ops.reconcile_commands import add_reconcile
from ops.release_commands import add_releases
from ops.restore_commands import add_restore
from ops.rule_commands import add_rules
from ops.secret_commands import add_secret
from ops.stack import Stack, read_stack
from ops.table_scan import PATIENT, all_accounts, read_again
from ops.unknowns import as_json, as_text
from ops.webhook_commands import add_webhooks
from pinbill import bootstrap
from pinbill.aws.clients import client_config
from pinbill.domain.attempts import AttemptState, Decision
from pinbill.domain.deciding import VERDICTS
from pinbill.errors import Misconfigured, PinbillError
from pinbill.parts import Parts
from pinbill.store.data_keys import DataKeys
from pinbill.store.identities import SealedIdentities
from pinbill.store.numbers import Numbers
from pinbill.store.stops import DynamoStops
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.decide import Decide


def main(arguments: list[str], read: Callable[[str], Stack] = read_stack) -> int:
    commands = parser()
    given = commands.parse_args(arguments)
    if not given.stack and given.needs_stack:
        commands.error("say which stack: --stack NAME or PINBILL_STACK")
    try:
        run: Callable[[Stack, argparse.Namespace], Lines] = given.run
        for line in run(read(given.stack) if given.needs_stack else Stack("", {}), given):
            sys.stdout.write(f"{line}\n")
    except Found:
        return 1
    except PinbillError as error:
        sys.stderr.write(f"{error.code}: {error.detail}\n")
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--stack", default=os.environ.get("PINBILL_STACK"), help="its name (or PINBILL_STACK)")
    parser.set_defaults(needs_stack=True)
    commands = parser.add_subparsers(required=True)
    apply = commands.add_parser("apply", help="write the services and plans of a catalog file")
    apply.add_argument("file", type=Path)
    apply.set_defaults(run=lambda stack, given: _operator(stack).apply(given.file))
    add_partners(commands)
    add_keys(commands)
    add_pin_guards(commands)
    path = commands.add_parser("create-callback", help="make a service's callback path; shown once, the old one ends")
    path.add_argument("partner")
    path.add_argument("service")
    path.set_defaults(run=lambda stack, given: [_operator(stack).create_callback(given.partner, given.service)])
    _add_unknowns(commands.add_parser("unknowns", help="list the attempts whose outcome nobody knows"))
    _add_decide(commands.add_parser("decide", help="close one of them: was the subscriber charged?"))
    add_checks(commands)
    add_secret(commands)
    add_billing(commands)
    add_webhooks(commands)
    add_privacy(commands)
    add_rules(commands)
    add_ledger(commands)
    add_queues(commands)
    add_releases(commands)
    add_restore(commands)
    add_reconcile(commands)
    _add_coverage(commands.add_parser("coverage", help="prove that each period of a month has exactly one outcome"))
    return parser


def _add_unknowns(unknowns: argparse.ArgumentParser) -> None:
    unknowns.add_argument("--json", action="store_true", help="one JSON object a line")
    unknowns.set_defaults(run=_unknowns)


def _add_decide(decide: argparse.ArgumentParser) -> None:
    decide.add_argument("partner")
    decide.add_argument("attempt", help="its reference, as listed")
    decide.add_argument("verdict", type=_verdict, choices=VERDICTS, help="what the provider's books say")
    decide.add_argument("--evidence", type=int, required=True, help="how many pieces of evidence the list showed")
    decide.add_argument("--by", required=True, type=said, help="who decides")
    decide.add_argument("--because", required=True, type=said, help="what shows it")
    decide.add_argument("--payment", type=said, help="the provider's id of the payment, for paid")
    decide.set_defaults(run=_decide)


def _add_coverage(covered: argparse.ArgumentParser) -> None:
    when = "of which the periods began, as in 2026-10, by the zone of each subscription"
    covered.add_argument("--month", type=Month.parse, required=True, help=when)
    part = covered.add_mutually_exclusive_group()
    part.add_argument("--partner", help="of this partner only; the whole table is read all the same")
    part.add_argument("--publish", action="store_true", help="also as the metric CoverageGaps, which an alarm watches")
    covered.add_argument("--json", action="store_true", help="one JSON object a line")
    covered.set_defaults(run=_coverage)


def _operator(stack: Stack) -> Operator:
    return Operator(Table(boto3.client("dynamodb", config=client_config()), stack.table))


def _unknowns(stack: Stack, given: argparse.Namespace) -> Lines:
    desk = _desk(stack)
    return (as_json if given.json else as_text)(list(desk.listed()), desk.clock.now())


def _decide(stack: Stack, given: argparse.Namespace) -> Lines:
    desk = _desk(stack)
    decision = Decision(given.by, given.because, given.evidence)
    subscription_id = given.attempt.rpartition("-")[0]
    decided = desk(given.partner, subscription_id, given.attempt, given.verdict, decision, given.payment)
    yield f"{decided.attempt.id} is {decided.attempt.state}; the subscription is {decided.subscription.state}"
    due = decided.subscription.due
    if due:
        yield f"next: {due[1]} at {due[0]:%Y-%m-%d %H:%M}Z"


def _coverage(stack: Stack, given: argparse.Namespace) -> Lines:
    client = boto3.client("dynamodb", config=client_config().merge(PATIENT))
    table = Table(client, stack.table)
    store = DynamoStore(table, SealedIdentities(Numbers(_no_key), _no_keys), shards=1)  # which only writes ask for
    clock, stopped = Parts(stack.worker_environment).clock, DynamoStops(table, time.monotonic).standing()
    proof = Proof(given.month, clock.now(), stopped, partial(read_again, store))
    found = of_partner(all_accounts(client, stack.table), given.partner)
    lines = (coverage.as_json if given.json else coverage.as_text)(proof, found)
    return published(lines, proof, given.stack) if given.publish else lines


def _no_key() -> bytes:
    raise Misconfigured("What only reads finds no number, and needs no key.")


def _no_keys() -> DataKeys:
    raise Misconfigured("What only reads opens no number, and needs no key.")


def _desk(stack: Stack) -> Decide:
    return bootstrap.decide(stack.worker_environment, Quiet())


def _verdict(text: str) -> AttemptState:
    return AttemptState(text.replace("-", "_"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
