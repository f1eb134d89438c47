"""Every fault that the simulators know, as data: what it does, when, to which calls by default."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

BILLS = ("SendBillWithPIN", "SendBill")
MONEY = (*BILLS, "Charge")
ANNOUNCED = (*MONEY, "Stop", "StatusChange")
LONGEST_HOLD_SECONDS = 120


class Channel(StrEnum):
    """A call takes at most one fault of each channel, so that "declined" and "answer lost" can meet."""

    OUTCOME = "outcome"
    ANSWER = "answer"
    CALLBACK = "callback"


class Moment(StrEnum):
    """When an answer fault strikes: instead of the operation, around it, or after it was done for good."""

    INSTEAD = "instead"
    WAIT_FIRST = "wait first"
    AFTERWARDS = "afterwards"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault. `methods` are those it strikes when none is asked for; empty means every method."""

    channel: Channel
    sentence: str
    args: dict[str, Any] = field(default_factory=dict)
    moment: Moment = Moment.AFTERWARDS
    methods: tuple[str, ...] = ()
    provider: str | None = None


def _outcome(sentence: str, provider: str | None = None, methods: tuple[str, ...] = MONEY, **args: Any) -> FaultKind:
    return FaultKind(Channel.OUTCOME, sentence, args, methods=methods, provider=provider)


def _instead(sentence: str, methods: tuple[str, ...] = (), **args: Any) -> FaultKind:
    return FaultKind(Channel.ANSWER, sentence, args, Moment.INSTEAD, methods)


def _afterwards(sentence: str, methods: tuple[str, ...] = (), provider: str | None = None, **args: Any) -> FaultKind:
    return FaultKind(Channel.ANSWER, sentence, args, Moment.AFTERWARDS, methods, provider)


def _callback(sentence: str, **args: Any) -> FaultKind:
    return FaultKind(Channel.CALLBACK, sentence, args, methods=ANNOUNCED)


_NO_FUNDS = "Insufficient balance"

# `seconds` of None means the `hold_seconds` knob. Holds are real time; `land_late` counts by the simulators' clock.
KINDS: dict[str, FaultKind] = {
    "decline": _outcome(
        "The carrier declines with this code; at Signzy the payment is FAILED at once for this reason.",
        code="AA",
        reason=_NO_FUNDS,
    ),
    "bar": _outcome("The operator has barred the number (A5); at Signzy the account is blocked, FAILED at once."),
    "unknown_code": _outcome("The carrier declines with a code that is in no list.", "infomedia", code="ZZ"),
    "ported": _outcome(
        "The number has moved: it is billed, and the confirmation names the new network until it is used.",
        "infomedia",
        mcc="234",
        mnc="30",
    ),
    "refuse": _outcome(
        "The request is refused before the carrier is asked: outer status Error, or Signzy's error object.",
        methods=(),
        code="E9",
        text="Request refused",
        status=400,
    ),
    "signzy_failed": _outcome("The payment is taken and becomes FAILED when due.", "signzy", reason=_NO_FUNDS),
    "signzy_success_now": _outcome("The payment is SUCCESS before the charge is answered.", "signzy"),
    "timeout_before_debit": _instead("Nothing is done; the connection is held, then closed.", MONEY, seconds=None),
    "hang": _instead("Nothing is done; the connection is held, then closed.", seconds=None),
    "drop_before_debit": _instead("Nothing is done; the connection is closed (how: rst or fin).", MONEY, how="rst"),
    "land_late": _instead(
        "No answer and no debit now (held for hold_seconds); the debit lands so many simulated seconds later.",
        MONEY,
        seconds=60,
        hold_seconds=0,
    ),
    "throttle": _instead("429 with Retry-After; nothing is done.", retry_after=1),
    "http_500": _instead("500 in the provider's own error form; nothing is done."),
    "http_502": _instead("502 with a gateway's HTML page; nothing is done."),
    "http_504": _instead("504 with a gateway's HTML page; nothing is done."),
    "garbage": _instead("200 with an HTML page; nothing is done."),
    "redirect": _instead("302 to another address, which tells in the journal if it was followed.", location=None),
    "slow": FaultKind(
        Channel.ANSWER, "Waits, then does its work and answers normally.", {"seconds": 2}, Moment.WAIT_FIRST
    ),
    "timeout_after_debit": _afterwards("Done, then the connection is held and closed.", MONEY, seconds=None),
    "drop_after_debit": _afterwards("Done, then the connection is closed (how: rst or fin).", MONEY, how="rst"),
    "http_500_after_debit": _afterwards("Done, but the answer is a 500.", MONEY),
    "garbage_after_debit": _afterwards("Done, but the answer is 200 with an HTML page.", MONEY),
    "truncated": _afterwards(
        "Done, but only half of the JSON arrives (how: body = the length is honest, connection = it promises more).",
        how="body",
    ),
    "wrong_json": _afterwards("Done, but the answer is valid JSON of an unknown shape."),
    "missing_txid": _afterwards("Done, but the answer has no txid (Signzy: no paymentId).", MONEY),
    "string_types": _afterwards("Done, and every number and boolean of the answer is a string."),
    "unwrapped": _afterwards("Done, and Signzy's answer has no result around it.", provider="signzy"),
    "d_wrapped": _afterwards("Done, and Infomedia's answer stands inside a d object.", provider="infomedia"),
    "unknown_status": _afterwards(
        "Done, but the answer shows a payment status that is in no list.",
        ("Charge",),
        provider="signzy",
        status="ON_THE_WAY",
    ),
    "callback_early": _callback(
        "The callback is delivered before the call is answered (a Signzy payment succeeds now)."
    ),
    "callback_duplicate": _callback("The callback is delivered several times.", copies=2),
    "callback_lost": _callback("The callback is never delivered."),
    "callback_contradictory": _callback("The callback says the opposite of what happened."),
}
