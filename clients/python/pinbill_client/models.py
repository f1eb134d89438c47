"""What the API answers. Made from the contract by `make contract-write`: not to be changed by hand.

Times are aware, amounts are decimal texts in major units. A text that is one of some values may get further ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

VERSION = "0.1.0"
# By name: method, path, and whether it takes an Idempotency-Key.
OPERATIONS: dict[str, tuple[str, str, bool]] = {
    "subscribe": ("POST", "/v1/subscriptions", True),
    "resend": ("POST", "/v1/subscriptions/{subscription_id}/pin", True),
    "confirm": ("POST", "/v1/subscriptions/{subscription_id}/confirm", True),
    "charge": ("POST", "/v1/subscriptions/{subscription_id}/charges", True),
    "cancel": ("POST", "/v1/subscriptions/{subscription_id}/cancel", True),
    "pause": ("POST", "/v1/subscriptions/{subscription_id}/pause", True),
    "resume": ("POST", "/v1/subscriptions/{subscription_id}/resume", True),
    "notice": ("POST", "/v1/subscriptions/{subscription_id}/notices", True),
    "opt_out": ("POST", "/v1/subscriptions/{subscription_id}/opt-outs", True),
    "receipt": ("POST", "/v1/subscriptions/{subscription_id}/receipts", True),
    "subscription": ("GET", "/v1/subscriptions/{subscription_id}", False),
    "bills": ("GET", "/v1/subscriptions/{subscription_id}/bills", False),
    "consent": ("GET", "/v1/subscriptions/{subscription_id}/consent", False),
    "plans": ("GET", "/v1/plans", False),
}
AttemptState = Literal["in_flight", "paid", "declined", "pending", "not_sent", "unknown", "not_charged"]
PeriodUnit = Literal["day", "week", "month"]
PinDelivery = Literal["sent", "unknown"]
SubscriptionState = Literal[
    "pending", "trialing", "active", "past_due", "suspended", "paused", "cancelled", "expired", "ended"
]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One payment attempt. `unknown` means: perhaps debited, being found out; never to be read as declined."""

    id: str  # Travels to the provider with the payment, as its reference
    kind: str  # first_bill, renewal, charge
    period: int | None  # Which period is paid; null for a charge on demand
    state: AttemptState
    price: Money
    claimed_at: datetime  # When it was begun
    settled_at: datetime | None  # When its outcome became known; null until then
    code: str | None  # The provider's own code, where it gave one
    # Of a declined attempt: what may be done about it; soft, limit, hard, technical, pin, refused, unlisted
    failure: str | None
    meaning: str | None  # Of a declined attempt: why, in words
    next_step: str | None  # Of a declined attempt: what to do, in words
    provider_reference: str | None  # The provider's reference of the payment
    receipt: Receipt | None  # Of a paid attempt: null where others send it


@dataclass(frozen=True, slots=True)
class Bill:
    """One entry of the ledger: what happened, and the attempt as it was then."""

    sequence: int  # The subscription's sequence number of this entry
    at: datetime
    # attempt_paid, attempt_declined, attempt_pending, attempt_unknown, attempt_not_sent, attempt_not_charged,
    # attempt_needs_decision, excess_debit, refunded
    entry: str
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class BillsAnswer:
    """Ledger entries, newest first; `cursor` continues the listing."""

    bills: list[Bill]
    cursor: str | None  # For the next page; null after the last


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """`receipt` is the same in every answer; null for a subscription that had ended otherwise before."""

    subscription: Subscription
    receipt: CancelReceipt | None


@dataclass(frozen=True, slots=True)
class CancelReceipt:
    """What you may forward to your user: that the cancel was received, and what ends when."""

    id: str  # Of the event that a webhook tells of it
    received_at: datetime
    ends_at: datetime | None  # When the subscription ends, or ended: no access from then
    reason: str | None
    bills_until_then: bool  # Always false: nothing is asked for after the cancel
    open_attempt: str | None  # A payment asked for before; its outcome is still to come


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap that a request would pass; `ends_at` is when a month ends, and null for a single charge."""

    per: str  # charge, month
    price: Money
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that one payment, and all of a calendar month in the plan's zone, may take; null for no cap."""

    per_charge: Money | None
    per_month: Money | None


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge on demand: its `state` is that of its last attempt."""

    id: str  # Opaque; keep it as it is
    state: AttemptState
    price: Money
    description: str  # As you sent it
    created_at: datetime
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class ChargeAnswer:
    """The charge as it now stands."""

    charge: Charge


@dataclass(frozen=True, slots=True)
class ConfirmAnswer:
    """`bill` is null in a free period."""

    subscription: Subscription
    bill: Attempt | None


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """How a user agreed, and to what. No later change is made to it."""

    subscription: str  # Opaque; keep it as it is
    partner: str
    terms: Terms
    stages: list[ConsentStage]  # In the order in which they came
    pin_requested_at: datetime | None  # Of the PIN that was typed, if recorded
    confirmed_at: datetime | None  # When PIN or mandate were accepted; null before
    missing: Missing


@dataclass(frozen=True, slots=True)
class ConsentRules:
    """The parts of `consent` that each stage must show."""

    request: list[str]  # Parts of `consent`; empty for none
    confirm: list[str]  # Parts of `consent`; empty for none
    within_seconds: int  # How long ago the user may have agreed when it is reported


@dataclass(frozen=True, slots=True)
class ConsentStage:
    """One stage as you reported it."""

    stage: str  # request, confirm
    recorded_at: datetime  # When it came to Pinbill
    key: str | None  # The id of the API key that reported it
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was shown of one stage; null for what was not."""

    text: str | None
    text_sha256: str | None
    text_version: str | None
    price: Money | None
    given_at: datetime | None
    method: str | None  # web, app, operator_page, mo_sms
    page: str | None
    second_confirmation: bool | None


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that was not accepted; never what it held."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Parts that the plan requires today and that were not shown."""

    request: list[str]
    confirm: list[str]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of money."""

    amount: str  # Decimal in major units, with all decimals of the currency
    currency: str  # ISO 4217


@dataclass(frozen=True, slots=True)
class Notice:
    """An announced debit. While it is `awaited`, give your user the notice and report it: else it is not made."""

    period: int
    state: str  # awaited, given, opted_out
    price: Money
    bills_at: datetime  # Not before this time is the debit made
    announced_at: datetime
    given_at: datetime | None  # As you reported it


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """The notice that your user must be given before each renewal, in hours."""

    hours: int  # That must lie between the notice and the debit
    lead_hours: int  # That the debit is announced to you before its period begins
    give_up_hours: int  # That a late notice is waited for before the period is skipped


@dataclass(frozen=True, slots=True)
class Pin:
    """The PIN that was last sent; never the PIN itself."""

    delivery: PinDelivery  # `unknown`: the SMS may have gone out, or not
    expires_at: datetime
    tries_used: int  # Confirms with a PIN since it was sent
    sends: int  # PINs sent for this subscription, this one included


@dataclass(frozen=True, slots=True)
class Plan:
    """What is on sale: `price` for every `count` of `unit`, in the local time of `zone`."""

    id: str  # The `plan` of a subscribe call
    name: str
    price: Money
    unit: PeriodUnit
    count: int
    zone: str  # IANA time zone
    trial_days: int  # Of the free period before the first bill; 0 for none
    consent: ConsentRules  # What `consent` must show, stage by stage
    caps: Caps
    notice: NoticeRules | None  # Null where no debit needs one
    countries: list[str]  # Calling codes of the numbers that it is sold to; empty for all


@dataclass(frozen=True, slots=True)
class PlansAnswer:
    """Your plans that are on sale, all of them."""

    plans: list[Plan]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that you owe your user: send it, and report it with POST …/receipts."""

    owed_by: str  # partner


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription. `access` says whether to serve the user; `sequence` grows by one with every journal entry.

    `period_started_at` is of the last settled period, and no pause moves it. `hint` says `top_up` while a renewal waits
    for money: ask the user to top up before `next_bill_at`.
    """

    id: str  # Opaque; keep it as it is
    plan: str  # The id of its plan
    rail: str  # The provider that takes the money; infomedia, signzy
    state: SubscriptionState
    access: bool  # Whether the user is to be served now
    msisdn: str  # The mobile number, masked; `erased` once its user had it erased
    price: Money  # Of one period, as the user agreed to it
    created_at: datetime
    periods_settled: int  # Paid or written off, from the first on
    period_started_at: datetime | None
    next_bill_at: datetime | None  # Null where nothing more will be billed by itself
    hint: str | None  # top_up
    paused_at: datetime | None  # Since when it is paused
    resume_at: datetime | None  # When a pause ends by itself
    cancel_at: datetime | None  # When a cancel at the end of the period takes effect
    ended_at: datetime | None  # When it was cancelled, expired or ended
    end_reason: str | None  # The reason of your cancel, or a word of Pinbill's
    pin: Pin | None  # While it is pending and has one
    open_attempt: Attempt | None  # A payment whose outcome is not known yet
    notice: Notice | None  # Of the next debit, once it is announced
    sequence: int


@dataclass(frozen=True, slots=True)
class SubscriptionAnswer:
    """The subscription as it now stands."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class Terms:
    """What the user agreed to. No later change of the plan applies to this subscription."""

    plan: str
    price: Money
    unit: PeriodUnit
    count: int
    zone: str  # IANA time zone
    trial_days: int
