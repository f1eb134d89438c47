"""The states of a subscription, written down a second time on purpose: the product's table must not judge itself."""

from pinbill.domain.journal import EntryKind
from pinbill.domain.states import State

LIVE = frozenset({State.PENDING, State.TRIALING, State.ACTIVE, State.PAST_DUE, State.SUSPENDED, State.PAUSED})

# Which state may follow which.
MOVES = {
    (State.PENDING, State.TRIALING),
    (State.PENDING, State.ACTIVE),
    (State.PENDING, State.CANCELLED),
    (State.PENDING, State.EXPIRED),
    (State.PENDING, State.ENDED),
    (State.TRIALING, State.ACTIVE),
    (State.TRIALING, State.PAST_DUE),
    (State.TRIALING, State.ENDED),
    (State.TRIALING, State.CANCELLED),
    (State.ACTIVE, State.PAST_DUE),
    (State.ACTIVE, State.ENDED),
    (State.ACTIVE, State.CANCELLED),
    (State.TRIALING, State.PAUSED),
    (State.ACTIVE, State.PAUSED),
    (State.PAUSED, State.TRIALING),
    (State.PAUSED, State.ACTIVE),
    (State.PAUSED, State.CANCELLED),
    (State.PAST_DUE, State.ACTIVE),
    (State.PAST_DUE, State.SUSPENDED),
    (State.PAST_DUE, State.ENDED),
    (State.PAST_DUE, State.CANCELLED),
    (State.SUSPENDED, State.ACTIVE),
    (State.SUSPENDED, State.ENDED),
    (State.SUSPENDED, State.CANCELLED),
}
# What a subscription's entry into a state that gives access must be backed by, in the same write.
BACKED_BY = {
    State.ACTIVE: EntryKind.ATTEMPT_PAID,
    State.TRIALING: EntryKind.TRIAL_STARTED,
    State.PAST_DUE: EntryKind.ATTEMPT_DECLINED,
}
