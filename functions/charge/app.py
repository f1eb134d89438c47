"""POST /v1/subscriptions/{id}/charges: charge on demand, once per Idempotency-Key."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path

from pinbill import bootstrap
from pinbill.domain.attempts import AttemptState
from pinbill.domain.money import Money
from pinbill.entrypoints.http import PartnerApi, answer, http_handler, reply
from pinbill.entrypoints.problems import declined_of
from pinbill.entrypoints.requests import ChargeBody
from pinbill.entrypoints.views import ChargeAnswer, ChargeView
from pinbill.usecases.charge import ChargeCommand

AGAIN = "This key keeps this answer: a further try of the charge needs a new Idempotency-Key."

services = bootstrap.charge()
api = PartnerApi(services.logger)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.post("/v1/subscriptions/<subscription_id>/charges")
def charge(
    subscription_id: Annotated[str, Path()],
    body: ChargeBody,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> Response[Any]:
    amount = Money.parse(body.amount, body.currency)
    command = ChargeCommand(api.partner, subscription_id, idempotency_key, amount, body.description)
    charged = services.run(command)
    view = ChargeView.of(charged.charge)
    if charged.charge.attempt.state is AttemptState.DECLINED:
        return answer(402, declined_of("charge", view.attempt, AGAIN, charge=view.model_dump(mode="json")))
    return reply(202 if charged.charge.attempt.is_open else 201, ChargeAnswer(charge=view))
