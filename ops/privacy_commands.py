"""The commands for what is held of people: export, erase, and the keys under which it is held."""

import argparse
import getpass
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3

from ops.arguments import Commands, Lines, said
from ops.export import document
from ops.keyring import Keyring
from ops.person import Erasure, Registry, moment, token_of
from ops.resealing import Rotation, Sealing, Secrets
from ops.stack import Stack
from ops.table_scan import PATIENT, rows
from pinbill.aws.clients import client_config
from pinbill.domain.erasing import obstacles
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.subscription import Subscription
from pinbill.parts import Parts
from pinbill.store.data_keys import erased_places
from pinbill.store.items import Item
from pinbill.store.partners import DynamoPartners
from pinbill.store.privacy_requests import PrivacyRequests
from pinbill.store.table import Table
from pinbill.store.webhook_endpoints import DynamoWebhookEndpoints

OWNER_ONLY = 0o600


def add_privacy(commands: Commands) -> None:
    export = _asked(commands.add_parser("export", help="everything held of a number, as one file"))
    export.add_argument("--out", required=True, type=Path, help="a new file, which only you can read")
    export.set_defaults(run=_export)
    erase = _asked(commands.add_parser("erase", help="make a number unreadable for good; the ledger stays"))
    erase.add_argument("--end", action="store_true", help="end what is live, and stop there")
    erase.add_argument("--untold", action="store_true", help="although the provider cannot be told of its end")
    erase.add_argument("--confirm", metavar="TOKEN", help="what this command said when it was run without")
    erase.add_argument("--irreversibly", action="store_true", help="that nobody can undo it is understood")
    erase.set_defaults(run=_erase)
    privacy = commands.add_parser("privacy", help="exports and erasures so far; the keys under which people are held")
    actions = privacy.add_subparsers(required=True, metavar="requests|again|seal|rotate")
    actions.add_parser("requests", help="who had what exported or erased, and why").set_defaults(run=_requests)
    again = actions.add_parser("again", help="after a backup was brought back: erase again what was erased")
    again.set_defaults(run=_again)
    seal = actions.add_parser("seal", help="after an upgrade: encrypt what is stored in the clear; billing goes on")
    seal.set_defaults(run=_seal)
    rotate = actions.add_parser("rotate", help="wrap all keys anew, under the present version of the key in KMS")
    rotate.set_defaults(run=_rotate)


def _asked(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The number comes from standard input: an argument would stay in the shell's history and show in process lists."""
    command.add_argument("--partner", help="of this partner only (all)")
    command.add_argument("--by", required=True, type=said, help="who asks for it")
    command.add_argument("--because", required=True, type=said, help="why; never the number")
    return command


def _export(stack: Stack, given: argparse.Namespace) -> Lines:
    registry, msisdn = _registry(stack), _number()
    found = registry.of(msisdn, _partner(registry, given.partner))
    done = registry.record("export", found, given.by, given.because)
    text = json.dumps(document(registry, msisdn, found, given.by, given.because), indent=2, ensure_ascii=False)
    with os.fdopen(os.open(given.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
        file.write(text + "\n")
    done()
    yield f"{len(found)} subscriptions of {msisdn} are in {given.out}; delete it when it was handed over"


def _erase(stack: Stack, given: argparse.Namespace) -> Lines:
    registry, msisdn = _registry(stack), _number()
    erasure, found = Erasure(registry), registry.of(msisdn, _partner(registry, given.partner))
    if not found:
        yield f"nothing is held of {msisdn}"
        return
    if given.end:
        found = erasure.end(found)
    in_the_way = [(each, why) for each in found for why in obstacles(each, untold=given.untold)]
    for each in found:
        yield f"{_named(each)}: {each.state} since {moment(each.ended_at or each.created_at)}"
    if in_the_way:
        yield from (f"REFUSED  {each.id}: {why}" for each, why in in_the_way)
        yield "nothing was erased" + ("" if given.end else "; --end ends what is live")
        return
    token = token_of(found)
    if given.confirm != token or not given.irreversibly:
        yield f"nothing was erased; to erase these for good: the same with --confirm {token} --irreversibly"
        return
    done = registry.record("erase", found, given.by, given.because)
    for each in found:
        erasure.erase(each)
    done()
    yield f"{len(found)} subscriptions are erased; what they have paid stays in the ledger"


def _requests(stack: Stack, given: argparse.Namespace) -> Lines:
    for request in PrivacyRequests(Keyring(stack).table).all():
        ended = "" if request.done_at else "  NOT ENDED: run it again"
        yield f"{moment(request.at)}  {request.kind}  by {request.by}: {request.because}{ended}"
        yield from (f"  partner {partner}, subscription {id}" for partner, id in request.places)


def _again(stack: Stack, given: argparse.Namespace) -> Lines:
    registry, count = _registry(stack), 0
    for subscription, in_the_way in Erasure(registry).again(erased_places(_rows(stack.keys))):
        if in_the_way:
            yield from (f"REFUSED  {_named(subscription)}: {why}; run this again" for why in in_the_way)
        count += not in_the_way
    yield f"{count} subscriptions were erased again"


def _seal(stack: Stack, given: argparse.Namespace) -> Lines:
    registry, keyring = _registry(stack), Keyring(stack)
    sealing = Sealing(registry.table, registry.store, registry.numbers, registry.data_keys)
    newest, _ = keyring.wrapping.newest()
    count = sealing.seal_all(_rows(stack.table))
    yield f"{count:,} subscriptions were in the clear and are sealed"
    yield f"the secrets of {_secrets(stack, keyring).reseal_all(newest)} endpoints are sealed"
    if count:
        yield "backups of the last 35 days still hold them in the clear; run this once more when they have ended"


def _rotate(stack: Stack, given: argparse.Namespace) -> Lines:
    keyring = Keyring(stack)
    rotation = Rotation(keyring.wrapping, keyring.data_keys, _secrets(stack, keyring), time.time)
    return rotation.run(lambda: _rows(stack.keys))


def _registry(stack: Stack) -> Registry:
    keyring, table = Keyring(stack), _table(stack)
    store, numbers = keyring.store(table), keyring.numbers
    clock = Parts(stack.worker_environment).clock
    requests = PrivacyRequests(keyring.table)
    return Registry(table, store, numbers, keyring.data_keys, DynamoPartners(table), requests, clock)


def _secrets(stack: Stack, keyring: Keyring) -> Secrets:
    table = _table(stack)
    return Secrets(DynamoPartners(table), DynamoWebhookEndpoints(table), keyring.box)


def _table(stack: Stack) -> Table:
    return Table(boto3.client("dynamodb", config=client_config()), stack.table)


def _rows(table: str) -> Iterator[Item]:
    return rows(boto3.client("dynamodb", config=client_config().merge(PATIENT)), table, 0, 1)


def _partner(registry: Registry, id: str | None) -> str | None:
    """Raises PartnerNotFound: of a slip of the pen nothing is held, which would be the wrong answer."""
    return registry.partners.partner(id).id if id else None


def _number() -> Msisdn:
    """Raises MsisdnInvalid, which does not repeat it."""
    asked = getpass.getpass("number, as +447700900123: ") if sys.stdin.isatty() else sys.stdin.readline()
    return Msisdn.parse(asked.strip())


def _named(subscription: Subscription) -> str:
    return f"partner {subscription.partner}, subscription {subscription.id}"
