"""POST /v1/subscriptions/{id}/confirm: check the PIN, take the first bill or start the free period."""

import pinbill.loading

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from pinbill import bootstrap
from pinbill.domain.attempts import AttemptState
from pinbill.domain.states import State
from pinbill.entrypoints.http import JSON, PartnerApi, answer, http_handler, reply
from pinbill.entrypoints.problems import bill_declined
from pinbill.entrypoints.repeats import IdempotencyKey, keyed
from pinbill.entrypoints.requests import ConfirmBody
from pinbill.entrypoints.views import AttemptView, ConfirmAnswer, SubscriptionView
from pinbill.usecases.confirmations import Agreed

STILL_PENDING = "The subscription is still pending: confirm it again, while its PIN is good."
OVER = "The subscription has ended: subscribe anew."

services, settings = bootstrap.pin_confirm()
api = PartnerApi(services.logger, services.admit)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.post(
    "/v1/subscriptions/<subscription_id>/confirm",
    responses={
        200: {
            "description": "Confirmed: the first bill is paid, or the free period has begun.",
            "content": {JSON: {"model": ConfirmAnswer}},
        },
        202: {
            "description": "The PIN was good; what became of the first bill is not known yet.",
            "content": {JSON: {"model": ConfirmAnswer}},
        },
    },
)
def confirm(
    subscription_id: Annotated[str, Path()], body: ConfirmBody, idempotency_key: IdempotencyKey = None
) -> Response[Any]:
    """Confirm a pending subscription.

    Checks the PIN, where the plan is paid on the phone bill, and takes the first bill or begins the free period.
    """
    agreed = Agreed(body.consent.consent() if body.consent else None, api.key)
    confirmed = services.run(
        api.partner,
        subscription_id,
        body.pin,
        lambda: api.seconds_left > settings.longest_call,
        agreed,
        body.user_ip,
        keyed("confirm", idempotency_key, body),
    )
    view = SubscriptionView.of(confirmed.subscription)
    bill = AttemptView.of(confirmed.attempt) if confirmed.attempt else None
    if confirmed.attempt and bill and confirmed.attempt.state is AttemptState.DECLINED:
        again = STILL_PENDING if confirmed.subscription.state is State.PENDING else OVER
        return answer(402, bill_declined(bill, view, again))
    settled = confirmed.attempt is None or not confirmed.attempt.is_open
    return reply(200 if settled else 202, ConfirmAnswer(subscription=view, bill=bill))


pinbill.loading.done()
