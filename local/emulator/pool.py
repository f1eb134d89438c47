"""The execution environments of all functions: started when an invocation finds none, kept for the next, bounded."""

from __future__ import annotations

import threading
from collections import defaultdict

from local.emulator.environment import Answer, Environment
from local.emulator.function import Function
from local.emulator.tools import Tools


class Pool:
    """At most `most_idle` environments of all functions wait for an event, and `most_of_one` of a function work."""

    def __init__(self, tools: Tools, most_idle: int, most_of_one: int) -> None:
        self._tools = tools
        self._most_idle = most_idle
        self._lock = threading.Lock()
        self._idle: list[Environment] = []  # the longest idle first
        self._rooms: defaultdict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(most_of_one))
        self._is_open = True

    def invoke(self, function: Function, event: bytes, request_id: str, trace: str = "") -> Answer:
        """Run one event, JSON, once there is room. Raises EmulatorError where no environment could be started."""
        with self._lock:
            room = self._rooms[function.name]
        with room:
            self._end_earlier(function)
            environment = self._idle_one(function) or Environment(function, self._tools)
            try:
                return environment.invoke(event, request_id, trace)
            finally:
                self._put_back(environment)

    def close(self) -> None:
        """End the idle ones now, and the others when they come back."""
        with self._lock:
            self._is_open = False
            idle, self._idle = self._idle, []
        _stop(idle)

    @property
    def idle(self) -> tuple[Environment, ...]:
        """The longest idle first."""
        with self._lock:
            return tuple(self._idle)

    def _idle_one(self, function: Function) -> Environment | None:
        """The one that worked last, as Lambda takes it."""
        with self._lock:
            self._idle = [one for one in self._idle if one.is_usable]
            found = next((one for one in reversed(self._idle) if one.function == function), None)
            if found is not None:
                self._idle.remove(found)
            return found

    def _end_earlier(self, function: Function) -> None:
        """Of a version whose settings or code have changed since, what was started before is of no more use."""
        with self._lock:
            earlier = [one for one in self._idle if function.replaces(one.function)]
            self._idle = [one for one in self._idle if one not in earlier]
        _stop(earlier)

    def _put_back(self, environment: Environment) -> None:
        with self._lock:
            if environment.is_usable:
                self._idle.append(environment)
            too_many = len(self._idle) - (self._most_idle if self._is_open else 0)
            over, self._idle = self._idle[: max(0, too_many)], self._idle[max(0, too_many) :]
        _stop(over)


def _stop(environments: list[Environment]) -> None:
    for environment in environments:
        environment.stop()
