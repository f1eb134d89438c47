"""POST /v1/subscriptions/{id}/pause and …/{id}/resume: no access and no bill in between; the paid time is kept."""

import pinbill.loading

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from pinbill import bootstrap
from pinbill.entrypoints.http import PartnerApi, http_handler, reply
from pinbill.entrypoints.repeats import IdempotencyKey, keyed
from pinbill.entrypoints.requests import PauseBody, ResumeBody
from pinbill.entrypoints.views import SubscriptionAnswer, SubscriptionView

services = bootstrap.pause()
api = PartnerApi(services.logger, services.admit)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.post("/v1/subscriptions/<subscription_id>/pause", responses={200: {"description": "Paused."}})
def pause(
    subscription_id: Annotated[str, Path()], body: PauseBody, idempotency_key: IdempotencyKey = None
) -> Response[SubscriptionAnswer]:
    """Pause a subscription.

    No access and no bill from now on; what is left of the paid or free time is kept to the second. With `resume_at` it
    is resumed by itself. Pausing again is answered alike, and keeps the first `resume_at`.
    """
    request = keyed("pause", idempotency_key, body)
    subscription = services.run.pause(api.partner, subscription_id, body.resume_at, request)
    return reply(200, SubscriptionAnswer(subscription=SubscriptionView.of(subscription)))


@api.post("/v1/subscriptions/<subscription_id>/resume", responses={200: {"description": "With access again."}})
def resume(
    subscription_id: Annotated[str, Path()], body: ResumeBody, idempotency_key: IdempotencyKey = None
) -> Response[SubscriptionAnswer]:
    """Resume a paused subscription.

    Access at once; the next bill comes when what was left is used up. Resuming what has access is answered alike.
    """
    subscription = services.run.resume(api.partner, subscription_id, keyed("resume", idempotency_key, body))
    return reply(200, SubscriptionAnswer(subscription=SubscriptionView.of(subscription)))


pinbill.loading.done()
