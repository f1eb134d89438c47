"""CPU of the bill worker for one paid renewal, by its own DynamoDB client and, beside it, by boto3's.

The shipped worker, from the queue's message to the log line, in this process; what it talks to in processes of their
own over loopback. Measured is the CPU time of this process, all threads, user and system, for each renewal. Both
clients are measured in turn, so that what else the machine does meets both; the ratio is of two rounds that follow each
other.
"""

import json
import os
import platform
import runpy
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any, TextIO, override
from unittest.mock import patch

import boto3

from bench.renewal_peers import Peer, peer
from bench.renewal_rows import TABLE, environment
from pinbill import bootstrap
from pinbill.aws.clients import client_config
from pinbill.ids import RandomIds
from pinbill.parts import Parts
from pinbill.settings import BillWorkerSettings
from pinbill.store.table import Table
from tests.fakes.samples import PARTNER

SHIPPED, BOTO3 = "shipped client", "boto3's client"
GOAL_MS = 2.0
FUNCTION = Path(__file__).parents[1] / "functions" / "bill_worker" / "app.py"
AMPLE_MS = 900_000  # of the function's remaining time
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE000000000",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "t" * 900,  # about as long as a role's
    "AWS_DEFAULT_REGION": "eu-west-2",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "bill_worker",
}

type Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Setting:
    """How many threads, and the median of what a provider and DynamoDB take, in milliseconds."""

    threads: int
    provider_ms: float
    dynamodb_ms: float


SETTINGS = (Setting(1, 0, 0), Setting(16, 0, 0), Setting(16, 120, 4))


@dataclass(frozen=True, slots=True)
class Load:
    """How much is billed: rounds of so many messages of so many members."""

    rounds: int
    messages: int
    members: int

    @property
    def renewals(self) -> int:
        """Of a round."""
        return self.messages * self.members


@dataclass(slots=True)
class Measured:
    """CPU milliseconds of a renewal, a round each."""

    rounds: list[float] = field(default_factory=list)

    @property
    def spread(self) -> str:
        return f"{min(self.rounds):.2f} to {max(self.rounds):.2f}"


class PartsWithBoto3(Parts):
    @cached_property
    @override
    def table(self) -> Table:
        threads = BillWorkerSettings.load(os.environ).worker_threads
        client = boto3.client("dynamodb", config=client_config(threads), endpoint_url=self.aws_endpoint)
        return Table(client, TABLE)


def worker(aws: Peer, provider: Peer, threads: int, with_boto3: bool) -> Handler:
    """The function as it ships, but perhaps for the table's client."""
    os.environ.update(environment(aws.url, provider.url, threads))
    with patch.object(bootstrap, "Parts", PartsWithBoto3) if with_boto3 else nullcontext():
        handler: Handler = runpy.run_path(str(FUNCTION))["lambda_handler"]
    return handler


def event(load: Load) -> dict[str, Any]:
    """Messages of due subscriptions, whose calls may be made at once."""
    ids, now = RandomIds(), datetime.now(UTC)
    times = {"first": now.isoformat(), "every": 0.0001, "end": (now + timedelta(minutes=10)).isoformat()}

    def body() -> str:
        members = [[PARTNER, ids.subscription()] for _ in range(load.members)]
        return json.dumps({"v": 1, "rail": "infomedia", "subscriptions": members, "times": times})

    return {"Records": [{"messageId": str(at), "body": body()} for at in range(load.messages)]}


def cpu_of_a_renewal(handler: Handler, load: Load) -> float:
    """In milliseconds."""
    given = event(load)
    context = SimpleNamespace(aws_request_id="bench", get_remaining_time_in_millis=lambda: AMPLE_MS)
    before = time.process_time()
    answer = handler(given, context)
    spent = time.process_time() - before
    if answer != {"batchItemFailures": []}:
        raise SystemExit(f"the worker failed: {answer}")
    return spent * 1000 / load.renewals


def measure(setting: Setting, load: Load, show: TextIO) -> None:
    with peer("aws", setting.dynamodb_ms) as aws, peer("infomedia", setting.provider_ms) as provider:
        handlers = {name: worker(aws, provider, setting.threads, name == BOTO3) for name in (SHIPPED, BOTO3)}
        for handler in handlers.values():
            cpu_of_a_renewal(handler, load)  # connections, caches, imports
        calls, measured = Counter[str](), {name: Measured() for name in handlers}
        for _ in range(load.rounds):
            for name, handler in handlers.items():
                _calls(aws, provider)
                measured[name].rounds.append(cpu_of_a_renewal(handler, load))
                if name == SHIPPED:
                    calls.update(_calls(aws, provider))
    for name, found in measured.items():
        took = f"{setting.provider_ms:.0f} / {setting.dynamodb_ms:.0f} ms"
        ratio = median(one / other for one, other in zip(found.rounds, measured[BOTO3].rounds, strict=True))
        show.write(
            f"| {setting.threads} | {took} | {name} | {median(found.rounds):.2f} | {found.spread} | {ratio:.2f} |\n"
        )
    made = (f"{name} {count / load.rounds / load.renewals:.2f}" for name, count in sorted(calls.items()))
    show.write(f"| | | calls of a renewal: {', '.join(made)} | | | |\n")
    show.flush()


def _calls(aws: Peer, provider: Peer) -> Mapping[str, int]:
    return {**aws.calls(), **provider.calls()}


@contextmanager
def quiet() -> Iterator[TextIO]:
    """The worker's log goes nowhere, as if to Lambda's pipe; yields where to print."""
    shown = sys.stdout
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        yield shown


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    for name, usual in (("rounds", 7), ("messages", 10), ("members", 30)):
        parser.add_argument(f"--{name}", type=int, default=usual, help=f"{usual}, if not given")
    load = Load(**vars(parser.parse_args()))
    os.environ.update(ENVIRONMENT)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)
    with quiet() as show:
        begun, busy = time.monotonic(), os.getloadavg()[0]
        show.write(
            f"CPU of the bill worker for a renewal, {load.rounds} rounds of {load.renewals}; goal {GOAL_MS} ms\n\n"
        )
        show.write("| threads | provider / DynamoDB take | client | ms, median | of all rounds | to boto3 |\n")
        show.write("| --- | --- | --- | --- | --- | --- |\n")
        for setting in SETTINGS:
            measure(setting, load, show)
        show.write(
            f"\nPython {platform.python_version()}, {os.cpu_count()} CPUs, load of the machine {busy:.1f} before and"
            f" {os.getloadavg()[0]:.1f} after, {time.monotonic() - begun:.0f} s.\n"
        )


if __name__ == "__main__":
    main()
