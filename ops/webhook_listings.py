"""Webhook endpoints and their deliveries, as an operator reads them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from pinbill.domain.deliveries import Behind, Delivery
from pinbill.domain.events import event_id
from pinbill.domain.webhooks import Place, WebhookEndpoint


def endpoints(found: Iterable[WebhookEndpoint], behind: Mapping[str, Behind]) -> Iterator[str]:
    """Without their paths, in which partners may keep tokens."""
    seen = False
    for each in found:
        seen = True
        of = ", ".join(each.services) or "all services"
        yield f"{each.id}  {_host(each.url)}  {of}  {_standing(each, behind.get(each.id))}"
    if not seen:
        yield "it has no endpoint yet: webhook add PARTNER URL"


def behind(found: Mapping[Place, Behind]) -> Iterator[str]:
    """The longest failing first."""
    if not found:
        yield "no endpoint fails or is owed anything"
    for place, each in sorted(found.items(), key=lambda item: (item[1].health.failing_since is None, item)):
        yield f"{place.partner} {place.endpoint_id}  {_doing(each)}"


def delivery(each: Delivery) -> str:
    event = event_id(each.subscription_id, each.seq)
    if each.number == 0:
        return f"{each.at:%Y-%m-%d %H:%M:%S}Z {event} not sent: {each.code}"
    return f"{each.at:%Y-%m-%d %H:%M:%S}Z {event} try {each.number}: {each.code} after {each.ms} ms"


def _standing(endpoint: WebhookEndpoint, behind: Behind | None) -> str:
    if endpoint.disabled is not None and endpoint.disabled_at is not None:
        return f"off since {_time(endpoint.disabled_at)} ({endpoint.disabled.value})"
    return _doing(behind) if behind else "well"


def _doing(behind: Behind) -> str:
    health = behind.health
    if health.failing_since is not None:
        probe = f", next probe {_time(health.next_at)}" if health.is_held and health.next_at else ""
        return f"failing since {_time(health.failing_since)}{probe}"
    return "slow: served by the retries" if health.is_held else "being made up for"


def _host(url: str) -> str:
    return "/".join(url.split("/")[:3])


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"
