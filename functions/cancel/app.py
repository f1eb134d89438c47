"""POST /v1/subscriptions/{id}/cancel: once this has answered, nothing more is claimed."""

import pinbill.loading

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from pinbill import bootstrap
from pinbill.domain.ending import When
from pinbill.entrypoints.consent_views import CancelAnswer, CancelReceiptView
from pinbill.entrypoints.http import PartnerApi, http_handler, reply
from pinbill.entrypoints.repeats import IdempotencyKey, keyed
from pinbill.entrypoints.requests import CancelBody
from pinbill.entrypoints.views import SubscriptionView

services = bootstrap.cancel()
api = PartnerApi(services.logger, services.admit)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.post(
    "/v1/subscriptions/<subscription_id>/cancel",
    responses={200: {"description": "Cancelled, or to be cancelled at the end of its period (`cancel_at`)."}},
)
def cancel(
    subscription_id: Annotated[str, Path()], body: CancelBody, idempotency_key: IdempotencyKey = None
) -> Response[CancelAnswer]:
    """Cancel a subscription.

    Once this has answered, nothing more is asked for. An `open_attempt` was asked for before and may still be paid.
    Cancelling again is answered alike. The `receipt` is for your user.
    """
    request = keyed("cancel", idempotency_key, body)
    subscription = services.run(api.partner, subscription_id, When(body.when), body.reason, request)
    entry = services.run.receipt(subscription)
    receipt = CancelReceiptView.of(subscription, entry) if entry else None
    return reply(200, CancelAnswer(subscription=SubscriptionView.of(subscription), receipt=receipt))


pinbill.loading.done()
