"""Requests with an Idempotency-Key, by the simulation's own reading: what each of them did and was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pinbill.domain.attempts import AttemptKind, AttemptState, FailureClass
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.repeats import Keyed
from pinbill.domain.subscription import Subscription
from pinbill.errors import (
    IdempotencyKeyReused,
    NumberRejected,
    PinbillError,
    PinWrong,
    SubscriptionExists,
)
from tests.simulation.clock import VirtualClock
from tests.simulation.story import Operation
from tests.simulation.violation import demand

# What a provider has said of a PIN or a number; that a PIN is too old, or spent, is found before anybody is asked.
FINAL = (PinWrong, NumberRejected)
LEASE = timedelta(minutes=5)  # of a confirm: only after it may its repeat say that its process has died
CREATED, SMS, TRIED = "created ", "sms", "tried"
KINDS: Mapping[str, frozenset[EntryKind]] = {
    "pause": frozenset({EntryKind.PAUSED}),
    "resume": frozenset({EntryKind.RESUMED}),
    "cancel": frozenset({EntryKind.CANCELLED, EntryKind.CANCEL_SCHEDULED}),
    "confirm": frozenset({EntryKind.TRIAL_STARTED}),
}


def key_of(operation: Operation) -> tuple[str, str]:
    """Key and the rest of an operation's argument: of `pause:k1=+10d` k1 and +10d. The key is "" without one."""
    if not operation.argument.startswith("k"):
        return "", operation.argument
    key, _, rest = operation.argument.partition("=")
    return key, rest


def with_new_key(operation: Operation) -> Operation:
    """The same asked anew, for another PIN that its user typed."""
    key, _ = key_of(operation)
    return replace(operation, argument=f"{operation.argument}n") if key else operation


@dataclass(frozen=True, slots=True)
class Request:
    """One key of one operation about one subject: a subscription, or a user who wants one."""

    operation: str
    key: str
    subject: str

    def sent(self, body: str) -> Keyed:
        return Keyed(f"{self.operation} {self.key} {self.subject if self.operation == 'subscribe' else ''}", body)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as one actor makes it; `is_repeat` says that an earlier one was answered for good."""

    request: Request
    body: str
    at: datetime
    is_repeat: bool


class KeyedRequests:
    """Checked at every write: Violation is raised there."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._under_way: dict[Request, Sent] = {}  # who has had a try of the PIN counted and is not at its end
        self.effects: dict[Request, tuple[str, ...]] = {}
        self.written: frozenset[Request] = (
            frozenset()
        )  # of which anything was written, be it that there was nothing to do
        self._bodies: dict[Request, frozenset[str]] = {}
        self._answered: dict[Request, str] = {}  # for good: with which body
        self._done: dict[Request, str] = {}  # those of them with success

    def sends(self, request: Request, body: str) -> Sent:
        self._bodies[request] = self._bodies.get(request, frozenset()) | {body}
        return Sent(request, body, self._clock.true, request in self._answered)

    def wrote(
        self,
        sent: Sent,
        before: Subscription | None,
        after: Subscription,
        entries: Sequence[Entry],
        journals: Mapping[str, Sequence[Entry]],
    ) -> None:
        """A write of the actor that makes this request took effect."""
        request = sent.request
        self.written |= {request}
        if before is None:
            for id in self._of(request, CREATED):
                failed = any(entry.kind is EntryKind.START_FAILED for entry in journals[id])
                demand(failed, "key_takes_effect_once", after, f"{request} has created {id} before")
            self._takes(sent, CREATED + after.id)
            return
        for entry in entries:
            if entry.kind in KINDS.get(request.operation, frozenset()):
                demand(not self._of(request, entry.kind), "key_takes_effect_once", after, f"{request}: {entry.kind}")
                self._takes(sent, entry.kind)
        if before.pin and after.pin and after.pin.tries > before.pin.tries:
            self._tries(sent, after)
        self._claims(sent, before, after, journals[after.id])

    def _tries(self, sent: Sent, after: Subscription) -> None:
        other = self._under_way.get(sent.request)
        alone = other is None or self._clock.was_wrong or self._clock.true >= other.at + LEASE
        demand(alone, "key_takes_effect_once", after, f"{sent.request} is under way, and a second try was counted")
        self._under_way[sent.request] = sent
        self._takes(sent, TRIED)

    def ends(self, sent: Sent) -> None:
        """The actor that makes this request has come to its end, or its process has died."""
        if self._under_way.get(sent.request) is sent:
            del self._under_way[sent.request]

    def _claims(self, sent: Sent, before: Subscription, after: Subscription, journal: Sequence[Entry]) -> None:
        attempt = after.open_attempt
        if attempt is None or before.open_attempt is not None or attempt.kind is not AttemptKind.FIRST_BILL:
            return
        closed = {entry.attempt.id: entry.attempt for entry in journal if entry.attempt}
        for id in self._of(sent.request, "claimed "):
            earlier = closed.get(id)
            nothing = earlier is not None and (
                earlier.state in (AttemptState.NOT_SENT, AttemptState.NOT_CHARGED)
                or earlier.failure is FailureClass.REFUSED
            )
            demand(nothing, "key_takes_effect_once", after, f"{sent.request} has claimed {id} before {attempt.id}")
        self._takes(sent, f"claimed {attempt.id}")

    def sent_pin(self, sent: Sent) -> None:
        """An SMS went out, or may have."""
        demand(not self._of(sent.request, SMS), "key_takes_effect_once", sent.request.subject, "a second SMS")
        self._takes(sent, SMS)

    def answered(self, sent: Sent, id: str) -> None:
        """The request was answered with success, about this subscription."""
        request, earlier = sent.request, self._answered.setdefault(sent.request, sent.body)
        self._done.setdefault(request, sent.body)
        demand(earlier == sent.body, "another_body_is_refused", id, f"{request}: {sent.body!r} for {earlier!r}")
        created = self._of(request, CREATED)
        demand(not created or id == created[-1], "repeat_is_answered", id, f"{request} has created {created}")

    def refused(self, sent: Sent, error: PinbillError) -> None:
        request = sent.request
        if isinstance(error, IdempotencyKeyReused):
            several = len(self._bodies[request]) > 1
            demand(several, "repeat_is_answered", request.subject, f"{request} is said to have another body")
        if isinstance(error, FINAL):
            self._answered.setdefault(request, sent.body)
        done = self._done.get(request) == sent.body and not error.retryable
        demand(not done, "repeat_is_answered", request.subject, f"{request} was done, and is answered {error.code}")
        if isinstance(error, SubscriptionExists):
            created = self._of(request, CREATED)
            ours = error.subscription_id in created
            demand(not ours, "repeat_is_answered", request.subject, f"{request} has created what is in its way")

    def _of(self, request: Request, effect: str) -> list[str]:
        return [done.removeprefix(effect) for done in self.effects.get(request, ()) if done.startswith(effect)]

    def _takes(self, sent: Sent, effect: str) -> None:
        once = not sent.is_repeat
        demand(once, "key_takes_effect_once", sent.request.subject, f"{sent.request} was answered, and has {effect}")
        self.effects[sent.request] = (*self.effects.get(sent.request, ()), effect)

    def snapshot(self) -> object:
        return dict(self.effects), dict(self._bodies), dict(self._answered), dict(self._done), self.written

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        *dicts, self.written = snapshot
        self.effects, self._bodies, self._answered, self._done = (dict(each) for each in dicts)
        self._under_way.clear()
