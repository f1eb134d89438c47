"""One provider call from its faults to its answer: the single path that every method takes."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response

from local.simulators.calls import Call
from local.simulators.fault_kinds import Moment
from local.simulators.faults import Plan
from local.simulators.transport import Answer, ErrorBody, status_sent
from local.simulators.world import World


@dataclass(frozen=True, slots=True)
class Operation:
    """What a call does: at once, or (for a debit that lands late) at a later moment of the simulators' clock."""

    perform: Callable[[Plan], Answer]
    error_body: ErrorBody
    postpone: Callable[[Plan, str], None] | None = None


def exchange(world: World, call: Call, operation: Operation) -> Response:
    """Carry out an authorised, well-formed call under the faults that strike it."""
    plan = world.faults.plan(call)
    fault = plan.answer
    if fault is not None and fault.moment is Moment.INSTEAD:
        if fault.name == "land_late" and operation.postpone is not None:
            operation.postpone(plan, world.clock.after(fault.args["seconds"]))
        world.calls.record(call, f"fault:{fault.name}", _status_of(fault.name), fault=plan.names)
        return world.transport.instead(fault, operation.error_body)
    if fault is not None and fault.moment is Moment.WAIT_FIRST:
        world.transport.hold(fault.args["seconds"])
    with world.database.transaction():
        answer = operation.perform(plan)
        spoilt = _status_of(fault.name) if fault is not None else None
        lost = fault is not None and fault.name in _UNANSWERED
        http_status = None if lost else spoilt or answer.http_status
        world.calls.record(call, answer.outcome, http_status, fault=plan.names)
    for delivery in answer.early:
        world.callbacks.deliver(delivery)
    return world.transport.afterwards(fault, answer, operation.error_body)


def refused(world: World, call: Call, response: Response, outcome: str, authorised: bool = True) -> Response:
    """Journal a call that was turned away before any fault could strike it."""
    world.calls.record(call, outcome, status_sent(response), authorised)
    return response


_UNANSWERED = (
    "timeout_before_debit",
    "hang",
    "drop_before_debit",
    "land_late",
    "timeout_after_debit",
    "drop_after_debit",
)
_STATUS = {
    "throttle": 429,
    "http_500": 500,
    "http_500_after_debit": 500,
    "http_502": 502,
    "http_504": 504,
    "garbage": 200,
    "garbage_after_debit": 200,
    "wrong_json": 200,
    "redirect": 302,
}


def _status_of(fault_name: str) -> int | None:
    return _STATUS.get(fault_name)
