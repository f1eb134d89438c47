"""POST /v1/subscriptions/{id}/confirm: check the PIN, take the first bill or start the free period."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from pinbill import bootstrap
from pinbill.domain.attempts import AttemptState
from pinbill.domain.states import State
from pinbill.entrypoints.http import PartnerApi, answer, http_handler, reply
from pinbill.entrypoints.problems import declined_of
from pinbill.entrypoints.requests import ConfirmBody
from pinbill.entrypoints.views import AttemptView, ConfirmAnswer, SubscriptionView

STILL_PENDING = "The subscription is still pending: confirm it again, while its PIN is good."
OVER = "The subscription has ended: subscribe anew."

services, settings = bootstrap.pin_confirm()
api = PartnerApi(services.logger)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.post("/v1/subscriptions/<subscription_id>/confirm")
def confirm(subscription_id: Annotated[str, Path()], body: ConfirmBody) -> Response[Any]:
    confirmed = services.run(api.partner, subscription_id, body.pin, lambda: api.seconds_left > settings.longest_call)
    view = SubscriptionView.of(confirmed.subscription)
    bill = AttemptView.of(confirmed.attempt) if confirmed.attempt else None
    if confirmed.attempt and bill and confirmed.attempt.state is AttemptState.DECLINED:
        again = STILL_PENDING if confirmed.subscription.state is State.PENDING else OVER
        return answer(402, declined_of("bill", bill, again, subscription=view.model_dump(mode="json")))
    settled = confirmed.attempt is None or not confirmed.attempt.is_open
    return reply(200 if settled else 202, ConfirmAnswer(subscription=view, bill=bill))
