"""The fault model as data: at which port which faults can happen."""

from collections.abc import Mapping
from enum import StrEnum


class Port(StrEnum):
    """A kind of call that leaves the shipped code. Every such call is a step."""

    READ = "store read"
    COMMIT = "store commit"
    CLAIM = "store commit without entries"
    CARRY = "store commit that carries its entry"
    ROW = "store write of a carried entry"
    CREATE = "store create"
    CATALOG = "catalog read"
    INDEX = "index read"
    SLOTS = "slot index read"
    BOOKMARK = "bookmark"
    PROGRESS = "progress read"
    COUNT = "progress write"
    STOPS = "stops read"
    STOP = "stop write"
    SEND = "queue send"
    FIRST_BILL = "infomedia bill with PIN"
    BILL = "infomedia bill"
    CHARGE = "signzy charge"
    FIND = "signzy payments"
    CALL = "infomedia call"
    DEADLINE = "deadline"


class Fault(StrEnum):
    CRASH = "crash"  # the process dies before the call
    CRASH_AFTER = "crash_after"  # the call took effect, then the process dies
    UNAVAILABLE = "unavailable"  # throttled or failed; nothing happened
    # writes
    AMBIGUOUS = "ambiguous"  # applied, reported as failed
    LATE_WRITE = "late_write"  # reported as failed; applied at the end of the act if its condition then holds
    LATE_WRITE_SOON = "late_write_soon"  # the same, two steps later
    OWN = "own"  # applied; others go on; then reported as somebody's earlier write
    SLOW = "slow"  # applied; answered when all others have gone on
    INDEX_LAGS = "index_lags"  # the due index does not show its newest rows
    # messages of the queue
    MESSAGE_TWICE = "message_twice"
    MESSAGE_LOST = "message_lost"
    MESSAGE_LATER = "message_later"
    # what a bill comes to
    NOT_SENT = "not_sent"
    LOST_DEBITED = "lost_debited"
    LOST_UNDEBITED = "lost_undebited"
    LATE_DEBIT = "late_debit"  # no answer; the debit lands within the settle window
    CONTRADICTED = "contradicted"  # debited, and answered as declined; the callback says billed
    MISREPORTED = "misreported"  # not debited, no answer; the callback says billed, but another amount
    HANG = "hang"  # debited; the answer comes when all others have gone on
    HANG_UNDEBITED = "hang_undebited"  # debited and answered when all others have gone on
    CRASH_DEBITED = "crash_debited"
    CRASH_UNDEBITED = "crash_undebited"
    SOFT = "soft"
    LIMIT = "limit"
    HARD = "hard"
    TECHNICAL = "technical"
    UNLISTED = "unlisted"
    REFUSED = "refused"
    THROTTLED = "throttled"
    WRONG_PIN = "wrong_pin"
    PAID_NOW = "paid_now"  # the bank's payment is final before the answer
    FAILS_LATER = "fails_later"  # taken, and failed hours later
    # callbacks of a bill
    CALLBACK_TWICE = "callback_twice"
    CALLBACK_EARLY = "callback_early"  # handled before the bill's answer
    CALLBACK_LOST = "callback_lost"
    CALLBACK_LIES = "callback_lies"  # says declined, and two days later billed
    CALLBACK_LATE = "callback_late"  # two days later
    # calls without money
    ANSWER_LOST = "answer_lost"  # carried out, no answer
    NEVER_ARRIVED = "never_arrived"  # not carried out, no answer
    REJECTED = "rejected"
    BUSY = "busy"
    OUT_OF_TIME = "out_of_time"  # the function ends too soon to hear an answer


CALLBACK_FAULTS = frozenset(
    {
        Fault.CALLBACK_TWICE,
        Fault.CALLBACK_EARLY,
        Fault.CALLBACK_LOST,
        Fault.CALLBACK_LIES,
        Fault.CALLBACK_LATE,
    }
)

# What lets all others go on before its caller does.
PAUSES = frozenset({Fault.SLOW, Fault.OWN, Fault.HANG, Fault.HANG_UNDEBITED})

_WRITES = (
    Fault.CRASH,
    Fault.CRASH_AFTER,
    Fault.UNAVAILABLE,
    Fault.AMBIGUOUS,
    Fault.LATE_WRITE,
    Fault.LATE_WRITE_SOON,
    Fault.SLOW,
)
_PLAIN_WRITES = (Fault.CRASH, Fault.CRASH_AFTER, Fault.UNAVAILABLE, Fault.AMBIGUOUS)
_DECLINES = (Fault.SOFT, Fault.LIMIT, Fault.HARD, Fault.TECHNICAL, Fault.UNLISTED, Fault.REFUSED, Fault.THROTTLED)
_ANSWERS = (
    Fault.CRASH,
    Fault.CRASH_DEBITED,
    Fault.CRASH_UNDEBITED,
    Fault.NOT_SENT,
    Fault.LOST_DEBITED,
    Fault.LOST_UNDEBITED,
    Fault.LATE_DEBIT,
    Fault.HANG,
    Fault.HANG_UNDEBITED,
    *_DECLINES,
)

_CONTRADICTIONS = (Fault.CONTRADICTED, Fault.MISREPORTED)

FAULTS: Mapping[Port, tuple[Fault, ...]] = {
    Port.READ: (Fault.CRASH, Fault.UNAVAILABLE),
    Port.COMMIT: _WRITES,
    Port.CLAIM: (*_WRITES, Fault.OWN),
    Port.CARRY: (*_WRITES, Fault.OWN),
    Port.ROW: _WRITES,
    Port.CREATE: _WRITES,
    Port.CATALOG: (Fault.CRASH, Fault.UNAVAILABLE),
    Port.INDEX: (Fault.CRASH, Fault.UNAVAILABLE, Fault.INDEX_LAGS),
    Port.SLOTS: (Fault.CRASH, Fault.UNAVAILABLE),
    Port.BOOKMARK: _PLAIN_WRITES,
    Port.PROGRESS: (Fault.CRASH, Fault.UNAVAILABLE),
    Port.COUNT: _PLAIN_WRITES,
    Port.STOPS: (Fault.CRASH, Fault.UNAVAILABLE),
    Port.STOP: _PLAIN_WRITES,
    Port.SEND: (
        Fault.CRASH,
        Fault.CRASH_AFTER,
        Fault.UNAVAILABLE,
        Fault.AMBIGUOUS,
        Fault.MESSAGE_TWICE,
        Fault.MESSAGE_LOST,
        Fault.MESSAGE_LATER,
    ),
    Port.FIRST_BILL: (*_ANSWERS, *_CONTRADICTIONS, Fault.WRONG_PIN, *sorted(CALLBACK_FAULTS)),
    Port.BILL: (*_ANSWERS, *_CONTRADICTIONS, *sorted(CALLBACK_FAULTS)),
    Port.CHARGE: (
        *_ANSWERS,
        Fault.PAID_NOW,
        Fault.FAILS_LATER,
        Fault.CALLBACK_TWICE,
        Fault.CALLBACK_EARLY,
        Fault.CALLBACK_LOST,
    ),
    Port.FIND: (Fault.CRASH, Fault.ANSWER_LOST),
    Port.CALL: (
        Fault.CRASH,
        Fault.CRASH_AFTER,
        Fault.NOT_SENT,
        Fault.ANSWER_LOST,
        Fault.NEVER_ARRIVED,
        Fault.REJECTED,
        Fault.REFUSED,
        Fault.BUSY,
    ),
    Port.DEADLINE: (Fault.OUT_OF_TIME,),
}

# Calls that change nothing.
LOOKS = frozenset({Port.READ, Port.CATALOG, Port.INDEX, Port.SLOTS, Port.PROGRESS, Port.STOPS, Port.FIND})

# As sets, for the scheduler.
POSSIBLE: Mapping[Port, frozenset[str]] = {port: frozenset(faults) for port, faults in FAULTS.items()}

SWITCH, JUMP = "switch", "clock"  # how deviations that are no faults are counted
EVERY_KIND = (*Fault, SWITCH, f"{JUMP} forward", f"{JUMP} back")
