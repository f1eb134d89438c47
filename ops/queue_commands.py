"""The commands for what waits in queues, and for what nobody works on any more."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

import boto3

from ops import queues
from ops.arguments import Commands, Lines, said, whole_number
from ops.dead_letters import MOST, DeadLetters
from ops.queues import Waiting
from ops.stack import Stack
from pinbill.aws.clients import client_config

BILLS, SCHEDULES = "dead-bills", "failed-runs"


def add_queues(commands: Commands) -> None:
    listed = commands.add_parser("queues", help="how much waits in each queue, and for how long")
    listed.set_defaults(run=_queues)
    letters = commands.add_parser("letters", help="list a queue of dead letters by their ids; their text stays in it")
    letters.add_argument("queue", choices=(BILLS, SCHEDULES), nargs="?", default=BILLS, help=f"({BILLS})")
    letters.set_defaults(run=lambda stack, given: _letters(stack, given.queue).show())
    redrive = commands.add_parser("redrive", help="put dead letters that are ours back to work, by the same claim")
    redrive.add_argument("--most", type=whole_number(1, MOST), default=MOST, help=f"messages at most ({MOST})")
    redrive.add_argument("--message", metavar="ID", help="this one only")
    redrive.set_defaults(run=_redrive)
    discard = commands.add_parser("discard", help="take dead letters away; a file keeps what stood in them")
    discard.add_argument("queue", choices=(BILLS, SCHEDULES))
    which = discard.add_mutually_exclusive_group(required=True)
    which.add_argument("--message", metavar="ID", help="this one")
    which.add_argument("--all", action="store_true", help="whatever can be seen now")
    discard.add_argument("--out", required=True, type=Path, help="the file, which only you can read; it is added to")
    discard.add_argument("--by", required=True, type=said, help="who discards it")
    discard.add_argument("--because", required=True, type=said, help="why")
    discard.set_defaults(run=_discard)


def _queues(stack: Stack, given: argparse.Namespace) -> Lines:
    found = (
        Waiting("bills", stack.queue, "groups of bills, to be worked on"),
        Waiting(BILLS, stack.dead_letters, "groups that workers failed on three times; and what is not ours"),
        Waiting(SCHEDULES, stack.failed_runs, "runs of schedules that failed for good; the next run does their work"),
        Waiting("webhooks-aside", stack.webhook_aside, "changes that no partner was told of: webhook aside"),
    )
    sqs, cloudwatch = (boto3.client(name, config=client_config()) for name in ("sqs", "cloudwatch"))
    return queues.listed(sqs, cloudwatch, found, datetime.now(UTC))


def _redrive(stack: Stack, given: argparse.Namespace) -> Lines:
    return _letters(stack, BILLS).redrive(stack.queue, given.most, given.message)


def _discard(stack: Stack, given: argparse.Namespace) -> Lines:
    return _letters(stack, given.queue).discard(given.message, given.out, given.by, given.because)


def _letters(stack: Stack, queue: str) -> DeadLetters:
    url = {BILLS: stack.dead_letters, SCHEDULES: stack.failed_runs}[queue]
    return DeadLetters(boto3.client("sqs", config=client_config()), url)
