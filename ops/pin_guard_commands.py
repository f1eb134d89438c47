"""The commands for the guards against guessed PINs and pumped SMS: what a partner may do, and what was counted."""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.arguments import Commands, Lines, said
from ops.partner_commands import partner_desk
from ops.partner_desk import Signature
from ops.stack import Stack
from ops.table_scan import PATIENT, rows
from pinbill.aws.clients import client_config
from pinbill.domain.pin_guards import (
    FIGURES,
    OF_ONE,
    OWN_FIGURES,
    PREFIX_DAYS,
    PRICE_PARTS,
    SMS,
    WHOLE,
    Guards,
    Kind,
    parse_figures,
    partner_tally,
    tally_of_prefix,
)
from pinbill.errors import PartnerInvalid, StoreUnavailable
from pinbill.store.table import Table
from pinbill.store.tallies import tally_key

DEFAULT = "default"
MOST_PREFIXES = 20


def add_pin_guards(commands: Commands) -> None:
    guard = commands.add_parser("guard", help="a partner's own figures of the guards against guessed PINs and SMS")
    guard.add_argument("partner")
    guard.add_argument("figures", nargs="+", metavar="name=number", help=f"or name={DEFAULT}: {', '.join(OWN_FIGURES)}")
    guard.add_argument("--by", required=True, type=said, metavar="WHO", help="who changes it")
    guard.add_argument("--because", required=True, type=said, metavar="WHY", help="why")
    guard.set_defaults(run=_guard)
    sms = commands.add_parser(
        "sms", help="what today's SMS come to: of a partner, or the prefixes with most unconfirmed"
    )
    sms.add_argument("partner", nargs="?")
    sms.set_defaults(run=_sms)


def _guard(stack: Stack, given: argparse.Namespace) -> Lines:
    desk, figures = partner_desk(stack), _figures(given.figures)
    partner = desk.guard(given.partner, figures, Signature(given.by, given.because))
    yield f"the guards of {partner.id} are now, at once:"
    yield from _listed(_guards(stack), partner.guards)


def _figures(texts: Sequence[str]) -> dict[str, int | None]:
    """By name; None for the default."""
    found: dict[str, int | None] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if value == DEFAULT and name in OWN_FIGURES:
            found[name] = None
        elif name in FIGURES and name not in OWN_FIGURES:
            raise PartnerInvalid(f"{name} holds over all partners: it is set by the template's parameter PinGuards.")
        else:
            found |= parse_figures(text, OWN_FIGURES)
    return found


def _sms(stack: Stack, given: argparse.Namespace) -> Lines:
    now = datetime.now(UTC)
    if given.partner is None:
        return _prefixes(stack, now)
    return _partner(stack, partner_desk(stack).found(given.partner).id, now)


def _partner(stack: Stack, id: str, now: datetime) -> Lines:
    own = partner_desk(stack).found(id).guards
    guards = _guards(stack).with_own(own)
    row = _table(stack.counters).get(tally_key(partner_tally(id, now))) or {}
    sent, open_ = int(row.get(SMS, 0)), int(row.get(OF_ONE, 0)) / WHOLE
    spent = sent * guards.sms_price / PRICE_PARTS
    yield f"{id} today (UTC): {sent} of {guards.sms_a_day} SMS, {spent:.2f} of {guards.spend_a_day} spent"
    yield f"unconfirmed: {max(0.0, open_):.0f} of {guards.unconfirmed}, each confirmed PIN gives {guards.credit} % back"
    yield from _listed(_guards(stack), own)


def _prefixes(stack: Stack, now: datetime) -> Lines:
    """Read by a scan of the table of counters, which has a row a number, prefix and partner of the last days."""
    client = boto3.client("dynamodb", config=PATIENT)
    open_: Counter[str] = Counter()
    try:
        for row in rows(client, stack.counters, 0, 1):
            kind, _, name = row["pk"].partition("#")
            partner, _, prefix = name.partition("#")
            if kind == Kind.PREFIX.upper() and row["sk"] == tally_key(tally_of_prefix(partner, prefix, now))["sk"]:
                open_[prefix] += int(row.get(OF_ONE, 0))
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable("The table of counters could not be read to its end.") from error
    full = _guards(stack).unconfirmed_a_prefix
    yield f"prefixes with most unconfirmed numbers in {PREFIX_DAYS} days (UTC), of all partners; {full} of one is full"
    yield from (f"  +{prefix:<8} {count / WHOLE:>6.0f}" for prefix, count in open_.most_common(MOST_PREFIXES))


def _listed(default: Guards, own: Mapping[str, int]) -> Iterator[str]:
    whole = default.with_own(own)
    for name in OWN_FIGURES:
        yield f"  {name:<24} {getattr(whole, name):>8}, {'its own' if name in own else 'by default'}"


def _guards(stack: Stack) -> Guards:
    return Guards().with_own(parse_figures(stack.pin_guards))


def _table(name: str) -> Table:
    return Table(boto3.client("dynamodb", config=client_config()), name)
