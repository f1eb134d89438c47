"""Magic numbers: subscribers and mandates with a built-in fate, for trying every outcome by hand.

They are the simulators' own invention; neither provider publishes any. A rule set at /control/faults goes before them.
"""

from dataclasses import dataclass, field
from typing import Any

from local.simulators.fault_kinds import BILLS

FIRST, RENEWAL = ("SendBillWithPIN",), ("SendBill",)
PIN, CHECK = ("PinGenerateWithParams",), ("PINValidate", "SendBillWithPIN")
LOG, UPDATE = ("LogActivity",), ("UpdateActivity",)
CHARGE, READ = ("Charge",), ("GetPayment", "ListPayments")
TOLD = (*BILLS, "Stop")
NUMBER_PREFIX = "447700900"


@dataclass(frozen=True, slots=True)
class Step:
    """One fault of a magic number: on which methods, after how many good calls, how often (None = always)."""

    fault: str
    methods: tuple[str, ...]
    args: dict[str, Any] = field(default_factory=dict)
    times: int | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class MagicOutcome:
    """One magic number (whole MSISDN digits) or mandate ending (last two digits of the subReferenceId)."""

    provider: str
    key: str
    name: str
    sentence: str
    steps: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        """For GET /control/magic."""
        steps = [
            {"fault": s.fault, "methods": list(s.methods), "args": s.args, "times": s.times, "skip": s.skip}
            for s in self.steps
        ]
        return {"key": self.key, "name": self.name, "sentence": self.sentence, "steps": steps}


def _phone(ending: str, name: str, sentence: str, *steps: Step) -> MagicOutcome:
    return MagicOutcome("infomedia", NUMBER_PREFIX + ending, name, sentence, steps)


def _bank(ending: str, name: str, sentence: str, *steps: Step) -> MagicOutcome:
    return MagicOutcome("signzy", ending, name, sentence, steps)


def _always(fault: str, methods: tuple[str, ...], **args: Any) -> Step:
    return Step(fault, methods, args)


def _once(fault: str, methods: tuple[str, ...], **args: Any) -> Step:
    return Step(fault, methods, args, times=1)


def _declined(code: str, methods: tuple[str, ...] = BILLS, times: int | None = None, skip: int = 0) -> Step:
    return Step("decline", methods, {"code": code}, times, skip)


def _family(first: int, name: str, sentence: str, codes: tuple[str, ...]) -> list[MagicOutcome]:
    return [
        _phone(str(first + place), f"{name}-{code.lower()}", f"Every bill: {sentence} ({code}).", _declined(code))
        for place, code in enumerate(codes)
    ]


def _broken(subject: str, methods: tuple[str, ...], faults: dict[str, tuple[str, str]], prefix: str) -> list[Any]:
    make = _bank if methods == CHARGE else _phone
    return [
        make(ending, f"{prefix}{fault.replace('_', '-')}", f"{subject} {words}, once.", _once(fault, methods))
        for ending, (fault, words) in faults.items()
    ]


_LIMITS = ("A6", "A7", "A8", "A9", "AB", "AC", "AD")
_TECHNICAL = ("01", "48", "74", "A0", "A1", "A2", "A4", "AF")
_FIRST_BILL_BROKEN = {
    "950": ("timeout_after_debit", "is debited and never answered"),
    "951": ("drop_after_debit", "is debited and the connection breaks"),
    "952": ("timeout_before_debit", "is neither debited nor answered"),
    "953": ("land_late", "is not answered, and its debit lands 60 simulated seconds later"),
}
_RENEWAL_BROKEN = {
    "954": ("timeout_after_debit", "is debited and never answered"),
    "955": ("drop_after_debit", "is debited and the connection breaks"),
    "956": ("timeout_before_debit", "is neither debited nor answered"),
    "957": ("drop_before_debit", "is not debited and the connection breaks"),
    "958": ("land_late", "is not answered, and its debit lands 60 simulated seconds later"),
    "959": ("http_500_after_debit", "is debited and answered by a 500"),
    "960": ("throttle", "is not debited and throttled (429, Retry-After 1)"),
    "961": ("hang", "hangs without a debit"),
    "962": ("garbage", "is not debited and answered by an HTML page"),
    "963": ("garbage_after_debit", "is debited and answered by an HTML page"),
    "964": ("truncated", "is debited and half of its answer arrives"),
    "965": ("wrong_json", "is debited and answered by JSON of an unknown shape"),
    "966": ("http_500", "is not debited and answered by a 500"),
    "967": ("http_502", "is not debited and answered by a 502"),
    "968": ("http_504", "is not debited and answered by a 504"),
    "969": ("redirect", "is not debited and redirected elsewhere"),
}
_CHARGE_BROKEN = {
    "55": ("timeout_after_debit", "is accepted and never answered"),
    "56": ("drop_after_debit", "is accepted and the connection breaks"),
    "57": ("drop_before_debit", "is not accepted and the connection breaks"),
    "58": ("land_late", "is not answered, and accepted 60 simulated seconds later"),
    "59": ("http_500_after_debit", "is accepted and answered by a 500"),
    "60": ("throttle", "is not accepted and throttled (429, Retry-After 1)"),
    "61": ("http_500", "is not accepted and answered by a 500"),
    "62": ("http_502", "is not accepted and answered by a 502"),
    "63": ("http_504", "is not accepted and answered by a 504"),
    "64": ("timeout_before_debit", "is neither accepted nor answered"),
    "65": ("hang", "hangs and is not accepted"),
    "66": ("garbage", "is not accepted and answered by an HTML page"),
    "67": ("garbage_after_debit", "is accepted and answered by an HTML page"),
    "68": ("truncated", "is accepted and half of its answer arrives"),
    "69": ("wrong_json", "is accepted and answered by JSON of an unknown shape"),
    "70": ("redirect", "is not accepted and redirected elsewhere"),
}

PHONE: tuple[MagicOutcome, ...] = (
    _phone("901", "no-credit", "Every bill: insufficient credit (AA).", _declined("AA")),
    _phone("902", "no-credit-once", "The first attempt at any bill: AA; then paid.", _declined("AA", times=1)),
    _phone(
        "903",
        "renewal-declined-once",
        "The first bill is paid; the first renewal (SendBill) is declined once (AA), then recovered.",
        _declined("AA", RENEWAL, 1),
    ),
    _phone("904", "renewals-declined", "First bill paid; every renewal: AA.", _declined("AA", RENEWAL)),
    _phone(
        "905", "renewal-declined-twice", "First bill paid; two renewals: AA; then paid.", _declined("AA", RENEWAL, 2)
    ),
    _phone("906", "renewals-barred", "First bill paid; every renewal: operator bar (A5).", _always("bar", RENEWAL)),
    _phone(
        "907", "renewal-limit-once", "First bill paid; one renewal: limit (A6); then paid.", _declined("A6", RENEWAL, 1)
    ),
    _phone(
        "908",
        "second-renewal-declined-once",
        "The first bill and one renewal are paid; the next attempt is declined once (AA), then paid.",
        _declined("AA", RENEWAL, 1, 1),
    ),
    _phone("909", "first-bill-declined", "Every first bill (SendBillWithPIN): AA.", _declined("AA", FIRST)),
    *_family(910, "limit", "spending limit reached", _LIMITS),
    _phone("920", "barred", "Every bill: operator bar (A5).", _always("bar", BILLS)),
    _phone("921", "unknown-number", "Every bill: number not known to the network (A3).", _declined("A3")),
    *_family(930, "technical", "the attempt fails in the network", _TECHNICAL),
    _phone(
        "938", "technical-once", "First bill paid; one renewal: technical (AF); then paid.", _declined("AF", RENEWAL, 1)
    ),
    _phone("940", "unknown-code", "Every bill: declined with a code in no list (ZZ).", _always("unknown_code", BILLS)),
    _phone("941", "ported", "Bills are paid; answers name the new network, 234/30.", _always("ported", BILLS)),
    _phone("942", "missing-txid", "Bills are paid; answers have no txid.", _always("missing_txid", BILLS)),
    _phone("943", "string-types", "Bills are paid; numbers in answers are strings.", _always("string_types", BILLS)),
    _phone("944", "d-wrapped", "Bills are paid; answers stand inside a d object.", _always("d_wrapped", BILLS)),
    _phone("945", "slow", "Bills are paid, each after two seconds.", _always("slow", BILLS, seconds=2)),
    *_broken("The first bill (SendBillWithPIN)", FIRST, _FIRST_BILL_BROKEN, "first-"),
    *_broken("The first renewal (SendBill)", RENEWAL, _RENEWAL_BROKEN, "renewal-"),
    _phone("970", "pin-request-fails", "PIN requests are answered by a 500; no SMS.", _always("http_500", PIN)),
    _phone("971", "pin-request-refused", "PIN requests are refused (status Error); no SMS.", _always("refuse", PIN)),
    _phone("972", "pin-request-fails-once", "One PIN request: a 500; the next works.", _once("http_500", PIN)),
    _phone("973", "pin-request-throttled", "One PIN request: 429; the next works.", _once("throttle", PIN)),
    _phone("974", "pin-expired", "Every PIN: expired (P2).", _always("refuse", CHECK, code="P2", text="PIN expired")),
    _phone("975", "pin-wrong", "Every PIN: incorrect (P1).", _always("refuse", CHECK, code="P1", text="PIN incorrect")),
    _phone(
        "976", "pin-check-fails-once", "One PINValidate: a 500; the next works.", _once("http_500", ("PINValidate",))
    ),
    _phone("980", "log-fails-once", "One LogActivity: a 500; then it works.", _once("http_500", LOG)),
    _phone("981", "update-fails-twice", "Two UpdateActivity: a 500; then it works.", Step("http_500", UPDATE, times=2)),
    _phone("982", "log-fails", "Every LogActivity: a 500.", _always("http_500", LOG)),
    _phone("983", "log-answer-lost", "One LogActivity is noted, its answer lost.", _once("drop_after_debit", LOG)),
    _phone("984", "update-fails", "Every UpdateActivity: a 500.", _always("http_500", UPDATE)),
    _phone(
        "985",
        "logged-then-declined",
        "LogActivity works; every first bill: AA; one (compensating) UpdateActivity: a 500.",
        _declined("AA", FIRST),
        _once("http_500", UPDATE),
    ),
    _phone("990", "webhook-early", "The charge webhook (if on) precedes the answer.", _always("callback_early", BILLS)),
    _phone("991", "webhook-twice", "Webhooks of bills and STOP come twice.", _always("callback_duplicate", TOLD)),
    _phone("992", "webhook-lost", "Webhooks of bills and STOP never come.", _always("callback_lost", TOLD)),
    _phone("993", "webhook-lies", "The charge webhook (if on) contradicts.", _always("callback_contradictory", BILLS)),
)

MANDATE: tuple[MagicOutcome, ...] = (
    _bank("50", "success-now", "Charges are SUCCESS before the answer.", _always("signzy_success_now", CHARGE)),
    _bank("51", "fails", "Charges become FAILED when due: no funds.", _always("signzy_failed", CHARGE)),
    _bank(
        "52",
        "fails-account-closed",
        "Charges become FAILED when due: account closed.",
        _always("signzy_failed", CHARGE, reason="Account closed"),
    ),
    _bank("53", "fails-at-once", "Charges are answered OK, with a payment FAILED already.", _always("decline", CHARGE)),
    _bank("54", "fails-once", "One charge becomes FAILED when due; then SUCCESS.", _once("signzy_failed", CHARGE)),
    *_broken("The first charge", CHARGE, _CHARGE_BROKEN, ""),
    _bank("71", "unknown-status", "Accepted; the answer's status is ON_THE_WAY.", _always("unknown_status", CHARGE)),
    _bank("72", "unwrapped", "Accepted; the answer has no result around it.", _always("unwrapped", CHARGE)),
    _bank("73", "string-types", "Accepted; the answer's numbers are strings.", _always("string_types", CHARGE)),
    _bank("74", "missing-payment-id", "Accepted; the answer has no paymentId.", _always("missing_txid", CHARGE)),
    _bank("75", "callback-early", "SUCCESS at once, called back before the answer.", _always("callback_early", CHARGE)),
    _bank("76", "callback-twice", "A payment's callback comes twice.", _always("callback_duplicate", CHARGE)),
    _bank("77", "callback-lost", "A payment's callback never comes.", _always("callback_lost", CHARGE)),
    _bank("78", "callback-lies", "A payment's callback contradicts.", _always("callback_contradictory", CHARGE)),
    _bank("79", "account-blocked", "FAILED at once: account blocked.", _always("bar", CHARGE)),
    _bank("80", "reads-fail-once", "One read of payments: a 500; then it works.", _once("http_500", READ)),
    _bank("81", "slow", "Accepted, each after two seconds.", _always("slow", CHARGE, seconds=2)),
    _bank("82", "refused", "Refused with a 403 error object.", _always("refuse", CHARGE, status=403)),
)
FIRST_MAGIC_ENDING = 50

_BY_NUMBER = {entry.key: entry for entry in PHONE}
_BY_ENDING = {entry.key: entry for entry in MANDATE}
ENDING_BY_NAME = {entry.name: int(entry.key) for entry in MANDATE}


def find(provider: str, msisdn: str | None, mandate: int | None) -> MagicOutcome | None:
    """The fate of this number or mandate, if it has one."""
    if provider == "signzy":
        return None if mandate is None else _BY_ENDING.get(f"{mandate % 100:02d}")
    return _BY_NUMBER.get(msisdn or "")


def table() -> dict[str, Any]:
    """Both tables, as GET /control/magic shows them."""
    return {
        "infomedia": [entry.as_dict() for entry in PHONE],
        "signzy": [entry.as_dict() for entry in MANDATE],
        "how": {
            "infomedia": "Subscribe one of these numbers; every other number behaves normally.",
            "signzy": "The last two digits of the subReferenceId decide; 00 to 49 behave normally. "
            'POST /control/mandates {"magic": "<name>", ...} makes such a mandate.',
        },
    }
