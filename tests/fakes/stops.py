"""The Stops port in memory: heard of at once."""

from collections.abc import Sequence
from typing import override

from pinbill.domain.stops import Scope, Stop
from pinbill.usecases.ports.billing import Stops


class InMemoryStops(Stops):
    def __init__(self) -> None:
        self._standing: dict[str, Stop] = {}

    @override
    def standing(self) -> Sequence[Stop]:
        return list(self._standing.values())

    @override
    def put(self, stop: Stop) -> None:
        self._standing[stop.scope.name] = stop

    @override
    def lift(self, scope: Scope) -> None:
        self._standing.pop(scope.name, None)
