"""POST /v1/subscriptions/{id}/charges: charge on demand, once per Idempotency-Key."""

import pinbill.loading

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from pinbill import bootstrap
from pinbill.domain.attempts import AttemptState
from pinbill.domain.money import Money
from pinbill.entrypoints.http import JSON, PartnerApi, answer, http_handler, reply
from pinbill.entrypoints.problems import charge_declined
from pinbill.entrypoints.repeats import NeededKey
from pinbill.entrypoints.requests import ChargeBody
from pinbill.entrypoints.views import ChargeAnswer, ChargeView
from pinbill.usecases.charge import ChargeCommand

AGAIN = "This key keeps this answer: a further try of the charge needs a new Idempotency-Key."

services = bootstrap.charge()
api = PartnerApi(services.logger, services.admit)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.post(
    "/v1/subscriptions/<subscription_id>/charges",
    responses={
        201: {"description": "Paid.", "content": {JSON: {"model": ChargeAnswer}}},
        202: {
            "description": "Taken by the provider, or perhaps: the outcome is not known yet. Never charge anew for it.",
            "content": {JSON: {"model": ChargeAnswer}},
        },
    },
)
def charge(
    subscription_id: Annotated[str, Path()],
    body: ChargeBody,
    idempotency_key: NeededKey = None,
) -> Response[Any]:
    """Charge a subscription on demand.

    Once for each Idempotency-Key, for ever: a repeat with the same body is answered with what has become of the charge.
    """
    amount = Money.parse(body.amount, body.currency)
    command = ChargeCommand(api.partner, subscription_id, idempotency_key, amount, body.description)
    charged = services.run(command)
    view = ChargeView.of(charged.charge)
    if charged.charge.attempt.state is AttemptState.DECLINED:
        return answer(402, charge_declined(view, AGAIN))
    return reply(202 if charged.charge.attempt.is_open else 201, ChargeAnswer(charge=view))


pinbill.loading.done()
