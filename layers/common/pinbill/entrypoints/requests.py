"""Bodies that partners send. Unknown fields are refused: a misspelt one must not be ignored where money moves."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# Their text is judged by the domain, which has an error of its own for each; the size of a body bounds their length.
Amount = Annotated[str, Field(description='Decimal in major units, such as "4.50".', examples=["4.50"])]
Currency = Annotated[str, Field(description="ISO 4217.", examples=["GBP"])]


def _moment(text: object) -> datetime:
    """Pydantic would also take numbers, for seconds or milliseconds by their size, and times that name no zone."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("not a time with its distance to UTC, such as 2027-01-31T09:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("not a time of the years 1 to 9999") from None


Moment = Annotated[datetime, BeforeValidator(_moment)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)


class NetworkBody(Body):
    """The mobile network of the number, for plans on the phone bill."""

    mcc: Annotated[str, Field(pattern=r"^[0-9]{3}$", description="Mobile country code.", examples=["234"])]
    mnc: Annotated[str, Field(pattern=r"^[0-9]{2,3}$", description="Mobile network code.", examples=["02"])]


class MandateBody(Body):
    """A mandate that the user has signed with Signzy, for plans by bank mandate."""

    reference: Annotated[str, Field(pattern=r"^[0-9]{1,20}$", description="Signzy's subReferenceId.")]
    max_amount: Amount
    currency: Currency


class SubscribeBody(Body):
    plan: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    msisdn: Annotated[str, Field(repr=False, description="E.164, such as +447700900123.")]
    network: NetworkBody | None = None
    mandate: MandateBody | None = None


class ConfirmBody(Body):
    pin: Annotated[
        str | None,
        Field(pattern=r"^[0-9]{3,10}$", repr=False, description="What the user typed; left out for a mandate."),
    ] = None


class ChargeBody(Body):
    amount: Amount
    currency: Currency
    description: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,100}$", description="Shown on the user's bill.")]


class CancelBody(Body):
    when: Literal["now", "period_end"] = "now"
    reason: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")] = "cancelled_by_partner"


class PauseBody(Body):
    resume_at: Annotated[Moment | None, Field(description="ISO 8601 with its distance to UTC.")] = None


class ResumeBody(Body):
    """Empty."""


class ResendBody(Body):
    """Empty: the number is the subscription's."""
