"""Both clients in front of the simulated providers, whose own ledger and journal are the judges."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from local.simulators import SimulatorServer
from pinbill.domain.catalog import RailName, Service
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.periods import Recurrence, Unit
from pinbill.providers.credentials import Credentials
from pinbill.providers.http import Endpoint, Transport
from pinbill.providers.infomedia.client import InfomediaClient
from pinbill.providers.signzy.client import SignzyClient
from pinbill.usecases.calls import BillOrder, PaymentQuery, PinCheck, PinOrder, Subscriber

SECRET: Mapping[str, Any] = {
    "infomedia": {
        "default": {"key": "sandbox-key", "user": "sandbox-user", "password": "sandbox-pass"},
        "old": {"key": "revoked-key-1", "user": "sandbox-user", "password": "sandbox-pass"},
        "stranger": {"key": "sandbox-key", "user": "sandbox-user", "password": "forgotten-pass"},
    },
    "signzy": {
        "default": {"access_key": "sandbox-access-key", "client_id": "ops@acme.test"},
        "old": {"access_key": "revoked-access-key"},
    },
}
SIGNZY_PREFIX = "/api/v3/eNach/eMandates"
NUMBER = "+447700900123"
PRICE, RUPEES = Money(450, "GBP"), Money(19_900, "INR")
READ_TIMEOUT = 20.0  # seconds; a busy machine is slow, and that is not what is tested
# For the faults that leave a call without an answer: the simulators hold the connection longer than we wait.
HOLDING = frozenset({"hang", "timeout_before_debit", "timeout_after_debit"})
HOLD_SECONDS, SHORT_READ_TIMEOUT = 1.5, 0.5


@dataclass
class TextSource:
    """A secret that is simply there; counts the reads past the cache."""

    text: str = field(default_factory=lambda: json.dumps(SECRET))
    fresh_reads: int = 0

    def read(self, fresh: bool) -> str:
        self.fresh_reads += fresh
        return self.text


def infomedia_client(url: str, source: TextSource | None = None, read_timeout: float = READ_TIMEOUT) -> InfomediaClient:
    endpoint = Endpoint(url, "/dcbsb", connect_timeout=5.0, read_timeout=read_timeout)
    return InfomediaClient(Transport(endpoint), Credentials(source or TextSource()))


def signzy_client(
    url: str, source: TextSource | None = None, read_timeout: float = READ_TIMEOUT, prefix: str = SIGNZY_PREFIX
) -> SignzyClient:
    endpoint = Endpoint(url, prefix, connect_timeout=5.0, read_timeout=read_timeout)
    return SignzyClient(Transport(endpoint), Credentials(source or TextSource()))


def phone_service(**more: Any) -> Service:
    codes = {"P1": "wrong", "P2": "expired", "P3": "exhausted", "P4": "wrong"}
    given: dict[str, Any] = {"product_id": 92000000, "billing_product_id": 91000000, "pin_codes": codes} | more
    return Service("acme", "news", RailName.INFOMEDIA, "Acme News", **given)


def bank_service(**more: Any) -> Service:
    return Service("acme", "films", RailName.SIGNZY, "Acme Films", **more)


@dataclass
class Rig:
    """The simulators with both clients."""

    simulator: SimulatorServer
    source: TextSource
    infomedia: InfomediaClient
    signzy: SignzyClient

    def subscriber(self, number: str = NUMBER, **service: Any) -> Subscriber:
        return Subscriber(phone_service(**service), Msisdn.parse(number), ("234", "02"))

    def bill_order(
        self,
        pin: str | None = None,
        number: str = NUMBER,
        reference: str = "SUB1-1",
        price: Money = PRICE,
        **service: Any,
    ) -> BillOrder:
        return BillOrder(self.subscriber(number, **service), price, "Acme News, monthly", reference, pin)

    def pin_order(self, number: str = NUMBER, **service: Any) -> PinOrder:
        return PinOrder(self.subscriber(number, **service), PRICE, Recurrence(Unit.MONTH, 1), "Acme News", "SUB1")

    def pin_check(self, pin: str, number: str = NUMBER, **service: Any) -> PinCheck:
        return PinCheck(self.subscriber(number, **service), "SUB1", pin)

    def pin(self, number: str = NUMBER) -> str:
        """Ask for a PIN and read it off the handset."""
        self.infomedia.send_pin(self.pin_order(number))
        return str(self.inbox(number)[-1]["pin"])

    def inbox(self, number: str = NUMBER) -> list[dict[str, Any]]:
        return self.simulator.world.subscribers.inbox(number.removeprefix("+"))

    def mandate(self, largest: int = 100_000, **more: Any) -> str:
        return str(self.simulator.world.mandates.create(largest, **more)["id"])

    def charge_order(self, mandate: str, amount: Money = RUPEES, **service: Any) -> BillOrder:
        subscriber = Subscriber(bank_service(**service), Msisdn.parse(NUMBER), mandate=mandate)
        return BillOrder(subscriber, amount, "Acme Films, monthly", "SUB1-1")

    def query(
        self,
        mandate: str,
        provider_reference: str | None = None,
        *,
        amount: Money = RUPEES,
        claimed_at: datetime | None = None,
        known: frozenset[str] = frozenset(),
        **service: Any,
    ) -> PaymentQuery:
        subscriber = self.charge_order(mandate, **service).subscriber
        return PaymentQuery(subscriber, amount, claimed_at or self.now(), provider_reference, known)

    def now(self) -> datetime:
        """The simulators' clock."""
        return datetime.fromisoformat(self.simulator.world.clock.stamp()).astimezone(UTC)

    def awaiting(self, fault: str) -> "Rig":
        """This rig with clients that do not wait for an answer which `fault` holds back."""
        if fault not in HOLDING:
            return self
        url = self.simulator.url
        infomedia = infomedia_client(url, self.source, SHORT_READ_TIMEOUT)
        return replace(self, infomedia=infomedia, signzy=signzy_client(url, self.source, SHORT_READ_TIMEOUT))

    def arrived(self, *methods: str) -> list[dict[str, Any]]:
        """The calls of these methods, once there is one: a call that we gave up may not have been noted yet."""
        tick = threading.Event()
        for _ in range(200):
            if found := self.calls(*methods):
                return found
            tick.wait(0.05)
        raise AssertionError(f"no call of {methods} has arrived")

    def fault(self, name: str, method: str | None = None, times: int | None = None, **args: Any) -> None:
        self.simulator.world.faults.add(name, {"methods": [method] if method else None}, times, 0, args)

    def debits(self, **filters: Any) -> list[dict[str, Any]]:
        return self.simulator.world.ledger.view(filters)["debits"]

    def accepted(self) -> list[dict[str, Any]]:
        """Charges that the bank has taken and not yet debited."""
        return self.simulator.world.ledger.view({})["accepted"]

    def calls(self, *methods: str) -> list[dict[str, Any]]:
        """Provider calls that arrived; of all methods if none is named."""
        found = self.simulator.world.calls.find({}, 0, 10_000)
        return [call for call in found if not methods or call["method"] in methods]
