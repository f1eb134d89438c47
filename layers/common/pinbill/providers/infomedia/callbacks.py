"""Infomedia's webhooks: a GET with everything in its query. They are not signed, so each is a hint and no more.

Source: https://developer.infomedia.co.uk/webhooks.
"""

from collections.abc import Iterable, Mapping

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.errors import CallbackMalformed, InvalidInput
from pinbill.providers.infomedia.codes import BILLED, declined
from pinbill.providers.infomedia.replies import transaction_id
from pinbill.usecases.callback import BillReported, Noted, Refunded, Report, Stopped

# What Infomedia says of a user's access; of a partner who manages its own subscriptions it need not say it at all.
NOTES = {1: "subscribed", 3: "reactivated", 24: "suspended", 25: "unsuspended"}


def read(parameters: Iterable[tuple[str, str]]) -> Report | None:
    """What decoded parameters report, or None for an event that changes nothing here. Raises CallbackMalformed.

    Names are taken in any casing, and `type` for `etid`, as an older version of the platform sent them.
    """
    given: dict[str, str] = {}
    for name, value in parameters:
        if given.setdefault(name.lower(), value.strip()) != value.strip():
            raise CallbackMalformed("The callback names a parameter twice.")
    event = given.get("etid") or given.get("type") or ""
    if not (event.isascii() and event.isdigit() and len(event) <= 3):
        raise CallbackMalformed("The callback's type is missing or not a number.")
    match int(event):
        case 2:
            return Stopped(_msisdn(given), _product(given))
        case 5:
            return _charged(given)
        case 31:
            return _refunded(given)
        case note if note in NOTES:
            return _noted(given, NOTES[note])
        case _:
            return None


def _product(given: Mapping[str, str]) -> int:
    product = given.get("productid", "")
    if not (product.isascii() and product.isdigit() and len(product) <= 12):
        raise CallbackMalformed("The callback's product id is missing or not a number.")
    return int(product)


def _msisdn(given: Mapping[str, str]) -> Msisdn:
    # An encrypted `mx`, which only plain HTTP addresses are sent, names nobody that can be found here.
    number = (given.get("msisdn") or given.get("mx") or "").removeprefix("+")
    try:
        return Msisdn.parse(f"+{number}")
    except InvalidInput:
        raise CallbackMalformed("The callback's number is missing or not in plain digits.") from None


def _noted(given: Mapping[str, str], says: str) -> Noted | None:
    """None where it does not say of whom: nothing is lost with it."""
    try:
        return Noted(_msisdn(given), _product(given), says)
    except CallbackMalformed:
        return None


def _charged(given: Mapping[str, str]) -> BillReported | None:
    """None without a reference: then it is of no attempt of ours."""
    reference = given.get("pt", "")
    if not reference:
        return None
    code = _status(given)
    transaction = transaction_id(given.get("txid"))
    if code != BILLED:
        return BillReported(reference, _amount(given), declined(code, transaction))
    if given.get("success", "1") != "1":
        raise CallbackMalformed("The callback says billed and not billed at once.")
    paid = BillResult(AttemptState.PAID, BILLED, meaning="Billed.", provider_reference=transaction)
    return BillReported(reference, _amount(given), paid)


def _refunded(given: Mapping[str, str]) -> Refunded | None:
    """None without a reference, as above, and for a refund that was tried and failed."""
    reference = given.get("pt", "")
    if not reference or _status(given) != BILLED or given.get("success", "1") != "1":
        return None
    return Refunded(reference, _amount(given), transaction_id(given.get("txid")))


def _status(given: Mapping[str, str]) -> str:
    code = given.get("transactionstatus", "").upper()
    if not (code.isascii() and code.isalnum() and len(code) == 2):
        raise CallbackMalformed("The callback's transaction status is missing or not a code.")
    return code


def _amount(given: Mapping[str, str]) -> Money | None:
    amount, currency = given.get("chargeamount"), given.get("currencycode")
    if not amount and not currency:
        return None
    if not amount or not currency:
        raise CallbackMalformed("The callback names an amount or a currency without the other.")
    try:
        return Money.parse(amount, currency.upper())
    except InvalidInput:
        raise CallbackMalformed("The callback's amount is not one in a known currency.") from None
