"""Subscriptions as they typically are after two years, with names of usual length, and what their providers answer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult, Source
from pinbill.domain.catalog import Plan, RailName, Service
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.dunning import Dunning
from pinbill.domain.periods import Schedule
from pinbill.domain.settlement import settle
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Mandate, Subscription, Timer
from pinbill.providers.infomedia.codes import declined
from pinbill.providers.signzy.codes import PAYMENT_MEANINGS, failure_of
from tests.fakes.clock import START
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PHONE_PLAN, PHONE_SERVICE, mandate, msisdn, pending

PARTNER, ID, OWNER, STAMP = "acme-media", "69a1b2c30123456789abcdef", "0123456789abcdef", "x" * 16
NOW = START + timedelta(microseconds=123_456)
PHONE_REFERENCE, BANK_REFERENCE = "t" * 36, "1234567890"


@dataclass(frozen=True, slots=True)
class Typical:
    """How a rail's renewals are: a plan of two years with names of usual length, and what its provider answers."""

    plan: Plan
    service: Service
    paid_by: Mandate | None
    paid: BillResult
    declined: BillResult
    pending: BillResult

    def active(self, id: str = ID, last_digits: int = 123) -> Subscription:
        began, number = NOW - timedelta(days=700), msisdn(last_digits)
        subscription, _ = pending(
            id, plan=self.plan, service=self.service, number=number, mandate=self.paid_by, now=began
        )
        schedule = Schedule.starting(began, self.plan.zone, self.plan.recurrence)
        known = Activity.LOGGED if self.plan.service_id == PHONE_SERVICE.id else Activity.NONE
        return replace(
            subscription,
            fingerprint="f" * 32,
            state=State.ACTIVE,
            pin=None,
            schedule=schedule,
            next_period=24,
            timers={Timer.BILL: schedule.start(24)},
            version=2_047,
            seq=1_025,
            attempts=23,
            activity=known,
        )

    def due_at(self) -> datetime:
        return self.active().timers[Timer.BILL] + timedelta(microseconds=654_321)

    def claimed(self) -> Subscription:
        return claim_period(self.active(), AttemptKind.RENEWAL, OWNER, self.due_at()).after

    def settled(self, result: BillResult, of: Subscription | None = None) -> Change:
        claimed = of or self.claimed()
        assert claimed.open_attempt is not None
        change = settle(claimed, claimed.open_attempt.id, result, self.due_at() + timedelta(seconds=9), Dunning())
        assert change is not None
        return change


PHONE = Typical(
    replace(PHONE_PLAN, partner=PARTNER, id="news-monthly-uk"),
    replace(PHONE_SERVICE, partner=PARTNER),
    None,
    BillResult(AttemptState.PAID, "00", meaning="Billed.", provider_reference=PHONE_REFERENCE),
    declined("AA", PHONE_REFERENCE),
    BillResult(AttemptState.PENDING, "02", meaning="x" * 40, provider_reference=PHONE_REFERENCE),
)
BANK = Typical(
    replace(BANK_PLAN, partner=PARTNER, id="films-monthly-in"),
    replace(BANK_SERVICE, partner=PARTNER),
    mandate("9" * 20),
    BillResult(
        AttemptState.PAID,
        "SUCCESS",
        meaning=PAYMENT_MEANINGS["SUCCESS"],
        provider_reference=BANK_REFERENCE,
        source=Source.INQUIRY,
    ),
    BillResult(AttemptState.DECLINED, "FAILED", *failure_of("insufficient funds"), provider_reference=BANK_REFERENCE),
    BillResult(AttemptState.PENDING, "PENDING", meaning=PAYMENT_MEANINGS["PENDING"], provider_reference=BANK_REFERENCE),
)
RAILS = {RailName.INFOMEDIA: PHONE, RailName.SIGNZY: BANK}
