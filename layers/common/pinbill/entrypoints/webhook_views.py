"""The bodies of webhooks: what has happened, and the subscription as it stands, as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from pinbill.domain.events import EVENT_TYPES, PING, event_id, event_type
from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from pinbill.entrypoints.views import AttemptView, SubscriptionView

EventType = Annotated[str, Field(description="One of the listed types; more may come.", examples=EVENT_TYPES)]


class EventData(BaseModel):
    """`attempt` is the payment that the event is about; `detail` holds its further facts.

    `subscription.sequence` says as of which event the subscription is: this one or, when it comes late, a later one.
    """

    attempt: AttemptView | None
    detail: dict[str, str | int]
    subscription: SubscriptionView


class EventView(BaseModel):
    """An event. Its `id` is the same each time it comes; `sequence` counts a subscription's events without a gap."""

    id: str
    type: EventType
    timestamp: datetime
    sequence: int
    data: EventData


class PingView(BaseModel):
    """Sent to try an endpoint: nothing has happened."""

    id: str
    type: Literal["webhook.ping"]
    timestamp: datetime
    data: dict[str, str]


def event_body(entry: Entry, subscription: Subscription) -> bytes:
    view = EventView(
        id=event_id(subscription.id, entry.seq),
        type=event_type(entry),
        timestamp=entry.at,
        sequence=entry.seq,
        data=EventData(
            attempt=AttemptView.of(entry.attempt) if entry.attempt else None,
            detail=dict(entry.detail),
            subscription=SubscriptionView.of(subscription),
        ),
    )
    return view.model_dump_json().encode()


def ping_body(id: str, at: datetime) -> bytes:
    return PingView(id=id, type=PING, timestamp=at, data={}).model_dump_json().encode()
