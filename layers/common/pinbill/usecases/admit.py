"""Whether a caller may make this request now: is it within the allowance, and has the key the scope?"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pinbill.domain.allowances import Limit, Span, Use
from pinbill.domain.partners import ApiScope
from pinbill.errors import AllowanceSpent, PartnerSuspended, ScopeMissing, SlowDown, StoreUnavailable
from pinbill.usecases.authorize import Caller
from pinbill.usecases.ports.counting import Counters, CountersBusy
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock

BUSY_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Spent:
    """A limit that was found reached, and until when it is."""

    limit: Limit
    span: Span
    until: datetime


@dataclass(slots=True)
class Admit:
    """`clock` tells the real time, which no partner can move. What was found spent is kept, so that who goes on asking
    costs no further write in this process."""

    counters: Counters
    clock: Clock
    telemetry: Telemetry
    _spent: dict[tuple[str, Use], Spent] = field(default_factory=dict)

    def __call__(self, caller: Caller, scope: ApiScope, use: Use) -> None:
        """Raises AllowanceSpent, SlowDown, ScopeMissing or PartnerSuspended. A request that is refused for its scope is
        counted: it was work."""
        self._count(caller, use)
        if scope not in caller.scopes:
            raise PartnerSuspended if caller.suspended else ScopeMissing(scope)

    def _count(self, caller: Caller, use: Use) -> None:
        now, limit, place = self.clock.now(), caller.allowance.limit(use), (caller.partner, use)
        spent = self._spent.get(place)
        if spent is None or spent.limit != limit or now >= spent.until:
            try:
                full = self.counters.count(caller.partner, caller.key_id, use, limit, now)
            except CountersBusy:
                # Many more requests than any allowance: they are what keeps the counter busy.
                raise SlowDown(BUSY_SECONDS) from None
            except StoreUnavailable:
                # A limiter that is down must not take the API down: no payment depends on it.
                self.telemetry.observe(Observation.ALLOWANCE_NOT_COUNTED, partner=caller.partner, use=use)
                return
            if full is None:
                return
            spent = Spent(limit, full, now + timedelta(seconds=full.seconds_left(now)))
            self._spent[place] = spent
        self.telemetry.observe(
            Observation.ALLOWANCE_SPENT, dimensions={"use": use}, partner=caller.partner, key=caller.key_id
        )
        raise AllowanceSpent(spent.span.seconds_left(now), f"{limit.of(spent.span)} {use} a {spent.span}")
