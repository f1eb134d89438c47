"""A partner's endpoints: made with a secret that is shown once, rotated without a gap, tried, and five at most."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from pinbill.domain.deliveries import Behind, Health
from pinbill.domain.webhooks import Disabled, Place
from pinbill.errors import ServiceNotFound, TooManyWebhooks, WebhookNotFound, WebhookUrlInvalid
from pinbill.usecases.owing import Owing
from pinbill.usecases.webhook_endpoints import ManageWebhooks
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.samples import PARTNER, PHONE_SERVICE
from tests.fakes.webhooks import InMemoryBacklogs, InMemoryEndpoints, PlainBox, Receivers

URL = "https://hooks.example.com/pinbill"
HOUR = timedelta(hours=1)


def numbered() -> Callable[[int], bytes]:
    counter = itertools.count(1)
    return lambda size: bytes([next(counter)]) * size


@pytest.fixture
def manage() -> ManageWebhooks:
    catalog = InMemoryCatalog()
    catalog.put_service(PHONE_SERVICE)

    def ping(id: str) -> bytes:
        return json.dumps({"id": id}).encode()

    return ManageWebhooks(
        InMemoryEndpoints(),
        Owing(InMemoryBacklogs()),
        catalog,
        PlainBox(),
        Receivers(),
        ping,
        FakeClock(),
        FakeClock(),
        numbered(),
    )


def receivers(manage: ManageWebhooks) -> Receivers:
    assert isinstance(manage.courier, Receivers)
    return manage.courier


def test_a_new_endpoint_is_on_and_its_secret_is_shown_once(manage: ManageWebhooks) -> None:
    made = manage.add(PARTNER, URL, ["news"])

    (listed,) = manage.listed(PARTNER)
    assert listed.is_enabled
    assert (listed.url, listed.services, listed.created_at) == (URL, ("news",), manage.clock.now())
    assert len(base64.b64decode(made.secret.removeprefix("whsec_"))) == 32
    assert made.secret not in repr(made)
    assert URL not in repr(listed), "a path may hold a token"
    assert "sealed" not in repr(listed)


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/", "x"])
def test_a_url_where_we_must_not_call_makes_no_endpoint(manage: ManageWebhooks, url: str) -> None:
    with pytest.raises(WebhookUrlInvalid):
        manage.add(PARTNER, url)
    assert list(manage.listed(PARTNER)) == []


def test_an_endpoint_of_a_service_that_is_not_the_partners_is_refused(manage: ManageWebhooks) -> None:
    with pytest.raises(ServiceNotFound):
        manage.add(PARTNER, URL, ["films"])


def test_a_partner_has_five_at_most(manage: ManageWebhooks) -> None:
    for _ in range(5):
        manage.add(PARTNER, URL)

    with pytest.raises(TooManyWebhooks):
        manage.add(PARTNER, URL)
    manage.add("rival", URL)


def test_a_rotated_secret_signs_beside_the_one_before_for_a_time(manage: ManageWebhooks) -> None:
    first = manage.add(PARTNER, URL)
    second = manage.rotate(PARTNER, first.endpoint.id, 2 * HOUR)
    (endpoint,) = manage.listed(PARTNER)
    now = manage.clock.now()

    assert first.secret != second.secret
    assert len(endpoint.signing(now)) == len(endpoint.signing(now + 2 * HOUR - timedelta.resolution)) == 2
    assert endpoint.signing(now + 2 * HOUR) == endpoint.signing(now)[:1]


def test_a_second_rotation_ends_the_oldest_at_once(manage: ManageWebhooks) -> None:
    made = manage.add(PARTNER, URL)
    manage.rotate(PARTNER, made.endpoint.id)
    manage.rotate(PARTNER, made.endpoint.id)

    assert len(manage.listed(PARTNER)[0].secrets) == 2


def test_a_secret_that_leaked_can_be_ended_at_once(manage: ManageWebhooks) -> None:
    made = manage.add(PARTNER, URL)
    manage.rotate(PARTNER, made.endpoint.id, timedelta())

    assert len(manage.listed(PARTNER)[0].signing(manage.clock.now())) == 1


def test_an_endpoint_is_switched_off_and_on_again_as_another_generation(manage: ManageWebhooks) -> None:
    id = manage.add(PARTNER, URL).endpoint.id

    off = manage.disable(PARTNER, id)
    again = manage.disable(PARTNER, id)
    on = manage.enable(PARTNER, id)
    still_on = manage.enable(PARTNER, id)

    assert (off.disabled, off.disabled_at, again.disabled_at) == (Disabled.BY_HAND, manage.clock.now(), off.disabled_at)
    assert (on.is_enabled, on.generation, still_on.generation) == (True, 2, 2)


def test_a_ping_is_signed_and_its_answer_told(manage: ManageWebhooks) -> None:
    id = manage.add(PARTNER, URL).endpoint.id

    answer = manage.try_out(PARTNER, id)

    (received,) = receivers(manage).received
    assert answer.is_delivered
    assert received.headers["webhook-id"] == received.id
    assert received.headers["webhook-signature"].startswith("v1,")


def test_a_held_endpoint_that_takes_a_ping_is_probed_at_once(manage: ManageWebhooks) -> None:
    endpoint = manage.add(PARTNER, URL).endpoint
    place = Place.of(endpoint)
    later = manage.clock.now() + HOUR
    manage.owing.touch(place, lambda behind: Behind(Health(later - HOUR, 3, True, 5, later), None, behind.version))

    receivers(manage).answers = lambda url, event: "500"
    manage.try_out(PARTNER, endpoint.id)
    waiting = manage.behind(PARTNER)[endpoint.id]
    receivers(manage).answers = lambda url, event: "200"
    manage.try_out(PARTNER, endpoint.id)
    due = manage.behind(PARTNER)[endpoint.id]

    assert not waiting.is_due(manage.clock.now())
    assert due.is_due(manage.clock.now())
    assert due.health.is_held, "a ping is no event"


def test_nobody_touches_what_is_not_theirs(manage: ManageWebhooks) -> None:
    id = manage.add(PARTNER, URL).endpoint.id

    for action in (manage.rotate, manage.disable, manage.enable, manage.remove, manage.try_out):
        with pytest.raises(WebhookNotFound):
            action("rival", id)
    manage.remove(PARTNER, id)
    assert list(manage.listed(PARTNER)) == []
