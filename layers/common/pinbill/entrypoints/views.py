"""What partners are shown: numbers masked, money as decimal strings, times in UTC.

An enum stands for a closed set, which stays as it is within v1. A text `one_of` some values may get further ones.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, FailureClass
from pinbill.domain.catalog import Plan, RailName
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.periods import Unit
from pinbill.domain.states import State
from pinbill.domain.subscription import Delivery, Subscription, Timer
from pinbill.entrypoints.rule_views import (
    CapsView,
    ConsentRulesView,
    NoticeRulesView,
    NoticeView,
    ReceiptView,
)
from pinbill.entrypoints.view_parts import Id, MoneyView, View, one_of

NEXT_STEP = {
    FailureClass.SOFT: "Tell the user that the balance was too low; Pinbill tries a renewal again by itself.",
    FailureClass.LIMIT: "Tell the user that a spending limit was reached; Pinbill tries a renewal again later.",
    FailureClass.HARD: "Offer another way to pay: this one will not work.",
    FailureClass.TECHNICAL: "Nothing was taken; Pinbill tries a renewal again by itself.",
    FailureClass.PIN: "Ask the user to type the PIN again, or send a new one.",
    FailureClass.REFUSED: "Tell the operator: the provider refused Pinbill's request.",
    FailureClass.UNLISTED: "Tell the operator: the provider's code is not in the tables, so it is not tried again.",
}


# The kinds of entries that have an attempt.
MONEY = [kind for kind in EntryKind if kind.startswith("attempt_")] + [EntryKind.EXCESS_DEBIT, EntryKind.REFUNDED]


class AttemptView(View):
    """One payment attempt. `unknown` means: perhaps debited, being found out; never to be read as declined."""

    id: Annotated[str, Field(description="Travels to the provider with the payment, as its reference.")]
    kind: Annotated[str, one_of(AttemptKind)]
    period: Annotated[int | None, Field(description="Which period is paid; null for a charge on demand.")]
    state: AttemptState
    price: MoneyView
    claimed_at: Annotated[datetime, Field(description="When it was begun.")]
    settled_at: Annotated[datetime | None, Field(description="When its outcome became known; null until then.")]
    code: Annotated[str | None, Field(description="The provider's own code, where it gave one.")]
    failure: Annotated[str | None, one_of(FailureClass, "Of a declined attempt: what may be done about it.")]
    meaning: Annotated[str | None, Field(description="Of a declined attempt: why, in words.")]
    next_step: Annotated[str | None, Field(description="Of a declined attempt: what to do, in words.")]
    provider_reference: Annotated[str | None, Field(description="The provider's reference of the payment.")]
    receipt: Annotated[ReceiptView | None, Field(description="Of a paid attempt: null where others send it.")]

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls(
            id=attempt.id,
            kind=attempt.kind.value,
            period=attempt.obligation.period,
            state=attempt.state,
            price=MoneyView.of(attempt.amount),
            claimed_at=attempt.claimed_at,
            settled_at=attempt.settled_at,
            code=attempt.code,
            failure=attempt.failure.value if attempt.failure else None,
            meaning=attempt.meaning or None,
            next_step=NEXT_STEP[attempt.failure] if attempt.failure else None,
            provider_reference=attempt.provider_reference,
            receipt=ReceiptView.of(attempt),
        )


class PinView(View):
    """The PIN that was last sent; never the PIN itself."""

    delivery: Annotated[Delivery, Field(description="`unknown`: the SMS may have gone out, or not.")]
    expires_at: datetime
    tries_used: Annotated[int, Field(description="Confirms with a PIN since it was sent.")]
    sends: Annotated[int, Field(description="PINs sent for this subscription, this one included.")]


class SubscriptionView(View):
    """A subscription. `access` says whether to serve the user; `sequence` grows by one with every journal entry.

    `period_started_at` is of the last settled period, and no pause moves it. `hint` says `top_up` while a renewal waits
    for money: ask the user to top up before `next_bill_at`.
    """

    id: Id
    plan: Annotated[str, Field(description="The id of its plan.")]
    rail: Annotated[str, one_of(RailName, "The provider that takes the money.")]
    state: State
    access: Annotated[bool, Field(description="Whether the user is to be served now.")]
    msisdn: Annotated[str, Field(description="The mobile number, masked; `erased` once its user had it erased.")]
    price: Annotated[MoneyView, Field(description="Of one period, as the user agreed to it.")]
    created_at: datetime
    periods_settled: Annotated[int, Field(description="Paid or written off, from the first on.")]
    period_started_at: datetime | None
    next_bill_at: Annotated[datetime | None, Field(description="Null where nothing more will be billed by itself.")]
    hint: Annotated[str | None, one_of(["top_up"])]
    paused_at: Annotated[datetime | None, Field(description="Since when it is paused.")]
    resume_at: Annotated[datetime | None, Field(description="When a pause ends by itself.")]
    cancel_at: Annotated[datetime | None, Field(description="When a cancel at the end of the period takes effect.")]
    ended_at: Annotated[datetime | None, Field(description="When it was cancelled, expired or ended.")]
    end_reason: Annotated[str | None, Field(description="The reason of your cancel, or a word of Pinbill's.")]
    pin: Annotated[PinView | None, Field(description="While it is pending and has one.")]
    open_attempt: Annotated[AttemptView | None, Field(description="A payment whose outcome is not known yet.")]
    notice: Annotated[NoticeView | None, Field(description="Of the next debit, once it is announced.")]
    sequence: int

    @classmethod
    def of(cls, subscription: Subscription) -> Self:
        pin = subscription.pin if subscription.state is State.PENDING else None
        return cls(
            id=subscription.id,
            plan=subscription.plan_id,
            rail=subscription.rail.value,
            state=subscription.state,
            access=subscription.access,
            msisdn=subscription.msisdn.masked,
            price=MoneyView.of(subscription.price),
            created_at=subscription.created_at,
            periods_settled=subscription.next_period - 1,
            period_started_at=subscription.period_started_at,
            next_bill_at=subscription.next_bill_at,
            hint="top_up" if subscription.lacks_funds and subscription.next_bill_at else None,
            paused_at=subscription.paused_at,
            resume_at=subscription.timers.get(Timer.RESUME),
            cancel_at=subscription.cancel_at,
            ended_at=subscription.ended_at,
            end_reason=subscription.end_reason,
            pin=PinView(delivery=pin.delivery, expires_at=pin.expires_at, tries_used=pin.tries, sends=pin.sends)
            if pin
            else None,
            open_attempt=AttemptView.of(subscription.open_attempt) if subscription.open_attempt else None,
            notice=NoticeView.of(subscription.announced) if subscription.announced else None,
            sequence=subscription.seq,
        )


class SubscriptionAnswer(View):
    """The subscription as it now stands."""

    subscription: SubscriptionView


class ConfirmAnswer(View):
    """`bill` is null in a free period."""

    subscription: SubscriptionView
    bill: AttemptView | None


class ChargeView(View):
    """A charge on demand: its `state` is that of its last attempt."""

    id: Id
    state: AttemptState
    price: MoneyView
    description: Annotated[str, Field(description="As you sent it.")]
    created_at: datetime
    attempt: AttemptView

    @classmethod
    def of(cls, charge: Charge) -> Self:
        return cls(
            id=charge.key[:32],
            state=charge.attempt.state,
            price=MoneyView.of(charge.amount),
            description=charge.description,
            created_at=charge.created_at,
            attempt=AttemptView.of(charge.attempt),
        )


class ChargeAnswer(View):
    """The charge as it now stands."""

    charge: ChargeView


class BillView(View):
    """One entry of the ledger: what happened, and the attempt as it was then."""

    sequence: Annotated[int, Field(description="The subscription's sequence number of this entry.")]
    at: datetime
    entry: Annotated[str, one_of(MONEY)]
    attempt: AttemptView


class BillsAnswer(View):
    """Ledger entries, newest first; `cursor` continues the listing."""

    bills: list[BillView]
    cursor: Annotated[str | None, Field(description="For the next page; null after the last.")]

    @classmethod
    def of(cls, entries: Sequence[Entry], cursor: str | None) -> Self:
        return cls(
            bills=[
                BillView(sequence=e.seq, at=e.at, entry=e.kind.value, attempt=AttemptView.of(e.attempt))
                for e in entries
                if e.attempt
            ],
            cursor=cursor,
        )


class PlanView(View):
    """What is on sale: `price` for every `count` of `unit`, in the local time of `zone`."""

    id: Annotated[str, Field(description="The `plan` of a subscribe call.")]
    name: str
    price: MoneyView
    unit: Unit
    count: int
    zone: Annotated[str, Field(description="IANA time zone.")]
    trial_days: Annotated[int, Field(description="Of the free period before the first bill; 0 for none.")]
    consent: Annotated[ConsentRulesView, Field(description="What `consent` must show, stage by stage.")]
    caps: CapsView
    notice: Annotated[NoticeRulesView | None, Field(description="Null where no debit needs one.")]
    countries: Annotated[
        list[str], Field(description="Calling codes of the numbers that it is sold to; empty for all.")
    ]

    @classmethod
    def of(cls, plan: Plan) -> Self:
        return cls(
            id=plan.id,
            name=plan.name,
            price=MoneyView.of(plan.price),
            unit=plan.recurrence.unit,
            count=plan.recurrence.count,
            zone=plan.zone,
            trial_days=plan.trial_days,
            consent=ConsentRulesView.of(plan.consent),
            caps=CapsView.of(plan.caps),
            notice=NoticeRulesView.of(plan.notice) if plan.notice else None,
            countries=list(plan.countries),
        )


class PlansAnswer(View):
    """Your plans that are on sale, all of them."""

    plans: list[PlanView]
