"""The Counters port in memory."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import override

from pinbill.domain.allowances import Limit, Span, Use
from pinbill.usecases.ports.counting import Counters, DayOfUse


class InMemoryCounters(Counters):
    """`failure`, where there is one, is raised in place of a count."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.asked = 0
        self._spans: Counter[tuple[str, Use, Span, datetime]] = Counter()
        self._keys: dict[tuple[str, date, Use], Counter[str]] = {}
        self._lock = threading.Lock()

    @override
    def count(self, partner: str, key_id: str, use: Use, limit: Limit, at: datetime) -> Span | None:
        with self._lock:
            self.asked += 1
            if self.failure:
                raise self.failure
            places = {span: (partner, use, span, span.begin(at)) for span in Span}
            for span in (Span.DAY, Span.MINUTE):
                most = limit.of(span)
                if most is not None and self._spans[places[span]] >= most:
                    return span
            self._spans.update(places.values())
            self._keys.setdefault((partner, at.date(), use), Counter())[key_id] += 1
            return None

    @override
    def used(self, partner: str, since: date) -> Sequence[DayOfUse]:
        days = [
            DayOfUse(day, use, keys.total(), dict(keys))
            for (of, day, use), keys in self._keys.items()
            if of == partner and day >= since
        ]
        return sorted(days, key=lambda day: (day.day, day.use))
