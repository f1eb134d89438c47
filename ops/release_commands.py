"""The commands for the versions that callers have: after a bad deployment, back to those of before."""

import argparse
from typing import TYPE_CHECKING

import boto3

from ops import releases
from ops.arguments import Commands, Lines, time_of
from ops.stack import Stack
from pinbill.aws.clients import client_config

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def add_releases(commands: Commands) -> None:
    versions = commands.add_parser("versions", help="which version the callers of each function have, and since when")
    versions.set_defaults(run=lambda stack, _: releases.listed(releases.releases(_client(), stack.functions)))
    back = commands.add_parser("back", help="give the callers of all functions the versions of before a deployment")
    back.add_argument("--before", required=True, type=time_of, help="the deployment began, as in 2026-11-05T10:00Z")
    back.set_defaults(run=_back)
    forward = commands.add_parser("forward", help="give them the newest versions again: before the next deployment")
    forward.set_defaults(run=_forward)
    for command in (back, forward):
        command.add_argument("--yes", action="store_true", help="do it; without, only say what it would do")


def _back(stack: Stack, given: argparse.Namespace) -> Lines:
    client = _client()
    return releases.back(client, releases.releases(client, stack.functions), given.before, confirmed=given.yes)


def _forward(stack: Stack, given: argparse.Namespace) -> Lines:
    client = _client()
    return releases.forward(client, releases.releases(client, stack.functions), confirmed=given.yes)


def _client() -> "LambdaClient":
    return boto3.client("lambda", config=client_config())
