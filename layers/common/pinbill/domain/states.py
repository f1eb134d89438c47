"""The subscription's states as data: what is not in the table does not happen.

pending --> trialing | active --> past_due --> suspended --> ended      trialing | active <--> paused
   |            |        |           |            |
   +------------+--------+-----------+------------+--> cancelled        pending --> expired
"""

from enum import StrEnum

from pinbill.errors import WrongState


class State(StrEnum):
    PENDING = "pending"  # PIN sent, or mandate named; not confirmed
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"  # grace: access kept, retried
    SUSPENDED = "suspended"  # hold: access off, still retried
    PAUSED = "paused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # never confirmed
    ENDED = "ended"


class Event(StrEnum):
    START_FAILED = "start_failed"  # the PIN could not be sent at all
    EXPIRED = "expired"
    TRIAL_STARTED = "trial_started"
    BILL_PAID = "bill_paid"
    BILL_DECLINED = "bill_declined"  # a retry may follow
    BILL_FAILED = "bill_failed"  # for good
    GRACE_ENDED = "grace_ended"
    HOLD_ENDED = "hold_ended"
    PAUSED = "paused"
    RESUMED = "resumed"
    TRIAL_RESUMED = "trial_resumed"  # before anything was paid
    CANCELLED = "cancelled"


FINAL = frozenset({State.CANCELLED, State.EXPIRED, State.ENDED})
LIVE = frozenset(State) - FINAL
ACCESS = frozenset({State.TRIALING, State.ACTIVE, State.PAST_DUE})

# Results of a call that was claimed before the state changed are recorded where the subscription then stands.
_LATE_RESULTS = {
    (state, event): state
    for state in (*FINAL, State.PAUSED)
    for event in (Event.BILL_PAID, Event.BILL_DECLINED, Event.BILL_FAILED)
}

TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.PENDING, Event.START_FAILED): State.ENDED,
    (State.PENDING, Event.EXPIRED): State.EXPIRED,
    (State.PENDING, Event.TRIAL_STARTED): State.TRIALING,
    (State.PENDING, Event.BILL_PAID): State.ACTIVE,
    (State.PENDING, Event.BILL_DECLINED): State.PENDING,
    (State.PENDING, Event.BILL_FAILED): State.ENDED,
    (State.PENDING, Event.CANCELLED): State.CANCELLED,
    (State.TRIALING, Event.BILL_PAID): State.ACTIVE,
    (State.TRIALING, Event.BILL_DECLINED): State.PAST_DUE,
    (State.TRIALING, Event.BILL_FAILED): State.ENDED,
    (State.TRIALING, Event.PAUSED): State.PAUSED,
    (State.TRIALING, Event.CANCELLED): State.CANCELLED,
    (State.ACTIVE, Event.BILL_PAID): State.ACTIVE,
    (State.ACTIVE, Event.BILL_DECLINED): State.PAST_DUE,
    (State.ACTIVE, Event.BILL_FAILED): State.ENDED,
    (State.ACTIVE, Event.PAUSED): State.PAUSED,
    (State.ACTIVE, Event.CANCELLED): State.CANCELLED,
    (State.PAST_DUE, Event.BILL_PAID): State.ACTIVE,
    (State.PAST_DUE, Event.BILL_DECLINED): State.PAST_DUE,
    (State.PAST_DUE, Event.BILL_FAILED): State.ENDED,
    (State.PAST_DUE, Event.GRACE_ENDED): State.SUSPENDED,
    (State.PAST_DUE, Event.CANCELLED): State.CANCELLED,
    (State.SUSPENDED, Event.BILL_PAID): State.ACTIVE,
    (State.SUSPENDED, Event.BILL_DECLINED): State.SUSPENDED,
    (State.SUSPENDED, Event.BILL_FAILED): State.ENDED,
    (State.SUSPENDED, Event.HOLD_ENDED): State.ENDED,
    (State.SUSPENDED, Event.CANCELLED): State.CANCELLED,
    (State.PAUSED, Event.RESUMED): State.ACTIVE,
    (State.PAUSED, Event.TRIAL_RESUMED): State.TRIALING,
    (State.PAUSED, Event.CANCELLED): State.CANCELLED,
    # Cancelling what is over already is success and changes nothing.
    (State.CANCELLED, Event.CANCELLED): State.CANCELLED,
    (State.EXPIRED, Event.CANCELLED): State.EXPIRED,
    (State.ENDED, Event.CANCELLED): State.ENDED,
    **_LATE_RESULTS,
}


def advance(state: State, event: Event) -> State:
    """The state after `event`; raises WrongState for a pair that is not in the table."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise WrongState(f"A subscription that is {state} cannot be {event.replace('_', ' ')}.") from None
