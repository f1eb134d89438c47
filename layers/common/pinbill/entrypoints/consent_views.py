"""What partners are shown of how a user agreed, and of the end of that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from pinbill.domain.consent import ConsentRecord, Method, Part, Reported, Stage
from pinbill.domain.events import event_id
from pinbill.domain.journal import Entry
from pinbill.domain.periods import Unit
from pinbill.domain.subscription import Subscription
from pinbill.entrypoints.view_parts import Id, MoneyView, View, one_of
from pinbill.entrypoints.views import SubscriptionView

PLAIN = ("text", "text_sha256", "text_version", "method", "page")


class EvidenceView(View):
    """What was shown of one stage; null for what was not."""

    text: str | None
    text_sha256: str | None
    text_version: str | None
    price: MoneyView | None
    given_at: datetime | None
    method: Annotated[str | None, one_of(Method)]
    page: str | None
    second_confirmation: bool | None

    @classmethod
    def of(cls, said: Mapping[str, str | int]) -> Self:
        plain = {name: str(said[name]) for name in PLAIN if name in said}
        price = MoneyView(amount=str(said["price"]), currency=str(said["currency"])) if "price" in said else None
        given_at = datetime.fromisoformat(str(said["given_at"])) if "given_at" in said else None
        second = True if "second_confirmation" in said else None
        return cls(**dict.fromkeys(PLAIN) | plain, price=price, given_at=given_at, second_confirmation=second)


class ConsentStageView(View):
    """One stage as you reported it."""

    stage: Annotated[str, one_of(Stage)]
    recorded_at: Annotated[datetime, Field(description="When it came to Pinbill.")]
    key: Annotated[str | None, Field(description="The id of the API key that reported it.")]
    evidence: EvidenceView

    @classmethod
    def of(cls, reported: Reported) -> Self:
        evidence = EvidenceView.of(reported.evidence)
        return cls(stage=reported.stage.value, recorded_at=reported.at, key=reported.key or None, evidence=evidence)


class MissingView(View):
    """Parts that the plan requires today and that were not shown."""

    request: list[Annotated[str, one_of(Part)]]
    confirm: list[Annotated[str, one_of(Part)]]


class TermsView(View):
    """What the user agreed to. No later change of the plan applies to this subscription."""

    plan: str
    price: MoneyView
    unit: Unit
    count: int
    zone: Annotated[str, Field(description="IANA time zone.")]
    trial_days: int


class ConsentAnswer(View):
    """How a user agreed, and to what. No later change is made to it."""

    subscription: Id
    partner: str
    terms: TermsView
    stages: Annotated[list[ConsentStageView], Field(description="In the order in which they came.")]
    pin_requested_at: Annotated[datetime | None, Field(description="Of the PIN that was typed, if recorded.")]
    confirmed_at: Annotated[datetime | None, Field(description="When PIN or mandate were accepted; null before.")]
    missing: MissingView

    @classmethod
    def of(cls, subscription: Subscription, record: ConsentRecord) -> Self:
        terms = TermsView(
            plan=subscription.plan_id,
            price=MoneyView.of(subscription.price),
            unit=subscription.recurrence.unit,
            count=subscription.recurrence.count,
            zone=subscription.zone,
            trial_days=subscription.trial_days,
        )
        return cls(
            subscription=subscription.id,
            partner=subscription.partner,
            terms=terms,
            stages=[ConsentStageView.of(stage) for stage in record.stages],
            pin_requested_at=record.pin_requested_at,
            confirmed_at=record.confirmed_at,
            missing=MissingView(**{stage.value: sorted(parts) for stage, parts in record.missing.items()}),
        )


class CancelReceiptView(View):
    """What you may forward to your user: that the cancel was received, and what ends when."""

    id: Annotated[str, Field(description="Of the event that a webhook tells of it.")]
    received_at: datetime
    ends_at: Annotated[datetime | None, Field(description="When the subscription ends, or ended: no access from then.")]
    reason: str | None
    bills_until_then: Annotated[bool, Field(description="Always false: nothing is asked for after the cancel.")]
    open_attempt: Annotated[str | None, Field(description="A payment asked for before; its outcome is still to come.")]

    @classmethod
    def of(cls, subscription: Subscription, entry: Entry) -> Self:
        attempt = subscription.open_attempt
        return cls(
            id=event_id(subscription.id, entry.seq),
            received_at=entry.at,
            ends_at=subscription.ended_at or subscription.cancel_at,
            reason=subscription.end_reason,
            bills_until_then=False,
            open_attempt=attempt.id if attempt else None,
        )


class CancelAnswer(View):
    """`receipt` is the same in every answer; null for a subscription that had ended otherwise before."""

    subscription: SubscriptionView
    receipt: CancelReceiptView | None
