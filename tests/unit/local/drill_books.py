"""One subscription's books and its provider's evidence, to which the tests of the drill's judge do harm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from local.drill.accounts import Account
from local.drill.audit import Finding, judge
from local.drill.evidence import Call, Debit, Delivery, Evidence
from local.drill.population import Member
from local.drill.traffic import Cancelled
from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult
from pinbill.domain.catalog import RailName
from pinbill.domain.claims import claim_period
from pinbill.domain.journal import Entry
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.starting import subscribe
from pinbill.domain.subscription import Mandate, Timer
from tests.unit.domain.samples import NOW, NUMBER, PRICE, plan, service, settled

PHONE, BANK = RailName.INFOMEDIA, RailName.SIGNZY
ID, MANDATE, FIRST = "S0001", "100001", "S0001-1"
LATER = NOW + timedelta(minutes=1)


def paid(transaction: str | None = "t-1") -> BillResult:
    return BillResult(AttemptState.PAID, code="00", provider_reference=transaction)


def account(rail: RailName = PHONE, result: BillResult | None = None) -> Account:
    """A subscription whose first bill came to `result`, else is paid, with its journal."""
    mandate = Mandate(MANDATE, replace(PRICE, minor=100_000)) if rail is BANK else None
    network = ("234", "02") if rail is PHONE else None
    made, entry = subscribe(ID, plan(rail), service(rail), Msisdn(NUMBER), network, mandate, NOW)
    claimed = claim_period(made, AttemptKind.FIRST_BILL, "owner-1", NOW).after
    change = settled(claimed, result or paid())
    timers = {**change.after.timers}
    timers.pop(Timer.ACTIVITY, None)
    member = Member(ID, rail, NUMBER, MANDATE if mandate else None)
    return Account(member, replace(change.after, timers=timers), [entry, *change.entries])


def renewed(before: Account, result: BillResult, at: datetime) -> Account:
    """The account after one more renewal was claimed and came to `result`."""
    due = replace(before.subscription, timers={Timer.BILL: at})
    change = settled(claim_period(due, AttemptKind.RENEWAL, "owner-1", at).after, result, at)
    return replace(before, subscription=change.after, entries=[*before.entries, *change.entries])


def entries_but(before: Account, *left_out: Entry) -> Account:
    return replace(before, entries=[entry for entry in before.entries if entry not in left_out])


def debit(reference: str | None = FIRST, transaction: str = "t-1", minor: int = PRICE.minor) -> Debit:
    return Debit(transaction, ID, reference, minor, PRICE.currency)


def call(reference: str | None = FIRST, at: datetime = NOW, fault: str | None = None, outcome: str = "billed") -> Call:
    return Call(ID, at, reference, outcome, 200, fault)


@dataclass(frozen=True, slots=True)
class Case:
    """What the judge is given."""

    debits: tuple[Debit, ...] = (debit(),)
    calls: tuple[Call, ...] = (call(),)
    callbacks: tuple[Delivery, ...] = ()
    cancelled: tuple[Cancelled, ...] = ()

    @property
    def evidence(self) -> Evidence:
        callbacks = {each.reference: [each] for each in self.callbacks}
        return Evidence({ID: self.debits}, {ID: self.calls}, callbacks, (), ())

    def judged(self, of: Account, now: datetime = LATER) -> list[Finding]:
        return judge([of], self.evidence, self.cancelled, now)
