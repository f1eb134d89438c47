"""What Infomedia's answers prove. Between "billed" and "not billed" stands "unknown", and it is the default."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass, PinVerdict
from pinbill.providers import results
from pinbill.providers.http import Answer
from pinbill.providers.infomedia.codes import BILLED, DECLINES, NO_CODE, declined
from pinbill.providers.json_wire import Document, child, digits, text
from pinbill.usecases.calls import Answer as Outcome
from pinbill.usecases.calls import CallResult

type Network = tuple[str, str]

UNLISTED_CALL = "The provider refused the request with a code that is in no table."
PIN_MEANING: Mapping[PinVerdict, str] = {
    PinVerdict.WRONG: "The PIN was not accepted.",
    PinVerdict.EXPIRED: "The PIN is too old.",
    PinVerdict.EXHAUSTED: "The PIN was tried too often.",
}
# "AA - Insufficient credit". The space and the text may be missing, but two letters alone ("OK") are no code.
_CODE = re.compile(r"\s*([0-9A-Za-z]{2})\s*-")
_MCC, _MNC = re.compile(r"[2-9][0-9]{2}"), re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Said:
    """A status in lower case ("" where there is no readable word) and the code of its description."""

    status: str
    code: str | None

    @classmethod
    def by(cls, document: Document) -> "Said":
        found = _CODE.match(text(document, "description") or "")
        return cls((text(document, "status") or "").lower(), found[1].upper() if found else None)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of any method: what the platform said, and what the carrier (`conf`) said; None if it was not asked."""

    platform: Said
    carrier: Said | None
    transaction: str | None
    ported: Network | None

    @classmethod
    def read(cls, answer: Answer) -> "Reply | None":
        """None unless it is a 200 with a JSON object, wrapped into `d` or not."""
        if answer.status != 200 or answer.document is None:
            return None
        document = child(answer.document, "d") or answer.document
        return cls(
            Said.by(document),
            _carrier(document),
            transaction_id(text(document, "txid")),
            _ported(child(document, "conf") or {}),
        )


def _carrier(document: Document) -> Said | None:
    """None for a `conf` that is missing, null, or an object of nulls as in the documented free period."""
    conf = child(document, "conf")
    if conf is None:
        return None if document.get("conf") is None else Said("", None)
    return None if all(value is None for value in conf.values()) else Said.by(conf)


def transaction_id(given: str | None) -> str | None:
    """Infomedia's id of a transaction, or None for what cannot be one: it is shown to partners and operators."""
    return given if given and re.fullmatch(r"[A-Za-z0-9\-]{1,64}", given) else None


def _ported(conf: Document) -> Network | None:
    """The network that the number has moved to, if the carrier names one completely."""
    mcc, mnc = digits(conf, "portedmcc") or "", digits(conf, "portedmnc") or ""
    return (mcc, mnc.zfill(2)) if _MCC.fullmatch(mcc) and _MNC.fullmatch(mnc) else None


def bill_result(answer: Answer, pin_codes: Mapping[str, str], network: Network, with_pin: bool) -> BillResult:
    """What a bill came to.

    Billed is only what platform and carrier both call a success, with no other code beside it. Declined is only what
    the carrier calls an error, or what the platform refused without asking the carrier. All else may be a debit.
    """
    reply = Reply.read(answer)
    if reply is None:
        return results.bill_by_status(answer)
    platform, carrier = reply.platform, reply.carrier
    codes = {platform.code, carrier.code if carrier else None}
    ported = reply.ported if reply.ported and not _same(reply.ported, network) else None
    match platform.status, carrier.status if carrier else None:
        case "success", "success" if codes <= {None, BILLED}:
            return BillResult(
                AttemptState.PAID, BILLED, meaning="Billed.", provider_reference=reply.transaction, network=ported
            )
        case "success", "error" if carrier and carrier.code != BILLED:
            code = carrier.code or (platform.code if platform.code != BILLED else None)
            return declined(code, reply.transaction, ported)
        case "error", None if platform.code != BILLED:
            return _refused_by_platform(platform.code, pin_codes, with_pin, reply.transaction)
        case "error", "error" if carrier and carrier.code in DECLINES and platform.code != BILLED:
            return declined(carrier.code, reply.transaction, ported)
        case _:
            return results.unknown_bill("answer_unexpected", results.UNEXPECTED, reply.transaction)


def _refused_by_platform(
    code: str | None, pin_codes: Mapping[str, str], with_pin: bool, transaction: str | None
) -> BillResult:
    """The carrier was not asked: with a PIN, a code that is no billing code means that the PIN was not accepted."""
    verdict = _verdict(code, pin_codes)
    if not with_pin or verdict is None:
        return declined(code, transaction)
    return BillResult(
        AttemptState.DECLINED, code or NO_CODE, FailureClass.PIN, PIN_MEANING[verdict], transaction, pin=verdict
    )


def _verdict(code: str | None, pin_codes: Mapping[str, str]) -> PinVerdict | None:
    """What an error says of the PIN: by the service's `pin_codes`, or nothing.

    Infomedia publishes no PIN codes. Until a service names its own, every code but a billing one is taken for "wrong".
    """
    by_code = {known.upper(): verdict for known, verdict in pin_codes.items()}
    if code in by_code and by_code[code] in PinVerdict:
        return PinVerdict(by_code[code])
    return None if pin_codes or code in DECLINES else PinVerdict.WRONG


def pin_check_result(answer: Answer, pin_codes: Mapping[str, str]) -> CallResult:
    """Whether the PIN was accepted; an error without a billing code means that it was not."""
    reply = Reply.read(answer)
    result = call_result(answer)
    if reply is None or result.answer not in (Outcome.REJECTED, Outcome.REFUSED):
        return result
    verdict = _verdict(reply.platform.code, pin_codes)
    if verdict is None:
        return result
    return CallResult(Outcome.REJECTED, result.code, PIN_MEANING[verdict], FailureClass.PIN, verdict)


def call_result(answer: Answer) -> CallResult:
    """What a call without money came to. An error with a code of the table concerns the subscriber, another one us."""
    reply = Reply.read(answer)
    if reply is None:
        return results.call_by_status(answer)
    said = reply.platform
    if said.status == "success" and said.code in (None, BILLED):
        return CallResult(Outcome.DONE, said.code)
    if said.status != "error" or said.code == BILLED:
        return CallResult(Outcome.UNCLEAR, "answer_unexpected", results.UNEXPECTED)
    known = DECLINES.get(said.code or "")
    if known:
        return CallResult(Outcome.REJECTED, said.code, known.meaning, known.failure)
    return CallResult(Outcome.REFUSED, said.code or NO_CODE, UNLISTED_CALL, FailureClass.UNLISTED)


def _same(one: Network, other: Network) -> bool:
    """Codes are compared as numbers: the provider drops the leading zero of "02" in places."""
    return [int(part) for part in one] == [int(part) for part in other]
