"""What partners are shown of the rules of a plan, and of what they owe by them."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import Field

from pinbill.domain.attempts import Attempt, AttemptState
from pinbill.domain.caps import Caps
from pinbill.domain.consent import ConsentRules, Part
from pinbill.domain.notices import Notice, NoticeRules
from pinbill.domain.receipts import PARTNER
from pinbill.entrypoints.view_parts import MoneyView, View, one_of

HOUR = timedelta(hours=1)
NOTICE_STATES = ("awaited", "given", "opted_out")

Parts = Annotated[list[Annotated[str, one_of(Part)]], Field(description="Parts of `consent`; empty for none.")]


class ConsentRulesView(View):
    """The parts of `consent` that each stage must show."""

    request: Parts
    confirm: Parts
    within_seconds: Annotated[int, Field(description="How long ago the user may have agreed when it is reported.")]

    @classmethod
    def of(cls, rules: ConsentRules) -> Self:
        return cls(
            request=sorted(rules.request),
            confirm=sorted(rules.confirm),
            within_seconds=int(rules.within.total_seconds()),
        )


class CapsView(View):
    """The most that one payment, and all of a calendar month in the plan's zone, may take; null for no cap."""

    per_charge: MoneyView | None
    per_month: MoneyView | None

    @classmethod
    def of(cls, caps: Caps) -> Self:
        return cls(
            per_charge=MoneyView.of(caps.per_charge) if caps.per_charge else None,
            per_month=MoneyView.of(caps.per_month) if caps.per_month else None,
        )


class NoticeRulesView(View):
    """The notice that your user must be given before each renewal, in hours."""

    hours: Annotated[int, Field(description="That must lie between the notice and the debit.")]
    lead_hours: Annotated[int, Field(description="That the debit is announced to you before its period begins.")]
    give_up_hours: Annotated[int, Field(description="That a late notice is waited for before the period is skipped.")]

    @classmethod
    def of(cls, rules: NoticeRules) -> Self:
        hours = (rules.least // HOUR, rules.lead // HOUR, rules.give_up // HOUR)
        return cls(hours=hours[0], lead_hours=hours[1], give_up_hours=hours[2])


class NoticeView(View):
    """An announced debit. While it is `awaited`, give your user the notice and report it: else it is not made."""

    period: int
    state: Annotated[str, one_of(NOTICE_STATES)]
    price: MoneyView
    bills_at: Annotated[datetime, Field(description="Not before this time is the debit made.")]
    announced_at: datetime
    given_at: Annotated[datetime | None, Field(description="As you reported it.")]

    @classmethod
    def of(cls, notice: Notice) -> Self:
        given = "given" if notice.given_at is not None else "awaited"
        return cls(
            period=notice.period,
            state=given if notice.opted_out_at is None else "opted_out",
            price=MoneyView.of(notice.amount),
            bills_at=notice.bills_at,
            announced_at=notice.announced_at,
            given_at=notice.given_at,
        )


class ReceiptView(View):
    """A receipt that you owe your user: send it, and report it with POST …/receipts."""

    owed_by: Annotated[str, one_of([PARTNER])]

    @classmethod
    def of(cls, attempt: Attempt) -> Self | None:
        is_owed = attempt.receipt_by_partner and attempt.state is AttemptState.PAID
        return cls(owed_by=PARTNER) if is_owed else None


class CapView(View):
    """A cap that a request would pass; `ends_at` is when a month ends, and null for a single charge."""

    per: Annotated[str, one_of(["charge", "month"])]
    price: MoneyView
    ends_at: datetime | None
