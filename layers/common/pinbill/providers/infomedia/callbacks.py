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
from pinbill.usecases.callback import BillReported, Stopped


def read(parameters: Iterable[tuple[str, str]]) -> Stopped | BillReported | None:
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
            return _stopped(given)
        case 5:
            return _charged(given)
        case _:  # subscribe 1, reactivate 3, suspend 24, unsuspend 25, refund 31: none of them rules here
            return None


def _stopped(given: Mapping[str, str]) -> Stopped:
    product = given.get("productid", "")
    if not (product.isascii() and product.isdigit() and len(product) <= 12):
        raise CallbackMalformed("The callback's product id is missing or not a number.")
    # An encrypted `mx`, which only plain HTTP addresses are sent, names nobody that can be found here.
    number = (given.get("msisdn") or given.get("mx") or "").removeprefix("+")
    try:
        return Stopped(Msisdn.parse(f"+{number}"), int(product))
    except InvalidInput:
        raise CallbackMalformed("The callback's number is missing or not in plain digits.") from None


def _charged(given: Mapping[str, str]) -> BillReported | None:
    """None without a reference: then it is of no attempt of ours."""
    reference, code = given.get("pt", ""), given.get("transactionstatus", "").upper()
    if not reference:
        return None
    if not (code.isascii() and code.isalnum() and len(code) == 2):
        raise CallbackMalformed("The callback's transaction status is missing or not a code.")
    transaction = transaction_id(given.get("txid"))
    if code != BILLED:
        return BillReported(reference, _amount(given), declined(code, transaction))
    if given.get("success", "1") != "1":
        raise CallbackMalformed("The callback says billed and not billed at once.")
    paid = BillResult(AttemptState.PAID, BILLED, meaning="Billed.", provider_reference=transaction)
    return BillReported(reference, _amount(given), paid)


def _amount(given: Mapping[str, str]) -> Money | None:
    amount, currency = given.get("chargeamount"), given.get("currencycode")
    if not amount or not currency:
        return None
    try:
        return Money.parse(amount, currency.upper())
    except InvalidInput:
        raise CallbackMalformed("The callback's amount is not one in a known currency.") from None
