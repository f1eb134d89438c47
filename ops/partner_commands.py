"""The commands that let partners in: partners, their keys and their allowances."""

import argparse
import sys
from datetime import timedelta

import boto3

from ops import partner_listings
from ops.arguments import Commands, Lines, said, whole_number
from ops.partner_desk import PartnerDesk, Signature
from ops.remembered_keys import RememberedKeys
from ops.stack import Stack
from pinbill.aws.clients import client_config
from pinbill.domain.allowances import FIGURES, MOST_A_DAY
from pinbill.domain.partners import ALL_SCOPES, ApiScope, Partner
from pinbill.errors import PartnerInvalid
from pinbill.settings import AllowanceSettings, TableSettings
from pinbill.store.clocks import SystemClock
from pinbill.store.counters import KEPT, DynamoCounters
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table
from pinbill.usecases.ports.counting import DayOfUse

OVERLAP_HOURS, LONGEST_OVERLAP_HOURS = 24, 30 * 24
LONGEST_LIFE_DAYS = 3650
DEFAULT = "default"
FROM_STANDARD_INPUT = "-"


def add_partners(commands: Commands) -> None:
    partner = commands.add_parser("partner", help="create, show, suspend partners; set their allowances")
    actions = partner.add_subparsers(required=True, metavar="create|list|show|suspend|resume|allow")
    create = _signed(actions.add_parser("create", help="let a company in; it needs a key, and plans in the catalog"))
    create.add_argument("partner", help="its id: 2 to 16 lower-case letters and digits, for ever")
    create.add_argument("--name", required=True, help="of the company, for people")
    _add_figures(create)
    create.set_defaults(run=_create)
    actions.add_parser("list", help="list them").set_defaults(run=_list)
    show = actions.add_parser("show", help="one with its allowance, today's use, its keys and who changed what")
    show.add_argument("partner")
    show.set_defaults(run=_show)
    for name, run, text in (
        ("suspend", _suspend, "let its keys only read and cancel; renewals go on"),
        ("resume", _resume, "let its keys do everything again"),
    ):
        action = _signed(actions.add_parser(name, help=text), needs_reason=True)
        action.add_argument("partner")
        action.set_defaults(run=run)
    allow = _signed(actions.add_parser("allow", help="how many requests it may make"))
    allow.add_argument("partner")
    _add_figures(allow)
    allow.set_defaults(run=_allow)


def add_keys(commands: Commands) -> None:
    key = commands.add_parser("key", help="create, list, rotate, revoke a partner's API keys")
    actions = key.add_subparsers(required=True, metavar="create|list|rotate|revoke")
    create = _signed(actions.add_parser("create", help="make a key; it is shown once"))
    create.add_argument("partner")
    create.add_argument("--label", default="", help="what it is for, as in 'web shop'")
    names = ", ".join(ApiScope)
    create.add_argument("--scopes", type=_scopes, default=ALL_SCOPES, help=f"with commas between them: {names} (all)")
    create.add_argument("--days", type=whole_number(1, LONGEST_LIFE_DAYS), help="after which it ends by itself (never)")
    create.set_defaults(run=_create_key)
    listed = actions.add_parser("list", help="list a partner's keys: what each may do, until when, when it was used")
    listed.add_argument("partner")
    listed.set_defaults(run=_list_keys)
    rotate = _signed(actions.add_parser("rotate", help="make the key that follows the live one, and give that an end"))
    rotate.add_argument("partner")
    rotate.add_argument("--label", help="of the new one (the old one's)")
    hours = f"until the old one ends ({OVERLAP_HOURS})"
    rotate.add_argument(
        "--overlap", type=whole_number(0, LONGEST_OVERLAP_HOURS), default=OVERLAP_HOURS, metavar="HOURS", help=hours
    )
    rotate.set_defaults(run=_rotate)
    revoke = _signed(actions.add_parser("revoke", help="let a key open nothing any more"), needs_reason=True)
    revoke.add_argument("key", help="its id, as listed, or the whole key; - reads it from standard input")
    revoke.set_defaults(run=_revoke)


def partner_desk(stack: Stack) -> PartnerDesk:
    """For the stage that the stack is deployed as: a key of another one opens nothing in it."""
    stage = TableSettings.load(stack.worker_environment).stage
    return PartnerDesk(DynamoPartners(_table(stack.table)), SystemClock(), stage)


def _create(stack: Stack, given: argparse.Namespace) -> Lines:
    figures = {name: value for name, value in _figures(given).items() if value is not None}
    partner = partner_desk(stack).create(given.partner, given.name, _signature(given), figures)
    yield f"{partner.id} is created; it cannot call anything yet"
    yield f"next: key create {partner.id} --by {given.by}, and its services and plans in the catalog (apply)"


def _list(stack: Stack, given: argparse.Namespace) -> Lines:
    desk = partner_desk(stack)
    return partner_listings.partners(desk.partners.all(), desk.clock.now())


def _show(stack: Stack, given: argparse.Namespace) -> Lines:
    desk = partner_desk(stack)
    partner, default = desk.found(given.partner), AllowanceSettings.load(stack.authorizer_environment).allowance
    changes = desk.partners.changes(partner.id)
    return partner_listings.partner(partner, default, _used(stack, desk, partner), changes, desk.clock.now())


def _suspend(stack: Stack, given: argparse.Namespace) -> Lines:
    partner = partner_desk(stack).suspend(given.partner, _signature(given))
    yield f"{partner.id} is suspended: its keys may read and cancel, and nothing else"
    yield _forget(stack)
    yield f"its subscribers are billed as before: stop partner/{partner.id} --by YOU --because WHY ends that too"


def _resume(stack: Stack, given: argparse.Namespace) -> Lines:
    partner = partner_desk(stack).resume(given.partner, _signature(given))
    yield f"{partner.id} is live again"
    yield _forget(stack)


def _allow(stack: Stack, given: argparse.Namespace) -> Lines:
    figures = {name: value for name, value in _figures(given).items() if getattr(given, name) is not None}
    if not figures:
        raise PartnerInvalid(f"Say what is to change: {', '.join(map(_option, FIGURES))}; a number, or {DEFAULT}.")
    desk = partner_desk(stack)
    partner = desk.allow(given.partner, figures, _signature(given))
    default = AllowanceSettings.load(stack.authorizer_environment).allowance
    yield f"the allowance of {partner.id} is now"
    yield from partner_listings.allowance(partner.allowance, default, _used(stack, desk, partner), desk.clock.now())
    yield _forget(stack)


def _create_key(stack: Stack, given: argparse.Namespace) -> Lines:
    life = timedelta(days=given.days) if given.days else None
    made = partner_desk(stack).create_key(given.partner, _signature(given), given.label, given.scopes, life)
    yield f"key {made.id} of {given.partner}; shown this once, only its SHA-256 is kept:"
    yield made.text


def _list_keys(stack: Stack, given: argparse.Namespace) -> Lines:
    desk = partner_desk(stack)
    partner = desk.found(given.partner)
    return partner_listings.keys(partner, _used(stack, desk, partner), desk.clock.now())


def _rotate(stack: Stack, given: argparse.Namespace) -> Lines:
    desk, overlap = partner_desk(stack), timedelta(hours=given.overlap)
    made, old = desk.rotate(given.partner, _signature(given), overlap, given.label)
    yield f"key {old.id} ends at {old.ends_at:%Y-%m-%d %H:%M:%S}Z"
    if not given.overlap:
        yield _forget(stack)
    elif stack.keys_remembered:
        yield f"API Gateway may remember it for {stack.keys_remembered} seconds longer"
    yield f"key {made.id} of {given.partner} follows it; shown this once, only its SHA-256 is kept:"
    yield made.text


def _revoke(stack: Stack, given: argparse.Namespace) -> Lines:
    key = sys.stdin.readline().strip() if given.key == FROM_STANDARD_INPUT else given.key
    desk = partner_desk(stack)
    partner, key_id = desk.revoke(key, _signature(given))
    yield f"key {key_id} of {partner.id} is revoked"
    yield _forget(stack)
    live = len(partner.live_keys(desk.clock.now()))
    yield f"{partner.id} has {live} live key{'' if live == 1 else 's'}{'' if live else ': it cannot call anything'}"


def _forget(stack: Stack) -> str:
    stage = TableSettings.load(stack.worker_environment).stage
    client = boto3.client("apigateway", config=client_config())
    return RememberedKeys(client, stack.api, stage, stack.keys_remembered).forget()


def _used(stack: Stack, desk: PartnerDesk, partner: Partner) -> list[DayOfUse]:
    counters = DynamoCounters(_table(stack.counters))
    return list(counters.used(partner.id, (desk.clock.now() - KEPT).date()))


def _table(name: str) -> Table:
    return Table(boto3.client("dynamodb", config=client_config()), name)


def _signed(parser: argparse.ArgumentParser, needs_reason: bool = False) -> argparse.ArgumentParser:
    parser.add_argument("--by", required=True, type=said, metavar="WHO", help="who changes it")
    parser.add_argument("--because", required=needs_reason, type=said, metavar="WHY", help="why")
    return parser


def _signature(given: argparse.Namespace) -> Signature:
    return Signature(given.by, given.because or "")


def _add_figures(parser: argparse.ArgumentParser) -> None:
    for name in FIGURES:
        parser.add_argument(_option(name), type=_figure, metavar="N", help=f"a number, or {DEFAULT}")


def _option(figure: str) -> str:
    return f"--{figure.replace('_', '-')}"


def _figure(text: str) -> int | str:
    return DEFAULT if text == DEFAULT else whole_number(1, MOST_A_DAY)(text)


def _figures(given: argparse.Namespace) -> dict[str, int | None]:
    """Those that were given; None for the default."""
    values = {name: getattr(given, name) for name in FIGURES}
    return {name: None if value == DEFAULT else value for name, value in values.items()}


def _scopes(text: str) -> frozenset[ApiScope]:
    try:
        return frozenset(ApiScope(name.strip()) for name in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"one or more of {', '.join(ApiScope)}, with commas between them") from None
