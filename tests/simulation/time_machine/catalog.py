"""What is sold in the time machine: calendars, zones and policies as different as a catalog can make them."""

from dataclasses import dataclass

from pinbill.domain.catalog import ActivityOrder, CatchUp, Plan, RailName, Service
from pinbill.domain.money import Money
from pinbill.domain.periods import Recurrence, Unit
from tests.fakes.catalog import InMemoryCatalog

PARTNER = "acme"
PHONE, BANK = RailName.INFOMEDIA, RailName.SIGNZY
SERVICES = {PHONE: "news", BANK: "films"}
PRICES = {PHONE: Money(450, "GBP"), BANK: Money(19_900, "INR")}


@dataclass(frozen=True, slots=True)
class Offer:
    """One plan, and its share of the subscriptions in thousandths."""

    share: int
    rail: RailName
    unit: Unit
    count: int
    zone: str
    trial_days: int = 0
    catch_up: CatchUp = CatchUp.BILL_LATEST

    @property
    def plan(self) -> Plan:
        trial = f"-trial{self.trial_days}" if self.trial_days else ""
        id = f"{SERVICES[self.rail]}-{self.count}{self.unit}-{self.zone.rpartition('/')[2].lower()}{trial}"
        every = Recurrence(self.unit, self.count)
        service, price = SERVICES[self.rail], PRICES[self.rail]
        return Plan(PARTNER, id, service, id, price, every, self.zone, self.trial_days, self.catch_up)


# Days and weeks are few: they renew thirty and four times as often, and their arithmetic is that of months. Lord Howe
# changes its clock by half an hour, Santiago at midnight, Kolkata never, Casablanca about Ramadan.
OFFERS = (
    Offer(200, PHONE, Unit.MONTH, 1, "Europe/London"),
    Offer(130, PHONE, Unit.MONTH, 1, "America/New_York", catch_up=CatchUp.BILL_EACH),
    Offer(120, PHONE, Unit.MONTH, 1, "Europe/London", trial_days=7, catch_up=CatchUp.FORGIVE),
    Offer(60, PHONE, Unit.MONTH, 1, "Australia/Lord_Howe"),
    Offer(60, PHONE, Unit.MONTH, 1, "America/Santiago", trial_days=14, catch_up=CatchUp.BILL_EACH),
    Offer(30, PHONE, Unit.MONTH, 3, "Africa/Casablanca"),
    Offer(12, PHONE, Unit.WEEK, 1, "Europe/London", catch_up=CatchUp.BILL_EACH),
    Offer(2, PHONE, Unit.DAY, 1, "Europe/London", catch_up=CatchUp.BILL_EACH),
    Offer(1, PHONE, Unit.DAY, 3, "America/New_York", catch_up=CatchUp.FORGIVE),
    Offer(180, BANK, Unit.MONTH, 1, "Asia/Kolkata"),
    Offer(120, BANK, Unit.MONTH, 1, "Asia/Kolkata", trial_days=30, catch_up=CatchUp.BILL_EACH),
    Offer(60, BANK, Unit.MONTH, 12, "Asia/Kolkata"),
    Offer(20, BANK, Unit.WEEK, 2, "Asia/Kolkata", catch_up=CatchUp.FORGIVE),
    Offer(5, BANK, Unit.DAY, 7, "Asia/Kolkata", trial_days=3),
)
assert sum(offer.share for offer in OFFERS) == 1000


def filled() -> InMemoryCatalog:
    catalog = InMemoryCatalog()
    for rail, id in SERVICES.items():
        order = ActivityOrder.AFTER_BILL
        name = f"Acme {id}"
        catalog.put_service(
            Service(PARTNER, id, rail, name, product_id=92, billing_product_id=91, activity_order=order)
        )
    for offer in OFFERS:
        catalog.put_plan(offer.plan)
    return catalog
