"""Whether a stage can bill as it is set up: its provider secret before the first deployment, all of it after each."""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.arguments import Commands, Lines
from ops.releases import ALIAS
from ops.stack import Stack
from pinbill.aws.clients import client_config
from pinbill.domain.catalog import RailName
from pinbill.errors import Misconfigured, SecretUnreadable
from pinbill.providers.credentials import Credentials
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table

CALLS_A_WORKER = 50  # a second; as docs/billing-run.md says
SETTINGS = "PINBILL_"

type Accounts = frozenset[tuple[RailName, str]]


@dataclass(frozen=True, slots=True)
class Text:
    """A secret that was read already."""

    text: str = field(repr=False)

    def read(self, fresh: bool) -> str:
        return self.text


def add_checks(commands: Commands) -> None:
    secret = commands.add_parser(
        "check-secret", help="can this provider secret be used? Asks no stack, shows no secret"
    )
    secret.add_argument("name", help="in Secrets Manager, as ProviderSecretName")
    secret.set_defaults(
        run=lambda _, given: _ended(wrong_in_secret(read_secret(given.name), frozenset())), needs_stack=False
    )
    check = commands.add_parser(
        "check", help="does the deployment contradict itself? After each, and after a new catalog"
    )
    check.set_defaults(run=_check)


def wrong_in_secret(text: str, wanted: Accounts) -> Iterator[str]:
    """What is wrong with a provider secret, by the names of fields; `wanted` are the accounts that services name."""
    credentials = Credentials(Text(text))
    try:
        credentials.number_key()
    except SecretUnreadable as error:
        yield error.detail
        return
    if not any(json.loads(text).get(rail.value) for rail in RailName):
        yield "The provider secret has no account of any provider."
    for rail, account in sorted(wanted):
        try:
            credentials.infomedia(account) if rail is RailName.INFOMEDIA else credentials.signzy(account)
        except SecretUnreadable as error:
            yield error.detail


def wrong_in_parameters(parameters: Mapping[str, str]) -> Iterator[str]:
    """What CloudFormation's rules cannot calculate."""
    workers = int(parameters["BillWorkerMaximumConcurrency"])
    for name in ("InfomediaRatePerSecond", "SignzyRatePerSecond"):
        if float(parameters[name]) > workers * CALLS_A_WORKER:
            most = f"{workers} workers make {workers * CALLS_A_WORKER} calls a second"
            yield f"BillWorkerMaximumConcurrency: {most}, and {name} is {parameters[name]}."


def not_live(name: str, newest: Mapping[str, str], live: Mapping[str, str]) -> Iterator[str]:
    """A function whose callers do not have the newest settings: a rollout that goes on, or was taken back."""
    ours = {variable for variable in {*newest, *live} if variable.startswith(SETTINGS)}
    for variable in sorted(variable for variable in ours if newest.get(variable) != live.get(variable)):
        yield f"{name}: its callers do not have {variable} as deployed last; see the deployments in CodeDeploy."


def accounts_of(table: Table) -> Accounts:
    """Those that the catalog's services bill under."""
    catalog = DynamoCatalog(table, time.monotonic)
    services = [
        catalog.service(partner.id, plan.service_id)
        for partner in DynamoPartners(table).all()
        for plan in catalog.plans(partner.id)
    ]
    return frozenset((service.rail, service.account) for service in services)


def _check(stack: Stack, given: argparse.Namespace) -> Lines:
    table = Table(boto3.client("dynamodb", config=client_config()), stack.table)
    parameters = _parameters(given.stack)
    secret = read_secret(stack.worker_environment["PINBILL_PROVIDER_SECRET"])
    wrong = [*wrong_in_secret(secret, accounts_of(table)), *wrong_in_parameters(parameters)]
    for name in stack.functions:
        wrong += not_live(name, _variables(name), _variables(name, Qualifier=ALIAS))
    return _ended(iter(wrong))


def _ended(wrong: Iterator[str]) -> Lines:
    """Raises Misconfigured where anything is wrong, so that a script that deploys ends there."""
    found = list(wrong)
    if found:
        raise Misconfigured(" ".join(found))
    return ["nothing is wrong"]


def read_secret(name: str) -> str:
    """The text of a secret. Raises Misconfigured."""
    try:
        found: Any = boto3.client("secretsmanager", config=client_config()).get_secret_value(SecretId=name)
    except (ClientError, BotoCoreError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise Misconfigured(f"ProviderSecretName: {name} cannot be read: {code}.") from None
    return str(found.get("SecretString") or "")


def _parameters(name: str) -> Mapping[str, str]:
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}


def _variables(name: str, **which: str) -> Mapping[str, str]:
    found: Any = boto3.client("lambda").get_function_configuration(FunctionName=name, **which)
    variables: Mapping[str, str] = found["Environment"]["Variables"]
    return variables
