"""The guards of the PINs: what is sent and what is tried is counted before the provider is asked, over all partners.

What is refused does the same reads and writes whichever guard refuses, so that its time tells no more than its answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pinbill.domain.allowances import Span
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.number_use import OF_NOBODY, NumberUse, attempt, confirm, forgive, send, unsend
from pinbill.domain.pin_guards import (
    NOT_SENT,
    Guard,
    Guards,
    Step,
    Tally,
    down,
    partner_tally,
    prefix_tally,
    up,
    which,
)
from pinbill.errors import AllowanceSpent, PinLocked, SlowDown, SmsLimited, StoreUnavailable
from pinbill.usecases.ports.counting import Tallies
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock

# More than any number's figures together: whoever loses so many rounds is one of an unheard-of crowd.
ROUNDS = 64
BUSY_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a PIN, or has it tried: the partner, for a service, on behalf of the user at `address`."""

    partner: str
    service: str
    msisdn: Msisdn
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """A try that was counted."""

    asker: Asker
    mark: int


@dataclass(frozen=True, slots=True)
class PinGuard:
    """`clock` tells the real time, which no partner can move; `own_figures` what the operator has set for a partner."""

    tallies: Tallies
    guards: Guards
    own_figures: Callable[[str], Mapping[str, int]]
    clock: Clock
    telemetry: Telemetry

    def send(self, asker: Asker) -> None:
        """Count one SMS. Raises SmsLimited or AllowanceSpent; StoreUnavailable when it could not be counted."""
        guards, now = self._guards(asker), self.clock.now()

        def one_more(use: NumberUse) -> NumberUse | None:
            return send(use, guards, asker.partner, asker.service, now)

        use = self.tallies.number(asker.msisdn)
        seen = one_more(use)
        counts = seen is None or seen.sent[-1].counts
        refused = self._tally(asker, guards, now, counts=counts, in_vain=seen is None)
        if seen is None:
            refused = Guard.NUMBER
        # Last, since a number that was sent to is exempt from what tallies it: none of those may refuse it any more.
        counted = self._count(asker.msisdn, (lambda use: None) if refused else one_more, use)
        if counted is None and not refused:  # a crowd at once: somebody else was first
            refused = Guard.NUMBER
            self._untally(asker, counts=counts)
        if refused:
            self._refuse(asker, refused, guards, now)

    def _tally(self, asker: Asker, guards: Guards, now: datetime, *, counts: bool, in_vain: bool) -> Guard | None:
        """Count one SMS in the rows of the prefix and the partner, unless one refuses; or do the same in vain."""
        prefix, partner = prefix_tally(asker.partner, asker.msisdn, now), partner_tally(asker.partner, now)
        in_prefix, in_partner = up(guards, asker.msisdn, self._cell(asker), counts=counts)
        # Seen first, or a partner who may send no more would use up its prefixes.
        full = self.tallies.is_full(partner, in_partner)
        refused = which(partner, full) if full else None
        full = self.tallies.add(prefix, in_prefix, in_vain=in_vain or refused is not None or not counts)
        refused = refused or (which(prefix, full) if full and counts else None)
        full = self.tallies.add(partner, in_partner, in_vain=in_vain or refused is not None)
        return refused or (which(partner, full) if full else None)

    def unsend(self, asker: Asker) -> None:
        """Give back what was counted for an SMS that was certainly not sent. Raises nothing: counts may be too high."""

        def give_back() -> None:
            counted = False

            def one_less(use: NumberUse) -> NumberUse:
                nonlocal counted
                use, counted = unsend(use, asker.partner, asker.service)
                return use

            self._count(asker.msisdn, one_less)
            self._untally(asker, counts=counted)

        self._afterwards(asker, give_back)

    def _untally(self, asker: Asker, *, counts: bool) -> None:
        self._back(partner_tally(asker.partner, self.clock.now()), NOT_SENT)
        if counts:
            self._down(asker, self._guards(asker), confirmed=False)

    def attempt(self, asker: Asker) -> Trial:
        """Count one try of a PIN. Raises PinLocked; StoreUnavailable when it could not be counted."""
        guards, now = self._guards(asker), self.clock.now()
        counted = self._count(asker.msisdn, lambda use: attempt(use, guards, asker.partner, now))
        if counted is None:
            self.telemetry.observe(Observation.PIN_LOCKED, partner=asker.partner)
            raise PinLocked
        return Trial(asker, counted.tried[-1].mark)

    def forgive(self, trial: Trial) -> None:
        """Give back a try that nobody was asked about."""
        self._afterwards(trial.asker, lambda: self._count(trial.asker.msisdn, lambda use: forgive(use, trial.mark)))

    def right(self, trial: Trial) -> None:
        """The PIN was the right one: the try was no guess, and the SMS has reached somebody who wanted it."""
        asker = trial.asker

        def give_back() -> None:
            counted = False

            def confirmed(use: NumberUse) -> NumberUse:
                nonlocal counted
                use, counted = confirm(use, asker.partner, trial.mark)
                return use

            self._count(asker.msisdn, confirmed)
            if counted:
                self._down(asker, self._guards(asker), confirmed=True)

        self._afterwards(asker, give_back)

    def _guards(self, asker: Asker) -> Guards:
        return self.guards.with_own(self.own_figures(asker.partner))

    def _cell(self, asker: Asker) -> int | None:
        return self.tallies.cell(asker.address) if asker.address else None

    def _count(
        self, msisdn: Msisdn, decide: Callable[[NumberUse], NumberUse | None], use: NumberUse | None = None
    ) -> NumberUse | None:
        """Write what `decide` makes of the number's use, and return it; None when it makes nothing. Each loser of a
        round sees one more count, so that a crowd soon meets the figures."""
        for _ in range(ROUNDS):
            use = use or self.tallies.number(msisdn)
            after = decide(use)
            if after is None:
                self.tallies.put_number(msisdn, replace(use, version=OF_NOBODY))  # in vain
                return None
            if self.tallies.put_number(msisdn, after):
                return after
            use = None
        raise SlowDown(BUSY_SECONDS)

    def _down(self, asker: Asker, guards: Guards, *, confirmed: bool) -> None:
        now = self.clock.now()
        in_prefix, in_partner = down(guards, asker.msisdn, self._cell(asker), confirmed=confirmed)
        self._back(prefix_tally(asker.partner, asker.msisdn, now), in_prefix)
        self._back(partner_tally(asker.partner, now), in_partner)

    def _back(self, tally: Tally, steps: list[Step]) -> None:
        """As many of the steps as may go: one count that has enough must not keep the others."""
        full = self.tallies.add(tally, steps)
        left = [step for step in steps if step != full]
        while full and left:
            full = self.tallies.add(tally, left)
            left = [step for step in left if step != full]

    def _afterwards(self, asker: Asker, give_back: Callable[[], object]) -> None:
        """What is given back late, or never, only makes a count too high; the caller's work is done and must stand."""
        try:
            give_back()
        except (StoreUnavailable, SlowDown):
            self.telemetry.observe(Observation.PIN_GUARD_BEHIND, partner=asker.partner)

    def _refuse(self, asker: Asker, refused: Guard, guards: Guards, now: datetime) -> None:
        self.telemetry.observe(Observation.SMS_REFUSED, dimensions={"guard": refused}, partner=asker.partner)
        if refused is Guard.SPENDING:
            # Of the partner's own doing: nobody else is told of by it.
            raise AllowanceSpent(Span.DAY.seconds_left(now), f"{guards.sms_a_day} SMS a day")
        raise SmsLimited
