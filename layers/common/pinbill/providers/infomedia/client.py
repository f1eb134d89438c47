"""Infomedia's phone-bill rail: PINs, bills and activities, each call made once."""

from decimal import Decimal

from pinbill.domain.attempts import BillResult
from pinbill.domain.periods import Recurrence
from pinbill.errors import CatalogInvalid, SecretUnreadable
from pinbill.providers import results
from pinbill.providers.credentials import Credentials, InfomediaAccount
from pinbill.providers.http import Answer, Failure, Transport
from pinbill.providers.infomedia import replies, wire
from pinbill.providers.json_wire import encode
from pinbill.usecases.calls import BillOrder, CallResult, PinCheck, PinOrder, Subscriber


class _Unusable(Exception):
    """The service's or subscription's own data make no request; nothing was sent. Its text is safe."""

    def __init__(self, code: str, meaning: str) -> None:
        super().__init__(meaning)
        self.code, self.meaning = code, meaning


class InfomediaClient:
    """Implements PhoneRail; may be shared by threads. Source of the wire forms: see `wire` and `replies`."""

    def __init__(self, transport: Transport, credentials: Credentials) -> None:
        self._transport = transport
        self._credentials = credentials

    def send_pin(self, order: PinOrder) -> CallResult:
        """Let Infomedia send a PIN by SMS."""
        fields: dict[str, str | Decimal] = {
            "amount": order.price.major,
            "frequency": _frequency(order.recurrence),
            "description": order.description,
            "reference": order.reference,
        }
        return self._ask(wire.PIN_GENERATE, order.subscriber, fields)

    def check_pin(self, check: PinCheck) -> CallResult:
        """Check a PIN without billing, for a free period."""
        service = check.subscriber.service
        try:
            answer = self._call(wire.PIN_VALIDATE, check.subscriber, {"pin": check.pin, "reference": check.reference})
        except _Unusable as problem:
            return results.refused_call(problem.code, problem.meaning)
        if isinstance(answer, Failure):
            return results.failed_call(answer)
        return replies.pin_check_result(answer, service.pin_codes)

    def bill(self, order: BillOrder) -> BillResult:
        """Bill once: SendBillWithPIN for a first bill, SendBill without a PIN. Never repeated, whatever comes back."""
        call = wire.BILL if order.pin is None else wire.FIRST_BILL
        fields: dict[str, str | Decimal] = {
            "amount": order.amount.major,
            "description": order.description,
            "reference": order.reference,
        }
        if order.pin is not None:
            fields["pin"] = order.pin
        try:
            answer = self._call(call, order.subscriber, fields)
        except _Unusable as problem:
            return results.refused_bill(problem.code, problem.meaning)
        if isinstance(answer, Failure):
            return results.failed_bill(answer)
        service, network = order.subscriber.service, _network(order.subscriber)
        return replies.bill_result(answer, service.pin_codes, network, order.pin is not None)

    def log_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        """Tell that a subscription has started; may be repeated."""
        return self._ask(wire.LOG, subscriber, {"reference": reference})

    def close_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        """Tell that a subscription has ended; may be repeated."""
        return self._ask(wire.CLOSE, subscriber, {"reference": reference})

    def _ask(self, call: str, subscriber: Subscriber, fields: wire.Values) -> CallResult:
        try:
            answer = self._call(call, subscriber, fields)
        except _Unusable as problem:
            return results.refused_call(problem.code, problem.meaning)
        return results.failed_call(answer) if isinstance(answer, Failure) else replies.call_result(answer)

    def _call(self, call: str, subscriber: Subscriber, fields: wire.Values) -> Answer | Failure:
        """Make the call; raises _Unusable before anything is sent."""
        overrides = subscriber.service.wire
        known = _fields(call, subscriber)
        try:
            wire.check(overrides)
        except CatalogInvalid as problem:
            raise _Unusable("wire_setting_invalid", problem.detail) from None
        try:
            account = self._credentials.infomedia(subscriber.service.account)
        except SecretUnreadable as problem:
            return results.no_secret(problem)
        body = wire.body(call, {**known, **fields, **_login(account)}, overrides)
        headers = {"X-Infomedia-Api-Key": account.key.get_secret_value(), "Cache-Control": "no-cache"}
        answer = self._transport.post(wire.path(call, overrides), headers, encode(body))
        if isinstance(answer, Answer) and answer.status == 401:
            self._credentials.forget()
        return answer


def _fields(call: str, subscriber: Subscriber) -> dict[str, str]:
    service = subscriber.service
    bills = call in (wire.BILL, wire.FIRST_BILL)
    # One client was seen to ask for PINs under the billing product; a service without a subscription product does so.
    product = service.billing_product_id if bills else service.product_id or service.billing_product_id
    if product <= 0:
        raise _Unusable("product_missing", "The service has no product id for this call.")
    mcc, mnc = _network(subscriber)
    return {"msisdn": subscriber.msisdn.digits, "mcc": mcc, "mnc": mnc, "product": str(product)}


def _network(subscriber: Subscriber) -> tuple[str, str]:
    if subscriber.network is None:
        raise _Unusable("network_missing", "The subscription has no mobile network.")
    mcc, mnc = subscriber.network
    if not (mcc.isascii() and mcc.isdigit() and mnc.isascii() and mnc.isdigit()):
        raise _Unusable("network_invalid", "The subscription's mobile network is not a pair of codes.")
    return mcc.zfill(3), mnc.zfill(2)


def _login(account: InfomediaAccount) -> dict[str, str]:
    return {"user": account.user.get_secret_value(), "password": account.password.get_secret_value()}


def _frequency(recurrence: Recurrence) -> str:
    """ "day", "week", "month" as in the documented sample; several of them as "3 months", which no document shows."""
    unit = recurrence.unit.value
    return unit if recurrence.count == 1 else f"{recurrence.count} {unit}s"
