"""Bodies that partners send. Unknown fields are refused: a misspelt one must not be ignored where money moves."""

import re
from datetime import UTC, datetime
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from pinbill.domain.consent import Consent, Method
from pinbill.domain.money import EXPONENTS, PLAIN, Money
from pinbill.domain.msisdn import E164

# Their text is judged by the domain, which has an error of its own for each; the size of a body bounds their length.
# The contract says what the domain takes.
Amount = Annotated[
    str,
    Field(
        description='Decimal in major units, such as "4.50"; above zero, with no more decimals than the currency.',
        json_schema_extra={"pattern": f"^{PLAIN.pattern}$"},
    ),
]
Currency = Annotated[str, Field(description="ISO 4217.", json_schema_extra={"enum": sorted(EXPONENTS)})]
Number = Annotated[
    str,
    Field(repr=False, description="The mobile number in E.164.", json_schema_extra={"pattern": f"^{E164.pattern}$"}),
]


LONG_NUMBER = re.compile(r"[0-9]{7}")


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


def _address(text: str) -> str:
    """As it is counted: of IPv6 the network, which a provider gives to one customer."""
    try:
        address = ip_address(text)
    except ValueError:
        raise ValueError("not an IP address") from None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


UserIp = Annotated[
    Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:]{2,45}$"), AfterValidator(_address)] | None,
    Field(
        repr=False,
        description="The user's IP address, against abuse: only its place among 64 is counted, for a day.",
    ),
]


class Body(BaseModel):
    # Deferred: a function reads one of these bodies, and loads all of them.
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True, defer_build=True)
    # By what a repeat of an Idempotency-Key is not known again: of this not even a hash may be kept.
    not_compared: ClassVar[tuple[str, ...]] = ()


class NetworkBody(Body):
    """The mobile network of the number, for plans on the phone bill."""

    mcc: Annotated[str, Field(pattern=r"^[0-9]{3}$", description="Mobile country code.")]
    mnc: Annotated[str, Field(pattern=r"^[0-9]{2,3}$", description="Mobile network code.")]


class MandateBody(Body):
    """A mandate that the user has signed with Signzy, for plans by bank mandate."""

    reference: Annotated[str, Field(pattern=r"^[0-9]{1,20}$", description="Signzy's subReferenceId.")]
    max_amount: Amount
    currency: Currency


def _without_number(text: str) -> str:
    if LONG_NUMBER.search(text):
        raise ValueError("holds seven digits or more in a row, which may be a mobile number")
    return text


class PriceBody(Body):
    """The price as the user saw it."""

    amount: Amount
    currency: Currency


class ConsentBody(Body):
    """How the user agreed. GET /v1/plans says what a plan requires; what is sent beyond that must be true as well."""

    text: Annotated[
        Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_without_number)] | None,
        Field(description="The text that the user agreed to; without any number."),
    ] = None
    text_sha256: Annotated[
        str | None, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the text, in place of it.")
    ] = None
    text_version: Annotated[
        str | None, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Your name for the text, in place of it.")
    ] = None
    price: PriceBody | None = None
    given_at: Annotated[Moment | None, Field(description="When: ISO 8601 with its distance to UTC.")] = None
    method: Annotated[Method | None, Field(description="Where the user agreed.")] = None
    page: Annotated[
        Annotated[str, Field(pattern=r"^[^\s?#@\x00-\x1f\x7f]{1,200}$"), AfterValidator(_without_number)] | None,
        Field(description="URL without its query, or version, of the page."),
    ] = None
    second_confirmation: Annotated[
        bool | None, Field(description="That the user confirmed once more after having seen the price.")
    ] = None

    def consent(self) -> Consent:
        price = Money.parse(self.price.amount, self.price.currency) if self.price else None
        fields = {name: value for name, value in self if name != "price"}
        return Consent(price=price, **fields)


class SubscribeBody(Body):
    """`network` for a plan on the phone bill, `mandate` for one by bank mandate."""

    not_compared = ("msisdn", "network", "mandate", "user_ip")  # number and mandate are, with the subscription's own

    plan: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="One of GET /v1/plans.")]
    msisdn: Number
    network: NetworkBody | None = None
    mandate: MandateBody | None = None
    consent: Annotated[ConsentBody | None, Field(description="Of the first stage: the user gave the number.")] = None
    user_ip: UserIp = None


class ConfirmBody(Body):
    """What the user typed."""

    not_compared = ("pin", "user_ip")

    pin: Annotated[
        str | None,
        Field(pattern=r"^[0-9]{3,10}$", repr=False, description="What the user typed; left out for a mandate."),
    ] = None
    consent: Annotated[ConsentBody | None, Field(description="Of the second stage: the user confirmed.")] = None
    user_ip: UserIp = None


class ChargeBody(Body):
    """What is charged, in the currency of the subscription's price."""

    amount: Amount
    currency: Currency
    description: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,100}$", description="Shown on the user's bill.")]


class CancelBody(Body):
    """When it ends, and why."""

    when: Annotated[
        Literal["now", "period_end"], Field(description="At once, or when what is paid for is used up.")
    ] = "now"
    reason: Annotated[
        str, Field(pattern=r"^[a-z0-9_]{1,40}$", description="A word of yours; it becomes `end_reason`.")
    ] = "cancelled_by_partner"


class PauseBody(Body):
    """For how long."""

    resume_at: Annotated[Moment | None, Field(description="ISO 8601 with its distance to UTC.")] = None


class ResumeBody(Body):
    """Empty."""


class ResendBody(Body):
    """The number is the subscription's."""

    not_compared = ("user_ip",)

    user_ip: UserIp = None
