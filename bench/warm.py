"""What a warm API handler takes for a request, without the waiting: CPU of the whole handler, less DynamoDB's stand-in.

One subscriber after the other goes the way of a subscription through the shipped handlers: from the PIN to the cancel.
DynamoDB, the counters, KMS and the providers are in memory and answer at once.
"""

import gc
import json
import os
import runpy
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Any, override
from unittest.mock import patch

from bench.bundle import functions, serves_http, variables
from bench.output import OUTPUT
from bench.population import NUMBERS
from bench.report import ROOT, say, table
from bench.settings import TABLE
from ops.partner_desk import new_key_text
from pinbill import bootstrap
from pinbill.domain.allowances import Allowance
from pinbill.domain.partners import ALL_SCOPES, ApiKey, Partner, PartnerChange, with_key
from pinbill.domain.pin_guards import OWN_FIGURES
from pinbill.entrypoints.callers import context_of
from pinbill.parts import PartnerServices, Parts
from pinbill.settings import PinGuardSettings
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.clocks import SystemClock
from pinbill.store.identities import Identities, SealedIdentities
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table
from pinbill.store.wrapping_keys import WrappingKeys
from pinbill.usecases.admit import Admit
from pinbill.usecases.authorize import Caller
from pinbill.usecases.pin_guard import PinGuard
from pinbill.usecases.ports.rails import Rails
from tests.contracts.engines import create_table
from tests.fakes.counters import InMemoryCounters
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.kms import FakeKms
from tests.fakes.rails import FakeMandateRail, FakePhoneRail
from tests.fakes.samples import PARTNER, PHONE_PLAN, PHONE_SERVICE
from tests.fakes.tallies import InMemoryTallies

STAGE = "local"
KEY_TABLE = f"{TABLE}-keys"
GOAL_MS, WARM_UP = 3.0, 20
PLENTY = Allowance(10**6, 10**6, 10**6, 10**6)
SUBSCRIPTION = "/v1/subscriptions/{subscription_id}"

type Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]


class TimedClient:
    """A client whose own time is known."""

    def __init__(self, client: object) -> None:
        self._client = client
        self.spent = 0.0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._client, name)

        def timed(**given: Any) -> Any:
            before = time.thread_time()
            try:
                return call(**given)
            finally:
                self.spent += time.thread_time() - before

        return timed


class Neighbours:
    """All that the handlers call, in memory."""

    def __init__(self) -> None:
        engine = InMemoryDynamoDB(lambda: datetime.now(UTC))
        for name, of in ((TABLE, "Table"), (KEY_TABLE, "KeyTable")):
            create_table(engine.as_client(), name, of)
        self.dynamodb = TimedClient(engine)
        self.kms, self.rails = FakeKms(), Rails(FakePhoneRail(), FakeMandateRail())
        self.key = new_key_text(STAGE)
        own = Table(engine.as_client(), TABLE)
        writer = CatalogWriter(own)
        writer.put_service(PHONE_SERVICE)
        writer.put_plan(PHONE_PLAN)
        now = datetime.now(UTC)
        key = ApiKey(self.key.id, self.key.hash, ALL_SCOPES, "bench", now, "bench")
        partner = with_key(Partner(PARTNER, "Acme", now, "bench"), key)
        assert DynamoPartners(own).put(partner, PartnerChange(now, "bench", "created"), key.id)


class InMemoryParts(Parts):
    neighbours: Neighbours

    @cached_property
    @override
    def dynamodb(self) -> Any:
        return self.neighbours.dynamodb

    @cached_property
    @override
    def identities(self) -> Identities:
        return SealedIdentities(NUMBERS, lambda: self.data_keys)

    @cached_property
    @override
    def wrapping_keys(self) -> WrappingKeys:
        return WrappingKeys(self.key_table, self.neighbours.kms, time.monotonic, time.time)

    @cached_property
    @override
    def rails(self) -> Rails:
        return self.neighbours.rails

    @cached_property
    @override
    def pin_guard(self) -> PinGuard:
        guards = PinGuardSettings.load(self._environ).guards
        return PinGuard(InMemoryTallies(), guards, _unlimited, SystemClock(), self.telemetry)

    @override
    def partner_services[UseCase](self, use_case: UseCase) -> PartnerServices[UseCase]:
        admit = Admit(InMemoryCounters(), SystemClock(), self.telemetry)
        return PartnerServices(use_case, self.logger, self.telemetry, admit)


def _unlimited(partner: str) -> Mapping[str, int]:
    """A partner's own figures: numbers that follow each other look like pumping."""
    return dict.fromkeys(OWN_FIGURES, 10**6)


def request(method: str, resource: str, body: object = None, id: str = "", key: str | None = None) -> dict[str, Any]:
    """As a REST API sends it, with who the authorizer says is calling."""
    caller = Caller(PARTNER, "aaaaaaaaaa", ALL_SCOPES, suspended=False, allowance=PLENTY)
    headers = {"content-type": "application/json", **({"idempotency-key": key} if key else {})}
    return {
        "httpMethod": method,
        "path": resource.replace("{subscription_id}", id),
        "resource": resource,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"subscription_id": id} if id else None,
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"requestId": "bench", "stage": "local", "authorizer": context_of(caller)},
    }


def way(number: int, key: str) -> Generator[tuple[str, dict[str, Any]], Mapping[str, Any]]:
    """The folder of each function that a subscriber's way goes through, and its event; is sent what was answered."""
    yield "authorizer", {"type": "REQUEST", "methodArn": "arn", "headers": {"x-api-key": key}}
    subscribe = {"plan": PHONE_PLAN.id, "msisdn": f"+447700900{number:03}", "network": {"mcc": "234", "mnc": "02"}}
    answer = yield "pin_request", request("POST", "/v1/subscriptions", subscribe)
    id = json.loads(answer["body"])["subscription"]["id"]
    yield "pin_confirm", request("POST", f"{SUBSCRIPTION}/confirm", {"pin": "246810"}, id)
    charge = {"amount": "1.20", "currency": "GBP", "description": "100 gems"}
    yield "charge", request("POST", f"{SUBSCRIPTION}/charges", charge, id, f"bench-charge-{number}")
    yield "read", request("GET", SUBSCRIPTION, None, id)
    yield "pause", request("POST", f"{SUBSCRIPTION}/pause", {}, id)
    yield "pause", request("POST", f"{SUBSCRIPTION}/resume", {}, id)
    yield "cancel", request("POST", f"{SUBSCRIPTION}/cancel", {"when": "now"}, id)


@contextmanager
def handlers(neighbours: Neighbours) -> Iterator[Mapping[str, Handler]]:
    """The shipped handlers among these neighbours, by their folders; what they log goes nowhere."""
    parts = type("TheseParts", (InMemoryParts,), {"neighbours": neighbours})
    environ: dict[str, str] = {}
    # Theirs last, whose times are the shorter.
    for logical_id in sorted(functions(), key=lambda each: serves_http(functions()[each])):
        environ |= variables(logical_id)
    environ |= {"PINBILL_STAGE": STAGE, "PINBILL_TABLE": TABLE, "PINBILL_KEY_TABLE": KEY_TABLE}
    environ |= {"PINBILL_TEST_CLOCK": "false"}
    with ExitStack() as held:
        held.enter_context(patch.dict(os.environ, environ))
        held.enter_context(patch.object(bootstrap, "Parts", parts))
        held.enter_context(patch.object(sys, "stdout", OUTPUT))
        folders = ("authorizer", "pin_request", "pin_confirm", "charge", "read", "pause", "cancel")
        paths = {folder: ROOT / "functions" / folder / "app.py" for folder in folders}
        yield {folder: runpy.run_path(str(path))["lambda_handler"] for folder, path in paths.items()}


def milliseconds(subscribers: int) -> Mapping[str, list[float]]:
    """Of each function's requests, in their order. Raises SystemExit for an answer that is an error."""
    neighbours, spent = Neighbours(), defaultdict[str, list[float]](list)
    context = SimpleNamespace(aws_request_id="bench", get_remaining_time_in_millis=lambda: 29_000)
    with handlers(neighbours) as found:
        gc.collect()
        for number in range(subscribers):
            # What this process holds beside the handlers, rows of what stands for DynamoDB above all, is no garbage of
            # theirs: they leave nothing that only a collection could find.
            gc.freeze()
            steps = way(number, neighbours.key.text)
            folder, event = next(steps)
            while True:
                before, outside = time.thread_time(), neighbours.dynamodb.spent
                answer = found[folder](event, context)
                took = time.thread_time() - before - (neighbours.dynamodb.spent - outside)
                if answer.get("statusCode", 200) >= 300:
                    raise SystemExit(f"{folder} answered {answer['statusCode']}: {answer['body']}")
                spent[folder].append(took * 1000)
                try:
                    folder, event = steps.send(answer)
                except StopIteration:
                    break
    return spent


def report(subscribers: int) -> None:
    head = ("API handler", "requests", "ms, median", "p99", "most", f"goal {GOAL_MS:.0f} ms p99")
    rows = []
    for folder, times in milliseconds(subscribers + WARM_UP).items():
        warm = times[len(times) * WARM_UP // (subscribers + WARM_UP) :]
        p99 = quantiles(warm, n=100)[98]
        verdict = "yes" if p99 <= GOAL_MS else "**no**"
        rows.append((folder, len(warm), f"{median(warm):.2f}", f"{p99:.2f}", f"{max(warm):.2f}", verdict))
    say(*table(head, rows))
