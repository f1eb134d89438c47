"""The commands for partners' webhook endpoints: made, tried, rotated, switched on and off; what they got, and again."""

import argparse
from collections.abc import Callable, Iterator
from datetime import timedelta

import boto3

from ops import webhook_listings
from ops.arguments import Commands, Lines, time_of, whole_number
from ops.keyring import Keyring
from ops.stack import Stack
from ops.webhook_aside import WebhookAside
from pinbill import bootstrap_webhooks
from pinbill.aws.clients import client_config
from pinbill.domain.webhooks import ROTATION
from pinbill.errors import ReplayInvalid
from pinbill.parts import Parts
from pinbill.settings import TableSettings
from pinbill.store.table import Table
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.webhook_endpoints import ManageWebhooks, ShownSecret
from pinbill.usecases.webhook_replays import WebhookReplays

type Run = Callable[[Stack, argparse.Namespace], Lines]

LONGEST_OVERLAP_HOURS = 30 * 24
MOST_LISTED = 1000


def add_webhooks(commands: Commands) -> None:
    webhook = commands.add_parser("webhook", help="partners' webhook endpoints: add, try, rotate, deliveries, replay")
    actions = webhook.add_subparsers(required=True, metavar="add|list|test|rotate|enable|…")
    add = actions.add_parser("add", help="tell an endpoint what happens from now on; its secret is shown once")
    add.add_argument("partner")
    add.add_argument("url", help="https, port 443, a public host")
    add.add_argument("--service", action="append", default=[], help="of this service only; may be given again (all)")
    add.set_defaults(run=_add)
    listed = actions.add_parser("list", help="a partner's endpoints, and how each does")
    listed.add_argument("partner")
    listed.set_defaults(run=_list)
    actions.add_parser("behind", help="every endpoint that fails or is owed events").set_defaults(run=_behind)
    for name, run, text in (
        ("test", _test, "send a ping, and say what it answers"),
        ("enable", _enable, "tell it what happens from now on"),
        ("disable", _disable, "tell it nothing any more"),
        ("remove", _remove, "forget it; its log expires"),
    ):
        _of_endpoint(actions, name, run, text)
    rotate = _of_endpoint(actions, "rotate", _rotate, "a new secret, shown once; the old one signs too for a time")
    hours = int(ROTATION.total_seconds()) // 3600
    rotate.add_argument(
        "--overlap", type=whole_number(0, LONGEST_OVERLAP_HOURS), default=hours, metavar="HOURS", help=f"({hours})"
    )
    deliveries = _of_endpoint(actions, "deliveries", _deliveries, "what it was sent in the last 30 days, newest first")
    deliveries.add_argument("--limit", type=whole_number(1, MOST_LISTED), default=50, help="lines (50)")
    resend = _of_endpoint(actions, "resend", _resend, "send one event again")
    resend.add_argument("event", help="its id, as in evt_…_7")
    _add_replay(_of_endpoint(actions, "replay", _replay, "send a range of events again"))
    aside = actions.add_parser("aside", help="changes that no partner was told of: give them to the retries")
    aside.set_defaults(run=_aside)


def _of_endpoint(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, run: Run, text: str
) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=text)
    action.add_argument("partner")
    action.add_argument("endpoint", help="its id, as listed")
    action.set_defaults(run=run)
    return action


def _add_replay(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("--subscription", help="its events, by --first and --last")
    replay.add_argument("--first", type=whole_number(1, 10**9), default=1, help="sequence number (1)")
    replay.add_argument("--last", type=whole_number(1, 10**9), help="sequence number (the newest)")
    replay.add_argument("--since", type=time_of, help="or what it was sent, or not sent, since then: 2026-11-05T10:00Z")
    replay.add_argument("--until", type=time_of, help="(now)")


def _manage(stack: Stack) -> ManageWebhooks:
    stage = TableSettings.load(stack.worker_environment).stage
    box = Keyring(stack).box
    return bootstrap_webhooks.manage_webhooks(_table(stack), _clock(stack), box, loopback=stage == "local")


def _replays(stack: Stack) -> WebhookReplays:
    return bootstrap_webhooks.webhook_replays(_table(stack), _clock(stack))


def _table(stack: Stack) -> Table:
    return Table(boto3.client("dynamodb", config=client_config()), stack.table)


def _clock(stack: Stack) -> Clock:
    """The stack's own: a test stage may be ahead."""
    return Parts(stack.worker_environment).clock


def _add(stack: Stack, given: argparse.Namespace) -> Lines:
    yield from _shown(_manage(stack).add(given.partner, given.url, given.service))
    yield f"next: webhook test {given.partner} ID"


def _rotate(stack: Stack, given: argparse.Namespace) -> Lines:
    overlap = timedelta(hours=given.overlap)
    yield from _shown(_manage(stack).rotate(given.partner, given.endpoint, overlap))
    yield f"the secret before it signs as well for {given.overlap} hours" if overlap else "the old one signs no more"


def _shown(made: ShownSecret) -> Iterator[str]:
    yield f"endpoint {made.endpoint.id} of {made.endpoint.partner}; its secret, shown this once:"
    yield made.secret


def _list(stack: Stack, given: argparse.Namespace) -> Lines:
    manage = _manage(stack)
    return webhook_listings.endpoints(manage.listed(given.partner), manage.behind(given.partner))


def _behind(stack: Stack, given: argparse.Namespace) -> Lines:
    return webhook_listings.behind(_manage(stack).owing.backlogs.all_behind())


def _test(stack: Stack, given: argparse.Namespace) -> Lines:
    answer = _manage(stack).try_out(given.partner, given.endpoint)
    yield f"{answer.code} after {answer.ms} ms: {'it was taken' if answer.is_delivered else 'it was not taken'}"


def _enable(stack: Stack, given: argparse.Namespace) -> Lines:
    manage = _manage(stack)
    found = manage.endpoints.endpoint(given.partner, given.endpoint)
    manage.enable(given.partner, given.endpoint)
    yield f"{given.endpoint} is told what happens from now on"
    if found.disabled_at is not None:
        since = f"{found.disabled_at:%Y-%m-%dT%H:%MZ}"
        yield f"what was before: webhook replay {given.partner} {given.endpoint} --since {since}"


def _disable(stack: Stack, given: argparse.Namespace) -> Lines:
    _manage(stack).disable(given.partner, given.endpoint)
    yield f"{given.endpoint} is told nothing any more; what happens is kept for a replay for 30 days"


def _remove(stack: Stack, given: argparse.Namespace) -> Lines:
    _manage(stack).remove(given.partner, given.endpoint)
    yield f"{given.endpoint} is removed"


def _deliveries(stack: Stack, given: argparse.Namespace) -> Lines:
    replays, left, cursor = _replays(stack), given.limit, None
    while True:
        page = replays.deliveries(given.partner, given.endpoint, left, cursor)
        yield from map(webhook_listings.delivery, page.rows)
        left, cursor = left - len(page.rows), page.cursor
        if not left or cursor is None:
            return


def _resend(stack: Stack, given: argparse.Namespace) -> Lines:
    _replays(stack).resend(given.partner, given.endpoint, given.event)
    yield f"{given.event} is sent again within a minute or two"


def _replay(stack: Stack, given: argparse.Namespace) -> Lines:
    replays = _replays(stack)
    if (given.subscription is None) is (given.since is None):
        raise ReplayInvalid("Say either --subscription or --since.")
    if given.subscription:
        replays.replay(given.partner, given.endpoint, given.subscription, given.first, given.last)
        yield f"events of {given.subscription} are sent again within a minute or two"
        return
    until, cursor, count = given.until or replays.clock.now(), None, 0
    while True:
        done = replays.replay_time(given.partner, given.endpoint, given.since, until, cursor)
        count, cursor = count + done.subscriptions, done.cursor
        if cursor is None:
            break
    yield f"{count} runs of events are sent again, from the next minute on" if count else "there is nothing to replay"


def _aside(stack: Stack, given: argparse.Namespace) -> Lines:
    sqs, streams = (boto3.client(name, config=client_config()) for name in ("sqs", "dynamodbstreams"))
    manage = _manage(stack)
    return WebhookAside(sqs, streams, stack.webhook_aside, manage.endpoints, manage.owing, manage.clock).give_back()
