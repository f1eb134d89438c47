"""What partners are shown: numbers masked, money as decimal strings, times in UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from pinbill.domain.attempts import Attempt, FailureClass
from pinbill.domain.catalog import Plan
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry
from pinbill.domain.money import Money
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer

NEXT_STEP = {
    FailureClass.SOFT: "Tell the user that the balance was too low; Pinbill tries a renewal again by itself.",
    FailureClass.LIMIT: "Tell the user that a spending limit was reached; Pinbill tries a renewal again later.",
    FailureClass.HARD: "Offer another way to pay: this one will not work.",
    FailureClass.TECHNICAL: "Nothing was taken; Pinbill tries a renewal again by itself.",
    FailureClass.PIN: "Ask the user to type the PIN again, or send a new one.",
    FailureClass.REFUSED: "Tell the operator: the provider refused Pinbill's request.",
    FailureClass.UNLISTED: "Tell the operator: the provider's code is not in the tables, so it is not tried again.",
}


class MoneyView(BaseModel):
    amount: str
    currency: str

    @classmethod
    def of(cls, money: Money) -> Self:
        return cls(amount=str(money.major), currency=money.currency)


class AttemptView(BaseModel):
    """One payment attempt. `unknown` means: perhaps debited, being found out; never to be read as declined."""

    id: str
    kind: str
    period: int | None
    state: str
    price: MoneyView
    claimed_at: datetime
    settled_at: datetime | None
    code: str | None
    failure: str | None
    meaning: str | None
    next_step: str | None
    provider_reference: str | None

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls(
            id=attempt.id,
            kind=attempt.kind.value,
            period=attempt.obligation.period,
            state=attempt.state.value,
            price=MoneyView.of(attempt.amount),
            claimed_at=attempt.claimed_at,
            settled_at=attempt.settled_at,
            code=attempt.code,
            failure=attempt.failure.value if attempt.failure else None,
            meaning=attempt.meaning or None,
            next_step=NEXT_STEP[attempt.failure] if attempt.failure else None,
            provider_reference=attempt.provider_reference,
        )


class PinView(BaseModel):
    delivery: Literal["sent", "unknown"]
    expires_at: datetime
    tries_used: int
    sends: int


class SubscriptionView(BaseModel):
    """A subscription. `access` says whether to serve the user; `sequence` grows by one with every journal entry.

    `period_started_at` is of the last settled period, and no pause moves it. `hint` says `top_up` while a renewal waits
    for money: ask the user to top up before `next_bill_at`.
    """

    id: str
    plan: str
    rail: str
    state: str
    access: bool
    msisdn: str
    price: MoneyView
    created_at: datetime
    periods_settled: int
    period_started_at: datetime | None
    next_bill_at: datetime | None
    hint: Literal["top_up"] | None
    paused_at: datetime | None
    resume_at: datetime | None
    cancel_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    pin: PinView | None
    open_attempt: AttemptView | None
    sequence: int

    @classmethod
    def of(cls, subscription: Subscription) -> Self:
        pin = subscription.pin if subscription.state is State.PENDING else None
        return cls(
            id=subscription.id,
            plan=subscription.plan_id,
            rail=subscription.rail.value,
            state=subscription.state.value,
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
            pin=PinView(delivery=pin.delivery.value, expires_at=pin.expires_at, tries_used=pin.tries, sends=pin.sends)
            if pin
            else None,
            open_attempt=AttemptView.of(subscription.open_attempt) if subscription.open_attempt else None,
            sequence=subscription.seq,
        )


class SubscriptionAnswer(BaseModel):
    subscription: SubscriptionView


class ConfirmAnswer(BaseModel):
    """`bill` is null in a free period."""

    subscription: SubscriptionView
    bill: AttemptView | None


class ChargeView(BaseModel):
    id: str
    state: str
    price: MoneyView
    description: str
    created_at: datetime
    attempt: AttemptView

    @classmethod
    def of(cls, charge: Charge) -> Self:
        return cls(
            id=charge.key[:32],
            state=charge.attempt.state.value,
            price=MoneyView.of(charge.amount),
            description=charge.description,
            created_at=charge.created_at,
            attempt=AttemptView.of(charge.attempt),
        )


class ChargeAnswer(BaseModel):
    charge: ChargeView


class BillView(BaseModel):
    sequence: int
    at: datetime
    entry: str
    attempt: AttemptView


class BillsAnswer(BaseModel):
    """Ledger entries, newest first; `cursor` continues the listing."""

    bills: list[BillView]
    cursor: str | None

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


class PlanView(BaseModel):
    id: str
    name: str
    price: MoneyView
    unit: str
    count: int
    zone: str
    trial_days: int

    @classmethod
    def of(cls, plan: Plan) -> Self:
        return cls(
            id=plan.id,
            name=plan.name,
            price=MoneyView.of(plan.price),
            unit=plan.recurrence.unit.value,
            count=plan.recurrence.count,
            zone=plan.zone,
            trial_days=plan.trial_days,
        )


class PlansAnswer(BaseModel):
    plans: list[PlanView]
