"""Requests with Idempotency-Keys, sent to a use-case world as often as a test likes."""

from __future__ import annotations

from collections.abc import Callable

from pinbill.domain.attempts import PinVerdict
from pinbill.domain.ending import When
from pinbill.domain.repeats import Keyed
from pinbill.domain.subscription import Subscription
from pinbill.usecases.calls import Answer, CallResult
from pinbill.usecases.changing import always
from pinbill.usecases.confirmations import Confirmed
from tests.unit.domain.samples import PHONE
from tests.unit.usecases.world import PIN, World

K1, K2 = Keyed("key-1", "body"), Keyed("key-2", "body")
ANOTHER_BODY = Keyed("key-1", "another body")
OTHER = "+447700900124"
WRONG = CallResult(Answer.REJECTED, pin=PinVerdict.WRONG)


def pause(world: World, request: Keyed | None = K1) -> Subscription:
    return world.pauser.pause(world.plan.partner, world.id, None, request)


def resume(world: World, request: Keyed | None = K2) -> Subscription:
    return world.pauser.resume(world.plan.partner, world.id, request)


def cancel(world: World, request: Keyed | None = K1, when: When = When.NOW) -> Subscription:
    return world.canceller(world.plan.partner, world.id, when, "test", request)


def confirm(world: World, request: Keyed | None = K1, may_call: Callable[[], bool] = always) -> Confirmed:
    pin = PIN if world.rail is PHONE else None
    return world.pin_confirm(world.plan.partner, world.id, pin, may_call, request=request)


def resend(world: World, request: Keyed | None = K1) -> Subscription:
    return world.pin_request.resend(world.plan.partner, world.id, None, request)


def tries(world: World) -> int:
    assert world.subscription.pin is not None
    return world.subscription.pin.tries
