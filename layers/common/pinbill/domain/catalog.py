"""What a partner sells: services (how to bill at a provider) and plans (what, how often, for how much)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from pinbill.domain.caps import NO_CAPS, Caps
from pinbill.domain.consent import NO_RULES, ConsentRules
from pinbill.domain.dunning import Dunning
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.notices import NoticeRules
from pinbill.domain.periods import Recurrence


class RailName(StrEnum):
    INFOMEDIA = "infomedia"
    SIGNZY = "signzy"


class ActivityOrder(StrEnum):
    """Where LogActivity stands: Infomedia's older text puts it before the first bill, its newer one after."""

    BEFORE_BILL = "before_bill"
    AFTER_BILL = "after_bill"


class CatchUp(StrEnum):
    """What becomes of periods that nobody billed in time."""

    BILL_EACH = "bill_each"
    BILL_LATEST = "bill_latest"
    FORGIVE = "forgive"


MOST_DOUBLINGS = 2


@dataclass(frozen=True, slots=True)
class PinRules:
    """Limits of one PIN session. The provider documents none, so these are ours."""

    life: timedelta = timedelta(minutes=10)
    tries: int = 3
    sends: int = 5
    resend_after: timedelta = timedelta(seconds=30)  # after the first; twice that after the second, then four times
    confirm_within: timedelta = timedelta(hours=1)

    def wait_after(self, sends: int) -> timedelta:
        """From the last of so many PINs to the next."""
        return self.resend_after * (1 << min(sends - 1, MOST_DOUBLINGS))


@dataclass(frozen=True, slots=True)
class Service:
    """How a partner's product is known to its provider. Wire names that no document fixes may be changed in `wire`."""

    partner: str
    id: str
    rail: RailName
    name: str  # shown on the bill and in the SMS
    account: str = "default"  # which credentials of the provider secret
    product_id: int = 0  # Infomedia SID
    billing_product_id: int = 0  # Infomedia BPID
    activity_order: ActivityOrder = ActivityOrder.BEFORE_BILL
    receipt_owed_by: str = "infomedia"  # infomedia | bank | partner | nobody
    receipt_because: str = ""  # why nobody owes one
    pin: PinRules = field(default_factory=PinRules)
    wire: Mapping[str, str] = field(default_factory=dict)
    pin_codes: Mapping[str, str] = field(default_factory=dict)  # provider code -> wrong | expired | exhausted
    callback_hash: str | None = None  # SHA-256 of the token in its callback path


@dataclass(frozen=True, slots=True)
class Limits:
    """What a day (UTC) of a plan's bills may come to before billing of the plan is halted. Shares are of 0 to 1.

    `least_paid` counts payments that a bank has taken and not made yet. The bounds hold renewals and retries together.
    """

    least_paid: float = 0.0
    most_failed: float = 0.5  # of first tries: for reasons that are not the subscriber's
    most_of_price: float = 1.5  # that a bill may be on average: older subscriptions keep older prices
    most_bills_a_day: int | None = None
    most_amount_a_day: Money | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan says, beyond the subscription itself, of what may be claimed. They hold for all of its subscriptions,
    also for those that began under others."""

    caps: Caps = NO_CAPS
    notice: NoticeRules | None = None  # None: no debit needs one
    receipt_by_partner: bool = False  # for each payment, as the service says


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sold. Price, recurrence and zone are copied into a subscription when it starts: consent is to those."""

    partner: str
    id: str
    service_id: str
    name: str
    price: Money
    recurrence: Recurrence
    zone: str
    trial_days: int = 0
    catch_up: CatchUp = CatchUp.BILL_LATEST
    catch_up_cap: int = 3  # periods that `bill_each` bills at most for one outage
    dunning: Dunning = field(default_factory=Dunning)
    limits: Limits = field(default_factory=Limits)
    consent: ConsentRules = NO_RULES
    terms: Terms = NO_TERMS
    notice_exempt: str = ""  # why no debit needs a notice, where its rail has a rule
    countries: tuple[str, ...] = ()  # calling codes of the numbers that it is sold to; all, if none is named
    retired: bool = False  # sold no more; renewals go on

    def is_sold_to(self, msisdn: Msisdn) -> bool:
        return not self.countries or msisdn.digits.startswith(self.countries)

    @property
    def caps(self) -> Caps:
        return self.terms.caps

    @property
    def notice(self) -> NoticeRules | None:
        return self.terms.notice
