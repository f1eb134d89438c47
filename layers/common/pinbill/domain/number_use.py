"""What one number was sent and what was tried for it, over all partners, in the last 24 hours.

A try is one comparison with every PIN that may be good at that moment: no document says that Infomedia compares with
the PIN of one product only. So it weighs as many tries as PINs of different services were sent lately, and the chance
to guess stays the figure over the number of PINs, whatever attackers open side by side.

First comes what one partner may do, then what all may together: so that one who attacks a number through a partner
leaves the others' tries alone, and learns nothing of them, since its own end comes first.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pinbill.domain.pin_guards import DAY, SOON, Guards

OF_NOBODY = -1  # a version that no stored use has
MOST_KEPT = 100  # SMS that a use remembers: a row has a size, so that a higher figure is none


@dataclass(frozen=True, slots=True)
class Sent:
    """An SMS with a PIN, for a service of a partner. The partner's first to this number in 24 hours `counts` as
    unconfirmed, once, until one of its PINs proves right: repeats are the number's own matter."""

    at: datetime
    partner: str
    service: str
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """A PIN that was tried by a partner, until it proves to be the right one. `mark` tells it from the others: the
    version of the use that it was counted in."""

    at: datetime
    partner: str
    weight: int
    mark: int


@dataclass(frozen=True, slots=True)
class NumberUse:
    """Oldest first. `version` grows with every write."""

    sent: tuple[Sent, ...] = ()
    tried: tuple[Tried, ...] = ()
    version: int = 0

    def at(self, now: datetime) -> "NumberUse":
        """Without what is over."""
        return replace(
            self,
            sent=tuple(one for one in self.sent if now - one.at < DAY),
            tried=tuple(one for one in self.tried if now - one.at < DAY),
        )

    def live_pins(self, now: datetime) -> int:
        """How many PINs of different services may be good now; one at least, which is about to be tried."""
        return max(1, len({(one.partner, one.service) for one in _soon(self.sent, now)}))


def send(use: NumberUse, guards: Guards, partner: str, service: str, now: datetime) -> NumberUse | None:
    """With one SMS more, counted before it is asked for; None when that is too many."""
    use = use.at(now)
    own = [one for one in use.sent if one.partner == partner]
    one_more = Sent(now, partner, _mark_of(service), counts=not own)
    own_soon = _soon(own, now)
    if (
        len(own) >= guards.sms
        or len(own_soon) >= guards.sms_soon
        or len({one.service for one in (*own_soon, one_more)}) > guards.pins
        or len(use.sent) >= guards.sms_a_number
        or len(_soon(use.sent, now)) >= guards.sms_a_number_soon
    ):
        return None
    return replace(use, sent=(*use.sent[1 - MOST_KEPT :], one_more))


def unsend(use: NumberUse, partner: str, service: str) -> tuple[NumberUse, bool]:
    """Without the last SMS of a service, which was not sent; and whether it counted."""
    mark = _mark_of(service)
    at = max((n for n, one in enumerate(use.sent) if (one.partner, one.service) == (partner, mark)), default=None)
    if at is None:
        return use, False
    return replace(use, sent=use.sent[:at] + use.sent[at + 1 :]), use.sent[at].counts


def confirm(use: NumberUse, partner: str, mark: int) -> tuple[NumberUse, bool]:
    """Without a try that proved right; and whether an SMS of the partner counted, which now does so no more."""
    counted = any(one.counts for one in use.sent if one.partner == partner)
    sent = tuple(replace(one, counts=False) if one.partner == partner and one.counts else one for one in use.sent)
    return replace(forgive(use, mark), sent=sent), counted


def attempt(use: NumberUse, guards: Guards, partner: str, now: datetime) -> NumberUse | None:
    """With one try more, counted before the provider is asked; None when that is too many."""
    use = use.at(now)
    weight = use.live_pins(now)
    own = sum(one.weight for one in use.tried if one.partner == partner)
    if own + weight > guards.tries or sum(one.weight for one in use.tried) + weight > guards.tries_a_number:
        return None
    return replace(use, tried=(*use.tried, Tried(now, partner, weight, use.version)))


def forgive(use: NumberUse, mark: int) -> NumberUse:
    """Without a try that was none: the PIN was right, or nobody was asked."""
    return replace(use, tried=tuple(one for one in use.tried if one.mark != mark))


def _soon(sent: Sequence[Sent], now: datetime) -> Sequence[Sent]:
    return [one for one in sent if now - one.at < SOON]


def _mark_of(service: str) -> str:
    """A row has a size."""
    return f"{zlib.crc32(service.encode()) & 0xFFFF:04x}"
