"""The commands for the provider secret: made once, and given new credentials without a hand on the rest of it.

Credentials come from standard input and are never shown. `number_key`, by which stored numbers are found, is made here
and stays: an edit by hand that lost it would lose every number.
"""

import argparse
import json
import secrets
import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.arguments import Commands, Lines
from ops.checks import read_secret, wrong_in_secret
from ops.stack import Stack
from pinbill.aws.clients import client_config
from pinbill.domain.catalog import RailName
from pinbill.errors import Misconfigured
from pinbill.providers.credentials import CACHED_SECONDS

NUMBER_KEY, NUMBER_KEY_BYTES = "number_key", 32


def add_secret(commands: Commands) -> None:
    secret = commands.add_parser("secret", help="make the provider secret; replace the credentials of an account in it")
    actions = secret.add_subparsers(required=True, metavar="create|replace")
    create = actions.add_parser("create", help="from a JSON object of accounts, on standard input; before the stack")
    create.add_argument("--kms-key", metavar="ARN", help="that encrypts it (Secrets Manager's own)")
    create.set_defaults(run=_create)
    replace = actions.add_parser("replace", help="from a JSON object of one account, on standard input")
    replace.add_argument("rail", type=RailName, choices=tuple(RailName))
    replace.add_argument("account", help="as services name it; usually default")
    replace.set_defaults(run=_replace)
    for action in (create, replace):
        action.add_argument("name", help="in Secrets Manager, as ProviderSecretName")
        action.set_defaults(needs_stack=False)


def _create(stack: Stack, given: argparse.Namespace) -> Lines:
    accounts = _from_standard_input()
    if NUMBER_KEY in accounts:
        raise Misconfigured(f"{NUMBER_KEY} is made by this command: leave it out. Nothing was written.")
    text = _checked({**accounts, NUMBER_KEY: secrets.token_hex(NUMBER_KEY_BYTES)})
    encrypted = {"KmsKeyId": given.kms_key} if given.kms_key else {}
    _asked(given.name, "create_secret", Name=given.name, SecretString=text, **encrypted)
    return [f"{given.name} is made; {NUMBER_KEY} was made in it, and must stay as it is for ever"]


def _replace(stack: Stack, given: argparse.Namespace) -> Lines:
    try:
        secret = json.loads(read_secret(given.name))
        secret[given.rail][given.account] = _from_standard_input()
    except (ValueError, KeyError, TypeError):
        raise Misconfigured(f"{given.name} is no secret with accounts of {given.rail}; nothing was written.") from None
    _asked(given.name, "put_secret_value", SecretId=given.name, SecretString=_checked(secret))
    yield f"{given.rail} {given.account} has new credentials in {given.name}; the rest stays as it was"
    yield f"every process has them within {CACHED_SECONDS} seconds, or as soon as the provider refuses the old ones"


def _from_standard_input() -> dict[str, Any]:
    try:
        found = json.loads(sys.stdin.read())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Misconfigured("A JSON object is awaited on standard input; nothing was written.")
    return found


def _checked(secret: dict[str, Any]) -> str:
    """The text of a secret that can be used. Raises Misconfigured, naming fields only."""
    text = json.dumps(secret)
    wrong = list(wrong_in_secret(text, frozenset()))
    if wrong:
        raise Misconfigured(" ".join([*wrong, "Nothing was written."]))
    return text


def _asked(name: str, operation: str, **given: Any) -> None:
    try:
        getattr(boto3.client("secretsmanager", config=client_config()), operation)(**given)
    except (ClientError, BotoCoreError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise Misconfigured(f"{name}: Secrets Manager refused {operation}: {code}; nothing was written.") from None
