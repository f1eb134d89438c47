"""The guards against guessed PINs and pumped SMS: their figures, as data with defaults.

A pumper's mark is codes that are never confirmed, to numbers that lie side by side. So what is bounded is not how much
is sent but how much of it is unconfirmed: each number counts one up, each confirmed PIN one down and `credit` more.
Each partner has its own counts: who pumps through one partner's page stops nobody at another's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pinbill.domain.allowances import Span
from pinbill.domain.msisdn import Msisdn
from pinbill.errors import PartnerInvalid

DAY, SOON = timedelta(hours=24), timedelta(minutes=10)
CELLS = 64  # in which a partner's users are counted by their address: a row stays below a kilobyte
PREFIX_DIGITS, BLOCK_DIGITS = 6, 2
PREFIX_DAYS = 2  # a slow pumper would have a fresh figure each morning
LEFT_DIGITS = 5  # of a number that its prefix never takes: it is no number by far, and stands for many
SMS, OF_ONE = "n", "u"  # all SMS of a partner; the unconfirmed ones of what a row is about
WHOLE = 100  # an SMS is counted in hundredths, because of `credit`
PRICE_PARTS = 10_000
MOST_FIGURE = 10_000_000


class Guard(StrEnum):
    """What has refused; for the operator's metrics, never for an answer."""

    NUMBER = "number"
    BLOCK = "block"
    PREFIX = "prefix"
    ADDRESS = "address"
    PARTNER = "partner"
    SPENDING = "spending"


@dataclass(frozen=True, slots=True)
class Guards:
    """Figures by name. "Any" spans slide, days are of UTC. `tries*` weigh: see number_use."""

    tries_a_number: int = 10  # of PINs, any 24 hours, over all partners
    tries: int = 4  # of one partner for one number, any 24 hours
    sms_a_number: int = 16  # any 24 hours, over all partners
    sms_a_number_soon: int = 10  # any ten minutes
    sms: int = 6  # of one partner to one number, any 24 hours
    sms_soon: int = 4  # any ten minutes
    pins: int = 2  # of different services of one partner that one number may hold at once
    unconfirmed_a_block: int = 8  # numbers of one partner, in 1/100 of a prefix, in PREFIX_DAYS
    unconfirmed_a_prefix: int = 40
    unconfirmed_an_address: int = 40  # numbers of one partner, in each of CELLS, a day
    unconfirmed: int = 300  # numbers of one partner, a day
    credit: int = 80  # percent of an SMS that a confirmed PIN gives beyond its own
    sms_price: int = 400  # ten-thousandths of a unit of money: 0.0400
    spend_a_day: int = 200  # units of money, of one partner

    @property
    def sms_a_day(self) -> int:
        """What may be spent a day, as a number of SMS."""
        return self.spend_a_day * PRICE_PARTS // self.sms_price

    def with_own(self, own: Mapping[str, int]) -> "Guards":
        """With other figures; names that are no figure's are of another version, and left out."""
        return replace(self, **{name: value for name, value in own.items() if name in FIGURES})


FIGURES = tuple(each.name for each in fields(Guards))
# What a partner may have of its own. The others hold over all partners: an exception would be everybody's.
OWN_FIGURES = (
    "tries",
    "sms",
    "sms_soon",
    "pins",
    "unconfirmed_a_block",
    "unconfirmed_a_prefix",
    "unconfirmed_an_address",
    "unconfirmed",
    "credit",
    "spend_a_day",
)


def parse_figures(text: str, names: Iterable[str] = FIGURES) -> Mapping[str, int]:
    """Figures out of "tries=3 credit=50". Raises PartnerInvalid, which names the wrong one."""
    found: dict[str, int] = {}
    for part in text.split():
        name, _, value = part.partition("=")
        least = 0 if name == "credit" else 1
        if name not in names or not value.isascii() or not value.isdigit() or not least <= int(value) <= MOST_FIGURE:
            raise PartnerInvalid(f"{part[:60]!r} is no figure: write name=number with one of {', '.join(names)}.")
        found[name] = int(value)
    return found


class Kind(StrEnum):
    """What a row counts."""

    PREFIX = "prefix"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Tally:
    """A row of counts: of a partner on one day (UTC), or of a prefix in PREFIX_DAYS."""

    kind: Kind
    name: str
    begin: datetime

    @property
    def gone(self) -> datetime:
        """When nobody asks for it any more."""
        return self.begin + (PREFIX_DAYS + 1) * DAY


@dataclass(frozen=True, slots=True)
class Step:
    """One count of a row: `by` up, while it is below `bound`; or `by` down, while it is above."""

    name: str
    by: int
    bound: int

    def may_go(self, count: int) -> bool:
        return count < self.bound if self.by > 0 else count > self.bound


def day_of(at: datetime) -> datetime:
    return Span.DAY.begin(at.astimezone(UTC))


def place_of(msisdn: Msisdn) -> tuple[str, str]:
    """A number's prefix, of a length by its country's numbers, and its block in it.

    Six digits at most: nobody is told by them, and the next two only name one of a hundred blocks.
    """
    digits = msisdn.digits
    length = max(2, min(PREFIX_DIGITS, len(digits) - LEFT_DIGITS))
    return digits[:length], digits[length : length + BLOCK_DIGITS]


def prefix_tally(partner: str, msisdn: Msisdn, now: datetime) -> Tally:
    return tally_of_prefix(partner, place_of(msisdn)[0], now)


def tally_of_prefix(partner: str, prefix: str, now: datetime) -> Tally:
    """Not all prefixes begin anew on the same day."""
    today = day_of(now)
    begin = today - (today.toordinal() + int(prefix)) % PREFIX_DAYS * DAY
    return Tally(Kind.PREFIX, f"{partner}#{prefix}", begin)


def partner_tally(partner: str, now: datetime) -> Tally:
    return Tally(Kind.PARTNER, partner, day_of(now))


def block_name(msisdn: Msisdn) -> str:
    return f"b{place_of(msisdn)[1]}"


def cell_name(cell: int) -> str:
    return f"i{cell:02}"


def up(guards: Guards, msisdn: Msisdn, cell: int | None, *, counts: bool) -> tuple[list[Step], list[Step]]:
    """What one SMS counts: in its prefix's row, and in its partner's; less if it `counts` as no further number."""
    prefix = [
        Step(OF_ONE, WHOLE, guards.unconfirmed_a_prefix * WHOLE),
        Step(block_name(msisdn), WHOLE, guards.unconfirmed_a_block * WHOLE),
    ]
    partner = [Step(SMS, 1, guards.sms_a_day)]
    if counts:
        partner.append(Step(OF_ONE, WHOLE, guards.unconfirmed * WHOLE))
    if counts and cell is not None:
        partner.append(Step(cell_name(cell), WHOLE, guards.unconfirmed_an_address * WHOLE))
    return prefix, partner


def down(guards: Guards, msisdn: Msisdn, cell: int | None, *, confirmed: bool) -> tuple[list[Step], list[Step]]:
    """Back: of a number that was not sent to, or with its credit of one whose PIN was confirmed.

    Nobody saves up more than they may have open: else a good month would pay for one large attack.
    """
    by = -WHOLE - (guards.credit if confirmed else 0)
    prefix = [
        Step(OF_ONE, by, -guards.unconfirmed_a_prefix * WHOLE),
        Step(block_name(msisdn), by, -guards.unconfirmed_a_block * WHOLE),
    ]
    partner = [Step(OF_ONE, by, -guards.unconfirmed * WHOLE)]
    if cell is not None:
        partner.append(Step(cell_name(cell), by, -guards.unconfirmed_an_address * WHOLE))
    return prefix, partner


NOT_SENT = [Step(SMS, -1, 0)]


def which(tally: Tally, step: Step) -> Guard:
    """The guard that a step stands for."""
    if tally.kind is Kind.PREFIX:
        return Guard.PREFIX if step.name == OF_ONE else Guard.BLOCK
    return {SMS: Guard.SPENDING, OF_ONE: Guard.PARTNER}.get(step.name, Guard.ADDRESS)
