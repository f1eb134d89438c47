"""`python -m ops`: apply a catalog, make and revoke partner keys and callback paths, move the test clock.

Works on the table of a deployed stack with the credentials and region of the AWS CLI; AWS_ENDPOINT_URL points it at
the local AWS.
"""

import argparse
import os
import sys
from pathlib import Path

import boto3

from ops.operator import Operator
from pinbill.errors import PinbillError
from pinbill.store.clients import client_config
from pinbill.store.table import Table


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--table", default=os.environ.get("PINBILL_TABLE"), help="table name (or PINBILL_TABLE)")
    commands = parser.add_subparsers(dest="command", required=True)
    apply = commands.add_parser("apply", help="write the services and plans of a catalog file")
    apply.add_argument("file", type=Path)
    create = commands.add_parser("create-key", help="make an API key for a partner; shown once")
    create.add_argument("partner")
    revoke = commands.add_parser("revoke-key", help="let an API key work no more; the key is read from standard input")
    revoke.set_defaults(partner=None)
    path = commands.add_parser("create-callback", help="make a service's callback path; shown once, the old one ends")
    path.add_argument("partner")
    path.add_argument("service")
    given = parser.parse_args(arguments)
    if not given.table:
        parser.error("say which table: --table NAME or PINBILL_TABLE")
    operator = Operator(Table(boto3.client("dynamodb", config=client_config()), given.table))
    try:
        for line in _run(operator, given):
            sys.stdout.write(f"{line}\n")
    except PinbillError as error:
        sys.stderr.write(f"{error.code}: {error.detail}\n")
        return 1
    return 0


def _run(operator: Operator, given: argparse.Namespace) -> list[str]:
    match given.command:
        case "apply":
            return operator.apply(given.file)
        case "create-key":
            return [operator.create_key(given.partner)]
        case "revoke-key":
            operator.revoke_key(sys.stdin.readline().strip())
            return ["revoked; API Gateway may remember it for a minute"]
        case _:
            return [operator.create_callback(given.partner, given.service)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
