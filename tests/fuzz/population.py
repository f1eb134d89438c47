"""Whom generated requests are about: subscriptions in every state for each operation, numbers with a fate, mandates."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from contract.breaking import operations
from tests.e2e.desk import BANK, BRIEF, GONE, NETWORK, NOTICED, QUICK, RULED, TRIAL, WEEKLY, Desk
from tests.unit.contract.kept import contract

# Of the drama range; none has a fate of its own.
OWN = range(100, 450)
SOLD_TO = [f"+447700900{ending}" for ending in range(450, 490)]
MANDATE_TROUBLE = ["fails-at-once", "drop-before-debit", "throttle", "http-500", "http-502", "garbage", "callback-lost"]
# What bills, PIN requests and activity calls come to; all of it is answered at once.
BILL_FAULTS = ["throttle", "http_500", "drop_before_debit", "drop_after_debit", "bar", "decline", "refuse", "garbage"]
PIN_FAULTS = ["throttle", "http_500", "refuse", "garbage"]
# Every operation on one subscription has some of its own.
OPERATIONS = sorted(
    operation["operationId"] for label, operation in operations(contract()) if "{subscription_id}" in label
)


@dataclass(frozen=True, slots=True)
class Population:
    """`subscriptions` by operation, so that no operation spoils those of another; `pins` by subscription."""

    subscriptions: Mapping[str, list[str]]
    pins: Mapping[str, str]
    numbers: list[str]
    mandates: list[dict[str, str]]
    plans: list[str]
    bank: list[str]
    network: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def populate(desk: Desk, times: int) -> Population:
    """`times` is how often each operation gets a subscription of each kind."""
    founder = _Founder(desk)
    subscriptions = {operation: [one() for _ in range(times) for one in founder.kinds()] for operation in OPERATIONS}
    subscriptions["resend"] += [founder.pending(QUICK) for _ in range(5)]
    subscriptions["confirm"] += [founder.doubtful(fault) for fault in BILL_FAULTS]
    subscriptions["confirm"] += [founder.doubtful("http_500", "LogActivity")]
    subscriptions["confirm"] += [desk.subscribe_by_mandate(desk.mandate(magic=fate)) for fate in MANDATE_TROUBLE]
    subscriptions["charge"] += [founder.troubled(fault) for fault in BILL_FAULTS]
    for fault, number in zip(PIN_FAULTS, SOLD_TO, strict=False):
        desk.fault(fault, "PinGenerateWithParams", number, times=None)
    mandates = [desk.mandate(maximum) for maximum in (400, 500, 1000)] + [
        desk.mandate(magic=fate) for fate in MANDATE_TROUBLE
    ]
    desk.numbers += SOLD_TO
    plans = [WEEKLY, TRIAL, QUICK, BRIEF, RULED, BANK, NOTICED, GONE]
    return Population(subscriptions, founder.pins, SOLD_TO, mandates, plans, [BANK, NOTICED], NETWORK)


class _Founder:
    def __init__(self, desk: Desk) -> None:
        self.pins: dict[str, str] = {}
        self._desk = desk
        self._numbers = itertools.cycle(f"+447700900{ending}" for ending in OWN)

    def kinds(self) -> list[Callable[[], str]]:
        return [
            self.pending,
            lambda: self._confirmed(WEEKLY),
            lambda: self._confirmed(TRIAL),
            lambda: self._then(self._confirmed(WEEKLY), "pause"),
            lambda: self._then(self._confirmed(WEEKLY), "cancel"),
            self._desk.active_by_mandate,
            lambda: self._desk.active_by_mandate(plan=NOTICED),
            self._desk.ruled,
        ]

    def pending(self, plan: str = WEEKLY, msisdn: str | None = None) -> str:
        msisdn = self._desk.uses(msisdn or next(self._numbers))
        id = self._desk.subscribe(plan, msisdn)
        self.pins[id] = self._desk.pin(msisdn)
        return id

    def doubtful(self, fault: str, method: str = "SendBillWithPIN") -> str:
        """A pending subscription whose confirms all come to the same trouble."""
        msisdn = next(self._numbers)
        self._desk.fault(fault, method, msisdn, times=None)
        return self.pending(WEEKLY, msisdn)

    def troubled(self, fault: str) -> str:
        """An active subscription whose charges all come to the same trouble."""
        msisdn = next(self._numbers)
        id = self._confirmed(WEEKLY, msisdn)
        self._desk.fault(fault, "SendBill", msisdn, times=None)
        return id

    def _confirmed(self, plan: str, msisdn: str | None = None) -> str:
        id = self.pending(plan, msisdn)
        assert self._desk.confirm(id, self.pins[id]).status_code == 200
        return id

    def _then(self, id: str, what: str) -> str:
        assert self._desk.post(f"/v1/subscriptions/{id}/{what}").status_code == 200
        return id
