"""Bodies in which partners report what they have told their users, or heard of them."""

from typing import Annotated

from pydantic import Field

from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeGiven
from pinbill.domain.receipts import Channel, ReceiptSent
from pinbill.entrypoints.requests import Amount, Body, Currency, Moment

Period = Annotated[int, Field(ge=1, le=100_000, strict=True, description="As `notice` of the subscription says.")]
AttemptId = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,26}-[0-9]{1,10}$", description="The id of a paid attempt.")]


class NoticeBody(Body):
    """The notice as the user got it: `period`, amount and `bills_at` as they were announced."""

    period: Period
    amount: Amount
    currency: Currency
    bills_at: Annotated[Moment, Field(description="The time of the debit that the user was told.")]
    given_at: Annotated[Moment, Field(description="When the user was told.")]

    def notice(self) -> NoticeGiven:
        return NoticeGiven(self.period, Money.parse(self.amount, self.currency), self.bills_at, self.given_at)


class OptOutBody(Body):
    """Which debit the user does not want."""

    period: Period


class ReceiptBody(Body):
    """Which payment the receipt was for, and how it was sent."""

    attempt: AttemptId
    sent_at: Annotated[Moment, Field(description="When the user was sent it.")]
    channel: Annotated[Channel, Field(description="By which way.")]

    def receipt(self) -> ReceiptSent:
        return ReceiptSent(self.attempt, self.sent_at, self.channel)
