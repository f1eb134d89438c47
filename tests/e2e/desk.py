"""A partner's desk at the local world: a catalog of its own, and subscriptions in any state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import requests

from local.journey.actors import BackOffice
from local.seed import desk_of, ensure_partner, move_clock
from local.world import Deployed
from ops.operator import Operator
from ops.partner_desk import PartnerDesk, Signature
from pinbill.store.clocks import read_offset
from pinbill.store.table import Table
from tests.e2e.documented import assert_documented
from tests.e2e.waiting import act_until

PARTNER, RIVAL = "bravo", "rival"
BY = Signature("the tests", "a test says so")
NETWORK = {"mcc": "234", "mnc": "02"}
WEEKLY, TRIAL, BRIEF, QUICK, GONE, BANK = "weekly", "trial", "brief-weekly", "quick-weekly", "gone", "bank-monthly"
RIVALS = "rivals-weekly"
RULED, NOTICED = "ruled-weekly", "noticed-weekly"  # consent, caps and receipts; a notice before each debit
SENDS = 3  # PINs of one subscription to QUICK
PIN_DIGITS = 10  # so long that one in a log or an answer is no accident
TIMEOUT = 40
LEAVERS = 4  # at once

# Numbers below 500 are the journey's; those from 900 have a fate of their own.
_numbers = (f"447700900{last}" for last in range(500, 900))


def provider_credentials(world: Deployed) -> list[str]:
    """Every text of the provider secret."""
    text = world.client("secretsmanager").get_secret_value(SecretId=world.secret_name)["SecretString"]
    return list(_texts(json.loads(text)))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


def _service(id: str, product: int, **more: Any) -> dict[str, Any]:
    codes = {"P1": "wrong", "P2": "expired", "P3": "exhausted", "P4": "expired"}
    products = {"product_id": 92000000 + product, "billing_product_id": 91000000 + product}
    return {
        "partner": PARTNER,
        "id": id,
        "rail": "infomedia",
        "name": f"Bravo {id}",
        **products,
        "pin_codes": codes,
        **more,
    }


def _plan(id: str, service: str, **more: Any) -> dict[str, Any]:
    return {
        "partner": PARTNER,
        "id": id,
        "service": service,
        "name": f"Bravo {id}",
        "price": {"amount": "4.50", "currency": "GBP"},
        "every": {"unit": "week"},
        "zone": "Europe/London",
        "countries": ["44"],
        "limits": {"most_failed": 1},  # one test's trouble halts no other's plan
        **more,
    }


CATALOG = {
    "services": [
        _service("news", 101),
        _service("brief", 102, pin={"life_minutes": 1, "confirm_within_minutes": 5}),
        _service("quick", 103, pin={"sends": SENDS, "resend_after_seconds": 0}),
        _service("ruled", 104, receipt_owed_by="partner"),
        {"partner": PARTNER, "id": "bank", "rail": "signzy", "name": "Bravo bank"},
        _service("news", 201, partner=RIVAL),
    ],
    "plans": [
        _plan(WEEKLY, "news"),
        _plan(TRIAL, "news", trial_days=7),
        _plan(BRIEF, "brief"),
        _plan(QUICK, "quick"),
        _plan(GONE, "news", retired=True),
        _plan(
            BANK,
            "bank",
            price={"amount": "499.00", "currency": "INR"},
            zone="Asia/Kolkata",
            notice={"exempt": "a NACH mandate, says the test"},
        ),
        _plan(NOTICED, "bank", price={"amount": "499.00", "currency": "INR"}, zone="Asia/Kolkata"),
        _plan(
            RULED,
            "ruled",
            consent={"request": ["text", "price"], "confirm": ["second_confirmation"]},
            caps={"per_charge": "5.00", "per_month": "10.00"},
        ),
        _plan(RIVALS, "news", partner=RIVAL),
    ],
}


DESKS: list[Desk] = []  # every one of this session: at its end, whatever they knew is looked for


def only_key(access: PartnerDesk, partner: str) -> str:
    """A new key of the partner, whose earlier ones end: there are two at most."""
    for key in access.partners.partner(partner).live_keys(access.clock.now()):
        access.revoke(key.id, BY)
    return access.create_key(partner, BY).text


@dataclass(frozen=True, slots=True)
class Request:
    """What a partner sends. `body` is sent as JSON unless it is text or bytes; `key` None sends none."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = ""  # "": the partner's own


@dataclass(slots=True)
class Desk:
    """`numbers`, `secrets` and `references` (of mandates) are what must never be seen in an answer or a log."""

    world: Deployed
    table: Table
    operator: Operator
    access: PartnerDesk
    key: str
    rival_key: str
    numbers: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    partner: str = PARTNER
    known: frozenset[str] = frozenset()  # numbers that the simulated providers had seen before
    staying: list[str] = field(default_factory=list)  # subscriptions that nobody has ended yet, as far as we know

    @classmethod
    def open(cls, world: Deployed, folder: Path) -> Self:
        """Make both partners with a key each, and apply their catalog."""
        table = Table(world.client("dynamodb"), world.outputs["TableName"])
        operator, access = Operator(table), desk_of(table, world.stage)
        for id in (PARTNER, RIVAL):
            ensure_partner(access, id)
        catalog = folder / "catalog.json"
        catalog.write_text(json.dumps(CATALOG))
        operator.apply(catalog)
        key, rival_key = (only_key(access, id) for id in (PARTNER, RIVAL))
        desk = cls(world, table, operator, access, key, rival_key)
        if world.is_simulated:
            desk.known = frozenset(desk.office.get("/handset")["numbers"])
            desk.office.post("/control/settings", pin_digits=PIN_DIGITS)
        desk.secrets += [key, rival_key, *provider_credentials(world)]
        DESKS.append(desk)
        return desk

    @property
    def office(self) -> BackOffice:
        """The simulated providers' side."""
        return BackOffice(self.world.simulators_url)

    def send(self, request: Request) -> requests.Response:
        headers = dict(request.headers)
        if request.key is not None:
            headers["x-api-key"] = request.key or self.key
        body = request.body
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        url = self.world.api_url + request.path
        answer = requests.request(request.method, url, data=body, headers=headers, timeout=TIMEOUT)
        assert_documented(request.method, request.path, answer)
        return answer

    def post(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(Request("POST", path, {} if body is None else body, named))

    def number(self) -> str:
        """A number that nobody has used in this session, nor before it at the simulated providers."""
        found = next((number for number in _numbers if number not in self.known), None)
        assert found, "all numbers were used before: make clean, and start again"
        return self.uses(f"+{found}")

    def uses(self, msisdn: str) -> str:
        self.numbers.append(msisdn)
        return msisdn

    def mandate(self, maximum: int = 1000, **more: Any) -> dict[str, str]:
        """A mandate, signed at the bank, as a partner names it; `maximum` in rupees."""
        made = self.office.post("/control/mandates", maxAmount=maximum, **more)
        self.references.append(str(made["subReferenceId"]))
        return {"reference": self.references[-1], "max_amount": f"{maximum}.00", "currency": "INR"}

    def subscribe(self, plan: str = WEEKLY, msisdn: str | None = None) -> str:
        """The id of a new pending subscription on the phone bill."""
        body = {"plan": plan, "msisdn": msisdn or self.number(), "network": NETWORK}
        return self.made(self.post("/v1/subscriptions", body))

    def subscribe_by_mandate(self, mandate: dict[str, str], plan: str = BANK) -> str:
        body = {"plan": plan, "msisdn": self.number(), "mandate": mandate}
        return self.made(self.post("/v1/subscriptions", body))

    def consent(self, **more: Any) -> dict[str, Any]:
        """What the plan RULED wants to be shown when a number is given."""
        price = {"amount": "4.50", "currency": "GBP"}
        return {"text_version": "v7", "price": price, "given_at": self.now().isoformat(), **more}

    def ruled(self) -> str:
        """The id of an active subscription to RULED."""
        msisdn = self.number()
        body = {"plan": RULED, "msisdn": msisdn, "network": NETWORK, "consent": self.consent()}
        id = self.made(self.post("/v1/subscriptions", body))
        second = {"pin": self.pin(msisdn), "consent": {"second_confirmation": True}}
        answer = self.post(f"/v1/subscriptions/{id}/confirm", second)
        assert answer.status_code == 200, answer.text
        return id

    def made(self, answer: requests.Response) -> str:
        assert answer.status_code in (201, 202), answer.text
        self.staying.append(str(answer.json()["subscription"]["id"]))
        return self.staying[-1]

    def leave(self) -> None:
        """End every subscription, so that nobody who moves this world's clock later has their bills made as well."""
        with ThreadPoolExecutor(LEAVERS) as pool:
            answers = list(pool.map(lambda id: self.post(f"/v1/subscriptions/{id}/cancel"), self.staying))
        codes = {answer.json().get("code") for answer in answers if answer.status_code != 200}
        assert codes <= {"subscription_not_found"}, codes  # the rival's, and whom an operator has erased
        self.staying.clear()

    def pin(self, msisdn: str) -> str:
        pin = self.office.pin(msisdn)
        self.secrets.append(pin)
        return pin

    def confirm(self, id: str, pin: str | None) -> requests.Response:
        return self.post(f"/v1/subscriptions/{id}/confirm", {"pin": pin} if pin else {})

    def charge(self, id: str, key: str, amount: str = "1.20", currency: str = "GBP") -> requests.Response:
        body = {"amount": amount, "currency": currency, "description": "100 gems"}
        return self.post(f"/v1/subscriptions/{id}/charges", body, Idempotency_Key=key)

    def active(self, plan: str = WEEKLY, msisdn: str | None = None) -> str:
        """The id of a subscription whose first bill is paid."""
        msisdn = msisdn or self.number()
        id = self.subscribe(plan, msisdn)
        answer = self.confirm(id, self.pin(msisdn))
        assert answer.status_code == 200, answer.text
        return id

    def active_by_mandate(self, maximum: int = 1000, plan: str = BANK) -> str:
        """The id of a subscription whose first charge is SUCCESS before it is answered."""
        id = self.subscribe_by_mandate(self.mandate(maximum, magic="success-now"), plan)
        answer = self.confirm(id, None)
        assert answer.status_code == 200, answer.text
        return id

    def cancelled(self, plan: str = WEEKLY) -> str:
        id = self.active(plan)
        assert self.post(f"/v1/subscriptions/{id}/cancel").status_code == 200
        return id

    def paused(self) -> str:
        id = self.active()
        assert self.post(f"/v1/subscriptions/{id}/pause").status_code == 200
        return id

    def expired(self) -> str:
        """The id of a subscription that nobody confirmed in time."""
        id = self.subscribe(BRIEF)
        self.move_clock(301)
        self.wake_until(id, lambda now_is: now_is["state"] == "expired")
        return id

    def read(self, id: str) -> dict[str, Any]:
        answer = self.send(Request("GET", f"/v1/subscriptions/{id}"))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["subscription"]
        return found

    def move_clock(self, seconds: int) -> None:
        """Move our clock and the providers'; a function may see it up to a second late."""
        move_clock(self.table, self.world.simulators_url, seconds)

    def wake(self, id: str) -> None:
        """Let the worker look at one subscription now, as a message of the queue would."""
        rail = self.read(id)["rail"]
        body = {"v": 1, "rail": rail, "subscriptions": [[self.partner, id]]}
        event = {"Records": [{"messageId": f"wake-{id}", "body": json.dumps(body)}]}
        answer = self.world.invoke("BillWorkerFunction", event)
        assert answer == {"batchItemFailures": []}

    def wake_until(self, id: str, wanted: Any) -> dict[str, Any]:
        """Wake it again and again until it is as wanted: the worker's view of a moved clock is a second old."""

        def look() -> dict[str, Any] | None:
            found = self.read(id)
            return found if wanted(found) else None

        return act_until(f"{id} to be as wanted", lambda: self.wake(id), look, apart=0.5)

    def now(self) -> datetime:
        """The time by our clock."""
        return datetime.now(UTC) + timedelta(seconds=read_offset(self.table))

    def debits(self, id: str) -> list[dict[str, Any]]:
        """What the phone-bill provider really took for a subscription."""
        return [row for row in self.office.debits() if str(row["reference"]).rpartition("-")[0] == id]

    def calls(self, msisdn: str, method: str) -> list[dict[str, Any]]:
        """The calls of a method that the phone-bill provider received for a number, oldest first."""
        found: list[dict[str, Any]] = self.office.get("/control/calls", msisdn=msisdn, method=method)["calls"]
        return found

    def fault(self, name: str, method: str, msisdn: str, times: int | None = 1, **more: Any) -> None:
        """Let the provider go wrong with a number."""
        scope = {"provider": "infomedia", "method": method, "msisdn": msisdn}
        self.office.post("/control/faults", fault=name, times=times, **scope, **more)
