"""GET /v1/plans, /v1/subscriptions/{id} and …/{id}/bills."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from pinbill import bootstrap
from pinbill.entrypoints.http import PartnerApi, http_handler, reply
from pinbill.entrypoints.views import BillsAnswer, PlansAnswer, PlanView, SubscriptionAnswer, SubscriptionView

services = bootstrap.read()
api = PartnerApi(services.logger)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.get("/v1/plans")
def plans() -> Response[PlansAnswer]:
    return reply(200, PlansAnswer(plans=[PlanView.of(plan) for plan in services.run.plans(api.partner)]))


@api.get("/v1/subscriptions/<subscription_id>")
def subscription(subscription_id: Annotated[str, Path()]) -> Response[SubscriptionAnswer]:
    found = services.run.subscription(api.partner, subscription_id)
    return reply(200, SubscriptionAnswer(subscription=SubscriptionView.of(found)))


@api.get("/v1/subscriptions/<subscription_id>/bills")
def bills(
    subscription_id: Annotated[str, Path()],
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response[BillsAnswer]:
    page = services.run.bills(api.partner, subscription_id, limit, cursor)
    return reply(200, BillsAnswer.of(page.rows, page.cursor))
