"""The subscriptions of a drill, made as partners and users make them: by the shipped use cases, PIN and all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local.drill.arena import PARTNER, PLANS, Arena
from pinbill import bootstrap
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.subscription import Mandate
from pinbill.usecases.pin_request import Subscribe

# Of Ofcom's range for drama; from 900 on the simulated providers have fates of their own for it.
MOST_NUMBERS = 900
PHONE_SHARE = 0.6
NETWORK = {"mcc": "234", "mnc": "02"}
_THREADS = 8
_MAXIMUM_RUPEES = 1500


@dataclass(frozen=True, slots=True)
class Member:
    """One subscription, and how its provider knows it: by number, or by mandate."""

    id: str
    rail: RailName
    msisdn: str
    mandate: str | None = None

    @property
    def scope(self) -> dict[str, object]:
        """Where a fault of the simulated providers applies to this subscription alone."""
        if self.mandate:
            return {"provider": "signzy", "mandate": int(self.mandate)}
        return {"provider": "infomedia", "msisdn": self.msisdn}


def populate(arena: Arena, count: int) -> list[Member]:
    """Subscribe and confirm so many; the bank's first payments are pending until its next day."""
    phones = min(MOST_NUMBERS, round(count * PHONE_SHARE))
    rails = [RailName.INFOMEDIA] * phones + [RailName.SIGNZY] * (count - phones)
    return subscribe_all(arena, [(rail, PLANS[rail]) for rail in rails])


def subscribe_all(arena: Arena, wanted: Sequence[tuple[RailName, str]], first: int = 0) -> list[Member]:
    """Subscribe and confirm one for each rail and plan, by the numbers from the `first` on."""
    make = _maker(arena)
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(make, range(first, first + len(wanted)), wanted))


def _maker(arena: Arena) -> Callable[[int, tuple[RailName, str]], Member]:
    ask = bootstrap.pin_request().run
    confirm = bootstrap.pin_confirm()[0].run

    def make(index: int, wanted: tuple[RailName, str]) -> Member:
        rail, plan = wanted
        msisdn = f"+447700900{index % MOST_NUMBERS:03d}"
        mandate = bank_mandate(arena, msisdn) if rail is RailName.SIGNZY else None
        network = None if mandate else (NETWORK["mcc"], NETWORK["mnc"])
        command = Subscribe(PARTNER, plan, Msisdn.parse(msisdn), network, mandate)
        id = ask.subscribe(command).id
        confirm(PARTNER, id, None if mandate else arena.office.pin(msisdn))
        return Member(id, rail, msisdn, str(mandate.reference) if mandate else None)

    return make


def bank_mandate(arena: Arena, msisdn: str) -> Mandate:
    """One that a user has signed at the simulated bank."""
    made = arena.office.post("/control/mandates", msisdn=msisdn, maxAmount=_MAXIMUM_RUPEES)
    return Mandate(str(made["subReferenceId"]), Money(_MAXIMUM_RUPEES * 100, "INR"))
