"""The rows of one renewal as the shipped store writes them, and the worker's environment and secret to go with them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dateutil.relativedelta import relativedelta

from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult
from pinbill.domain.claims import claim_period
from pinbill.domain.periods import Schedule
from pinbill.domain.sealed import Sealed
from pinbill.domain.settlement import settle
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Subscription, Timer
from pinbill.store import keys
from pinbill.store.catalog_items import plan_out, service_out
from pinbill.store.identities import NUMBER, NUMBER_BYTES
from pinbill.store.items import Item
from pinbill.store.journal_items import entry_out
from pinbill.store.numbers import Numbers
from pinbill.store.sealing import seal
from pinbill.store.subscription_items import subscription_out
from pinbill.store.tails import carrying
from tests.fakes.samples import MONTHLY, PARTNER, PHONE_PLAN, PHONE_SERVICE, msisdn, pending

TABLE, KEY_TABLE, SHARDS = "pinbill-bench", "pinbill-bench-keys", 4
NUMBER_KEY = "5a" * 32
KEY, WRAPPING_KEY, WRAPPER = b"k" * 32, b"w" * 32, "6901f2c04a2b"
IN_THE_STEAD = b"\x01" * 37  # of a sealed number, in the item that stands for all
TEMPLATE_ID = "0" * 24  # in the place of every subscription's id
PERIOD = 24  # that is due: after two years
STAMP, OWNER = "Zk3pQ9sLm2Xy7TcA", "0123456789abcdef"
PROVIDER_REFERENCE = "b2f7c0de-5f0e-4c52-9a51-77a1f0f4f001"
SECRET = json.dumps(
    {
        "infomedia": {"default": {"key": "k" * 32, "user": "acme-user", "password": "p" * 16}},
        "number_key": NUMBER_KEY,
    }
)


@dataclass(frozen=True, slots=True)
class Rows:
    """A due subscription, with the newest entry inside as a renewal leaves it, and what is read with it."""

    subscription: Item
    entry: Item
    plan: Item
    service: Item


def due_rows() -> Rows:
    numbers = Numbers(lambda: bytes.fromhex(NUMBER_KEY))
    claimed = claim_period(_paying(numbers), AttemptKind.RENEWAL, OWNER, _last_month())
    assert claimed.after.open_attempt is not None
    paid = BillResult(AttemptState.PAID, "00", meaning="Billed.", provider_reference=PROVIDER_REFERENCE)
    change = settle(claimed.after, claimed.after.open_attempt.id, paid, _last_month(), PHONE_PLAN.dunning)
    assert change is not None
    entry = entry_out(PARTNER, TEMPLATE_ID, change.entries[0])
    item = carrying(subscription_out(change.after, SHARDS), entry)
    stamp = {"write_id": STAMP}
    return Rows({**item, **stamp}, {**entry, **stamp}, plan_out(PHONE_PLAN), service_out(PHONE_SERVICE))


def environment(aws: str, provider: str, threads: int) -> Mapping[str, str]:
    """Of the bill worker, as the template sets it. The addresses are loopback's."""
    pinbill = {
        "STAGE": "local",
        "TABLE": TABLE,
        "AWS_ENDPOINT": aws,
        "KEY_TABLE": KEY_TABLE,
        "KMS_KEY": "alias/pinbill-bench",
        "DUE_SHARDS": str(SHARDS),
        "PROVIDER_SECRET": "pinbill/bench",
        "INFOMEDIA_BASE_URL": provider,
        "INFOMEDIA_PREFIX": "/dcbsb",
        "SIGNZY_BASE_URL": provider,
        "SIGNZY_PREFIX": "/emandates",
        "PROVIDER_CONNECT_TIMEOUT": "3",
        "PROVIDER_READ_TIMEOUT": "45",
        "WORKER_THREADS": str(threads),
        "BILL_QUEUE_URL": f"{aws}/queue",
        "INFOMEDIA_RATE": "10000",
        "SIGNZY_RATE": "1",
    }
    return {f"PINBILL_{name}": value for name, value in pinbill.items()}


def number_of(id: str) -> bytes:
    """The number of a subscription, sealed as the shipped store seals it."""
    number = int(msisdn().digits).to_bytes(NUMBER_BYTES)
    return seal(KEY, number, f"{PARTNER}#{id}#{NUMBER}")


def key_of(id: str) -> Item:
    """The row of a subscription's key."""
    wrapped = seal(WRAPPING_KEY, KEY, f"{PARTNER}#{id}#key#{WRAPPER}")
    return {"pk": keys.subscription_pk(PARTNER, id), "sealed": wrapped, "wrapper": WRAPPER}


def _paying(numbers: Numbers) -> Subscription:
    """As it was before its last payment."""
    subscription, _ = pending(TEMPLATE_ID, now=_last_month() - timedelta(days=700))
    anchor = datetime.now(UTC) - timedelta(hours=6) - relativedelta(months=PERIOD - 1)
    schedule = Schedule.starting(anchor, PHONE_PLAN.zone, MONTHLY)
    return replace(
        subscription,
        msisdn=Sealed(msisdn().masked, IN_THE_STEAD),
        fingerprint=numbers.fingerprint(msisdn()),
        state=State.ACTIVE,
        pin=None,
        schedule=schedule,
        next_period=PERIOD - 1,
        timers={Timer.BILL: schedule.start(PERIOD - 1)},
        version=47,
        seq=24,
        attempts=PERIOD - 2,
        activity=Activity.LOGGED,
    )


def _last_month() -> datetime:
    return datetime.now(UTC) - relativedelta(months=1)
