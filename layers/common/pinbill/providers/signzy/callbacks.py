"""Signzy's callbacks: a POST, as JSON or as a form. They cannot be verified, so each only says where to look.

Source: the eMandates page on callbacks. A failed payment has no event: it is found by polling.
"""

from urllib.parse import parse_qsl

from pinbill.errors import CallbackMalformed
from pinbill.providers.json_wire import Document, decode, digits, text
from pinbill.providers.signzy.codes import FINAL_MANDATE_STATUSES
from pinbill.usecases.callback import MandateMoved

_LARGEST_BODY = 16 * 1024


def read(body: bytes) -> MandateMoved | None:
    """What a callback reports, or None for an event that changes nothing here. Raises CallbackMalformed."""
    given = _fields(body)
    event = (text(given, "event") or "").upper()
    if event == "SUBSCRIPTION_NEW_PAYMENT":
        return MandateMoved(_mandate(given), revoked=False)
    if event == "SUBSCRIPTION_STATUS_CHANGE":
        status = (text(given, "status") or "").upper()
        return MandateMoved(_mandate(given), revoked=True) if status in FINAL_MANDATE_STATUSES else None
    if not event:
        raise CallbackMalformed("The callback has no event.")
    return None


def _fields(body: bytes) -> Document:
    """The fields whatever the content type says: no document fixes it."""
    if len(body) > _LARGEST_BODY:
        raise CallbackMalformed("The callback is too large.")
    document = decode(body)
    if document is not None:
        return document
    try:
        pairs = parse_qsl(body.decode("ascii"), strict_parsing=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise CallbackMalformed("The callback is neither JSON nor a form.") from None
    fields = {name.lower(): value for name, value in pairs}
    if len(fields) != len(pairs):
        raise CallbackMalformed("The callback names a field twice.")
    return fields


def _mandate(given: Document) -> str:
    reference = digits(given, "subreferenceid")
    if reference is None:
        raise CallbackMalformed("The callback's subReferenceId is missing or not a number.")
    return reference
