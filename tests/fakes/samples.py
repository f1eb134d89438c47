"""A partner's catalog and subscriptions to it, as tests need them."""

from dataclasses import replace
from datetime import datetime, timedelta

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.catalog import Plan, RailName, Service
from pinbill.domain.change import Change
from pinbill.domain.journal import Entry
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.periods import Recurrence, Schedule, Unit
from pinbill.domain.starting import subscribe
from pinbill.domain.states import State
from pinbill.domain.subscription import Mandate, Subscription, Timer
from tests.fakes.clock import START

PARTNER = "acme"
MONTHLY = Recurrence(Unit.MONTH, 1)
PAID = BillResult(AttemptState.PAID, code="0", provider_reference="txid-1")
NOT_SENT = BillResult(AttemptState.NOT_SENT, code="connect_failed")


def msisdn(last: int = 123) -> Msisdn:
    """A number of the range that Ofcom keeps free for drama, by its last three digits."""
    return Msisdn.parse(f"+447700900{last:03}")


def mandate(reference: str = "mandate-1") -> Mandate:
    return Mandate(reference, Money(100_000, "INR"))


PHONE_SERVICE = Service(PARTNER, "news", RailName.INFOMEDIA, "Acme News", product_id=101, billing_product_id=202)
BANK_SERVICE = Service(PARTNER, "films", RailName.SIGNZY, "Acme Films")
PHONE_PLAN = Plan(PARTNER, "news-monthly", "news", "Acme News, monthly", Money(450, "GBP"), MONTHLY, "Europe/London")
BANK_PLAN = Plan(
    PARTNER, "films-monthly", "films", "Acme Films, monthly", Money(19_900, "INR"), MONTHLY, "Asia/Kolkata"
)


def pending(
    id: str = "SUB1",
    *,
    plan: Plan = PHONE_PLAN,
    service: Service = PHONE_SERVICE,
    number: Msisdn | None = None,
    mandate: Mandate | None = None,
    now: datetime = START,
) -> tuple[Subscription, Entry]:
    """What subscribing writes first."""
    network = ("234", "10") if service.rail is RailName.INFOMEDIA else None
    return subscribe(id, plan, service, number or msisdn(), network, mandate, now)


def active(id: str = "SUB1", *, number: Msisdn | None = None, now: datetime = START) -> tuple[Subscription, Entry]:
    """A phone-bill subscription that has paid a first period and whose second one is due at `now`."""
    subscription, entry = pending(id, number=number, now=now)
    started = now - timedelta(days=30)  # October 6 to November 5, in winter time by then
    schedule = replace(Schedule.starting(started, "Europe/London", MONTHLY), recurrence=Recurrence(Unit.DAY, 30))
    return (
        replace(
            subscription,
            state=State.ACTIVE,
            recurrence=schedule.recurrence,
            schedule=schedule,
            next_period=2,
            timers={Timer.BILL: now},
        ),
        entry,
    )


def touched(subscription: Subscription) -> Change:
    """A change that writes the subscription alone."""
    return Change.of(subscription).set(activity_tries=subscription.activity_tries + 1)
