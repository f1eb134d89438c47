"""POST /v1/subscriptions/{id}/notices, …/opt-outs, …/receipts: what a partner has told its user, or heard."""

import pinbill.loading

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from pinbill import bootstrap
from pinbill.domain.subscription import Subscription
from pinbill.entrypoints.http import PartnerApi, http_handler, reply
from pinbill.entrypoints.repeats import IdempotencyKey, keyed
from pinbill.entrypoints.report_requests import NoticeBody, OptOutBody, ReceiptBody
from pinbill.entrypoints.views import SubscriptionAnswer, SubscriptionView

services = bootstrap.report()
api = PartnerApi(services.logger, services.admit)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.post("/v1/subscriptions/<subscription_id>/notices", responses={200: {"description": "The notice is known."}})
def notice(
    subscription_id: Annotated[str, Path()], body: NoticeBody, idempotency_key: IdempotencyKey = None
) -> Response[SubscriptionAnswer]:
    """Report that the user was given the notice of an announced debit.

    The debit is made at the announced time, or later if the notice was given late. Reporting again is answered alike;
    the first report counts.
    """
    request = keyed("notice", idempotency_key, body)
    return _reply(services.run.notices.given(api.partner, subscription_id, body.notice(), request))


@api.post("/v1/subscriptions/<subscription_id>/opt-outs", responses={200: {"description": "It will not be made."}})
def opt_out(
    subscription_id: Annotated[str, Path()], body: OptOutBody, idempotency_key: IdempotencyKey = None
) -> Response[SubscriptionAnswer]:
    """Report that the user does not want one announced debit.

    Its period is skipped; the subscription goes on with the next one. Reporting again is answered alike.
    """
    request = keyed("opt_out", idempotency_key, body)
    return _reply(services.run.notices.opt_out(api.partner, subscription_id, body.period, request))


@api.post("/v1/subscriptions/<subscription_id>/receipts", responses={200: {"description": "The receipt is known."}})
def receipt(
    subscription_id: Annotated[str, Path()], body: ReceiptBody, idempotency_key: IdempotencyKey = None
) -> Response[SubscriptionAnswer]:
    """Report that the user was sent the receipt of a payment that you owe it for.

    Reporting again is answered alike; the first report counts.
    """
    request = keyed("receipt", idempotency_key, body)
    return _reply(services.run.receipts.sent(api.partner, subscription_id, body.receipt(), request))


def _reply(subscription: Subscription) -> Response[SubscriptionAnswer]:
    return reply(200, SubscriptionAnswer(subscription=SubscriptionView.of(subscription)))


pinbill.loading.done()
