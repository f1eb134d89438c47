"""What goes wrong around a deployed stack: at the provider, in the secret, in the catalog, between queue and worker."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from local.world.secret import SECRET_NAME
from pinbill.domain.catalog import RailName
from pinbill.domain.progress import Outcome, Place, Tried
from pinbill.store.runs import DynamoRuns
from tests.e2e.desk import CATALOG, PARTNER, WEEKLY, Desk
from tests.e2e.functions import restart
from tests.e2e.stacks import own

DOOMED = "doomed-weekly"


@contextmanager
def secret_of(desk: Desk, function: str, text: str) -> Iterator[None]:
    """Let the provider secret be another one, and a function know no better; afterwards it is repaired, no more."""
    client = own(desk.world).client("secretsmanager")
    good = client.get_secret_value(SecretId=SECRET_NAME)["SecretString"]
    client.put_secret_value(SecretId=SECRET_NAME, SecretString=text)
    try:
        restart(desk.world, function)
        yield
    finally:
        client.put_secret_value(SecretId=SECRET_NAME, SecretString=good)


def wrong_key(desk: Desk) -> str:
    """The provider secret with a key that the provider does not accept."""
    text = desk.world.client("secretsmanager").get_secret_value(SecretId=SECRET_NAME)["SecretString"]
    secret: dict[str, Any] = json.loads(text)
    secret["infomedia"]["default"]["key"] = "rotated-away-key"
    desk.secrets.append("rotated-away-key")
    return json.dumps(secret)


def closed_port() -> str:
    """An address on this machine where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}"


def report(desk: Desk, attempt: str, debit: dict[str, Any]) -> int:
    """The provider's charge callback for what it has debited; returns the status of our answer."""
    path = desk.operator.create_callback(PARTNER, "news")
    desk.secrets.append(path.rpartition("/")[2])
    query = {"etid": "5", "success": "1", "transactionStatus": "00", "pt": attempt, "txid": debit["transaction"]}
    number = {"msisdn": debit["msisdn"], "chargeAmount": f"{debit['amount_minor'] / 100:.2f}", "currencyCode": "GBP"}
    return requests.get(desk.world.api_url + path, params=query | number, timeout=40).status_code


def reported_paid(desk: Desk, attempt: str, msisdn: str, minor: int) -> int:
    """The same callback for what the provider has not debited."""
    return report(desk, attempt, {"transaction": f"t-{attempt}", "msisdn": msisdn[1:], "amount_minor": minor})


@contextmanager
def workers_off(desk: Desk) -> Iterator[None]:
    """While it lasts nothing is taken from the queue; what is in it is lost then."""
    client = own(desk.world).client("lambda", repeatable=True)
    mappings = client.list_event_source_mappings()["EventSourceMappings"]
    (uuid,) = (each["UUID"] for each in mappings if ":sqs:" in each["EventSourceArn"])
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    try:
        yield
    finally:
        desk.world.client("sqs").purge_queue(QueueUrl=desk.world.outputs["BillQueueUrl"])
        client.update_event_source_mapping(UUID=uuid, Enabled=True)


def doom(desk: Desk, folder: Path) -> None:
    """Let the first tries of the plan DOOMED have failed today, so many that its guard halts it."""
    (weekly,) = (plan for plan in CATALOG["plans"] if plan["id"] == WEEKLY)
    file = folder / "catalog.json"
    file.write_text(json.dumps(CATALOG | {"plans": [*CATALOG["plans"], weekly | {"id": DOOMED, "limits": {}}]}))
    desk.operator.apply(file)
    desk.active(DOOMED)
    runs, place = DynamoRuns(desk.table), Place(RailName.INFOMEDIA, desk.now().date(), PARTNER, DOOMED)
    assert runs.put(runs.progress(place).with_tries(Tried({Outcome.FAILED: 20}, 9000), Tried()))
