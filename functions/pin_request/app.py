"""POST /v1/subscriptions and …/{id}/pin: subscribe a number, or send its PIN again."""

import pinbill.loading

from dataclasses import replace
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from pinbill import bootstrap
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.subscription import Delivery, Mandate, Subscription
from pinbill.entrypoints.http import PartnerApi, http_handler, reply
from pinbill.entrypoints.repeats import IdempotencyKey, keyed
from pinbill.entrypoints.requests import MandateBody, ResendBody, SubscribeBody
from pinbill.entrypoints.views import SubscriptionAnswer, SubscriptionView
from pinbill.usecases.pin_request import Subscribe

services = bootstrap.pin_request()
api = PartnerApi(services.logger, services.admit)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.post(
    "/v1/subscriptions",
    responses={
        201: {"description": "Subscribed and pending; a PIN is on its way where the plan is paid on the phone bill."},
        202: {"description": "Subscribed and pending; whether the SMS with the PIN went out is not known."},
    },
)
def subscribe(body: SubscribeBody, idempotency_key: IdempotencyKey = None) -> Response[SubscriptionAnswer]:
    """Subscribe a mobile number to a plan.

    A number has one live subscription to a plan. The provider sends the PIN, which confirms it.
    """
    network = (body.network.mcc, body.network.mnc) if body.network else None
    agreed = body.consent.consent() if body.consent else None
    mandate = _mandate(body.mandate)
    command = Subscribe(api.partner, body.plan, Msisdn.parse(body.msisdn), network, mandate, agreed, api.key)
    request = keyed("subscribe", idempotency_key, body)
    return _reply(201, services.run.subscribe(replace(command, address=body.user_ip, request=request)))


@api.post(
    "/v1/subscriptions/<subscription_id>/pin",
    responses={
        200: {"description": "A new PIN is on its way; the old one is void."},
        202: {"description": "Whether the SMS with the new PIN went out is not known."},
    },
)
def resend(
    subscription_id: Annotated[str, Path()], body: ResendBody, idempotency_key: IdempotencyKey = None
) -> Response[SubscriptionAnswer]:
    """Send a new PIN to a pending subscription."""
    request = keyed("resend", idempotency_key, body)
    return _reply(200, services.run.resend(api.partner, subscription_id, body.user_ip, request))


def _mandate(body: MandateBody | None) -> Mandate | None:
    return Mandate(body.reference, Money.parse(body.max_amount, body.currency)) if body else None


def _reply(status: int, subscription: Subscription) -> Response[SubscriptionAnswer]:
    """202 while it is not known whether the SMS went out."""
    pin = subscription.pin
    sent = pin is None or pin.delivery is Delivery.SENT
    return reply(status if sent else 202, SubscriptionAnswer(subscription=SubscriptionView.of(subscription)))


pinbill.loading.done()
