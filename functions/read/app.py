"""GET /v1/plans, /v1/subscriptions/{id}, …/{id}/bills and …/{id}/consent."""

import pinbill.loading

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from pinbill import bootstrap
from pinbill.entrypoints.consent_views import ConsentAnswer
from pinbill.entrypoints.http import PartnerApi, http_handler, reply
from pinbill.entrypoints.views import BillsAnswer, PlansAnswer, PlanView, SubscriptionAnswer, SubscriptionView

services = bootstrap.read()
api = PartnerApi(services.logger, services.admit)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.get("/v1/plans", responses={200: {"description": "Your plans."}})
def plans() -> Response[PlansAnswer]:
    """List your plans that are on sale."""
    return reply(200, PlansAnswer(plans=[PlanView.of(plan) for plan in services.run.plans(api.partner)]))


@api.get("/v1/subscriptions/<subscription_id>", responses={200: {"description": "The subscription."}})
def subscription(subscription_id: Annotated[str, Path()]) -> Response[SubscriptionAnswer]:
    """Read a subscription: its state, access and open attempt."""
    found = services.run.subscription(api.partner, subscription_id)
    return reply(200, SubscriptionAnswer(subscription=SubscriptionView.of(found)))


@api.get("/v1/subscriptions/<subscription_id>/consent", responses={200: {"description": "What is recorded of it."}})
def consent(subscription_id: Annotated[str, Path()]) -> Response[ConsentAnswer]:
    """Read how the user of a subscription agreed, and to what.

    Only what was reported and recorded at the time; nothing of it can be changed afterwards.
    """
    return reply(200, ConsentAnswer.of(*services.run.consent(api.partner, subscription_id)))


@api.get("/v1/subscriptions/<subscription_id>/bills", responses={200: {"description": "A page of the ledger."}})
def bills(
    subscription_id: Annotated[str, Path()],
    limit: Annotated[int, Query(ge=1, le=100, description="The most entries of a page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=200, description="The `cursor` of the page before.")] = None,
) -> Response[BillsAnswer]:
    """List a subscription's bills and charges, newest first, page by page.

    An attempt that was open has one entry for each change.
    """
    page = services.run.bills(api.partner, subscription_id, limit, cursor)
    return reply(200, BillsAnswer.of(page.rows, page.cursor))


pinbill.loading.done()
