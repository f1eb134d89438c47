"""Typed client of a Pinbill installation's API."""

from pinbill_client.client import Client, Mandate, Network
from pinbill_client.errors import (
    ApiError,
    Conflict,
    Declined,
    InvalidRequest,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    PinbillError,
    Refused,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from pinbill_client.models import Attempt, Bill, Charge, ConfirmAnswer, FieldProblem, Money, Pin, Plan, Subscription

__all__ = [
    "ApiError",
    "Attempt",
    "Bill",
    "Charge",
    "Client",
    "ConfirmAnswer",
    "Conflict",
    "Declined",
    "FieldProblem",
    "InvalidRequest",
    "Mandate",
    "Money",
    "Network",
    "NotAllowed",
    "NotFound",
    "OutcomeUnknown",
    "Pin",
    "PinbillError",
    "Plan",
    "Refused",
    "Subscription",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedAnswer",
    "Unreachable",
]
