"""Bad input: keys that open nothing, or not this, and more requests than are allowed."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from pinbill.domain.allowances import Use
from pinbill.domain.key_text import SECRET_LENGTH, KeyText
from pinbill.domain.partners import ALL_SCOPES, SCOPES_OF_SUSPENDED, ApiScope
from pinbill.domain.pin_guards import OWN_FIGURES
from pinbill.entrypoints.routes import ROUTES, Needs
from pinbill.errors import PartnerUnchanged
from tests.e2e.bad_input.bodies import KEY, SUBSCRIBE
from tests.e2e.bad_input.operations import BODY, WRONG, operations
from tests.e2e.desk import BY, NETWORK, PARTNER, RIVAL, RIVALS, Desk, Request, only_key
from tests.e2e.functions import forget_keys

SUSPENDED, ALLOWED_ONCE, ENDED, SCOPED = "suspended", "once", "ended", "scoped"
NOBODYS = "abc"  # an id that no subscription has
PLANS = Request("GET", "/v1/plans")


def every_path(key: str | None) -> list[Request]:
    found = [PLANS, Request("POST", SUBSCRIBE, {}), *operations(NOBODYS)]
    return [by(key, one) for one in found]


def by(key: str | None, request: Request) -> Request:
    return Request(request.method, request.path, request.body, request.headers, key)


def opened(desk: Desk, key: str) -> str:
    """A key that has just been good; API Gateway may remember it from then on."""
    desk.secrets.append(key)
    assert desk.send(by(key, PLANS)).status_code == 200
    return key


def revoked(desk: Desk) -> list[Request]:
    key = opened(desk, desk.access.create_key(PARTNER, BY).text)
    desk.access.revoke(key, BY)
    forget_keys(desk.world)
    return every_path(key)


def ended(desk: Desk) -> list[Request]:
    desk.access.create(ENDED, "Ended", BY)
    key = opened(desk, desk.access.create_key(ENDED, BY).text)
    following, _ = desk.access.rotate(ENDED, BY, overlap=timedelta())
    opened(desk, following.text)
    forget_keys(desk.world)
    return every_path(key)


def altered(desk: Desk) -> list[Request]:
    good = KeyText.parse(desk.key)
    assert good is not None
    body = desk.key.removeprefix("pinbill_local_")
    elsewhere = KeyText.of("production", good.id, body[10:-6]).text
    other_secret = KeyText.of("local", good.id, "x" * SECRET_LENGTH).text
    swapped = desk.key[:30] + ("x" if desk.key[30] != "x" else "y") + desk.key[31:]
    texts = [elsewhere, f"pinbill_production_{body}", other_secret, swapped, desk.key[:-1], desk.key + "0", body]
    desk.secrets += texts
    return [*every_path(elsewhere), *(by(text, PLANS) for text in texts)]


def without_scope(desk: Desk) -> list[Request]:
    """Each path under a key that has every scope but the one that it needs."""
    asked = []
    for n, scope in enumerate(ApiScope):
        partner = f"{SCOPED}{n}"
        desk.access.create(partner, "Scoped", BY)
        key = desk.access.create_key(partner, BY, scopes=ALL_SCOPES - {scope}).text
        desk.secrets.append(key)
        asked += [one for one in every_path(key) if needs(one).scope is scope]
    assert len(asked) == len(every_path(None))
    return asked


def needs(request: Request) -> Needs:
    return ROUTES[request.method, request.path.replace(NOBODYS, "{subscription_id}")]


def suspended(desk: Desk) -> list[Request]:
    desk.access.create(SUSPENDED, "Suspended", BY)
    key = desk.access.create_key(SUSPENDED, BY).text
    desk.secrets.append(key)
    desk.access.suspend(SUSPENDED, BY)
    return [one for one in every_path(key) if needs(one).scope not in SCOPES_OF_SUSPENDED]


def too_many(desk: Desk) -> list[Request]:
    figures = {"reads_a_day": 1, "writes_a_day": 1}
    desk.access.create(ALLOWED_ONCE, "Allowed once", BY, figures)
    key = only_key(desk.access, ALLOWED_ONCE)
    desk.secrets.append(key)
    assert desk.send(by(key, PLANS)).status_code == 200
    assert desk.send(by(key, Request("POST", f"{SUBSCRIBE}/{NOBODYS}/charges", BODY, KEY))).status_code == 404
    return [one for one in every_path(key) if needs(one).use is not Use.CANCELS]


def rivals(desk: Desk, **figures: int) -> None:
    """The rival's figures of the guards, and only these."""
    with suppress(PartnerUnchanged):
        desk.access.guard(RIVAL, {**dict.fromkeys(OWN_FIGURES), **figures}, BY)


def rivals_subscription(desk: Desk, number: str) -> Request:
    body = {"plan": RIVALS, "msisdn": number, "network": NETWORK}
    return by(desk.rival_key, Request("POST", SUBSCRIBE, body))


def too_many_sms(desk: Desk) -> list[Request]:
    rivals(desk, sms_soon=1)
    numbers = [desk.number(), desk.number()]
    ids = [desk.made(desk.send(rivals_subscription(desk, number))) for number in numbers]
    assert desk.send(by(desk.rival_key, Request("POST", f"{SUBSCRIBE}/{ids[0]}/cancel", {}))).status_code == 200
    desk.move_clock(31)  # the guards keep to the real time
    return [
        rivals_subscription(desk, numbers[0]),
        by(desk.rival_key, Request("POST", f"{SUBSCRIBE}/{ids[1]}/pin", {"user_ip": "192.0.2.1"})),
    ]


def too_many_tries(desk: Desk) -> list[Request]:
    rivals(desk, tries=1)
    number = desk.number()
    id = desk.made(desk.send(rivals_subscription(desk, number)))
    confirm = by(desk.rival_key, Request("POST", f"{SUBSCRIBE}/{id}/confirm", {"pin": WRONG}))
    assert desk.send(confirm).json()["code"] == "pin_wrong"
    right = by(desk.rival_key, Request("POST", f"{SUBSCRIBE}/{id}/confirm", {"pin": desk.pin(number)}))
    return [confirm, right]


CASES = {
    "No API key, or an unknown one": (
        lambda desk: [*every_path(None), *every_path("pinbill_unknown")[:2], *every_path(desk.key + "x")[:2]]
    ),
    "An API key that was cut off or mistyped, that has another secret, or is another stage's": altered,
    "An API key that was revoked": revoked,
    "An API key that has ended after a rotation": ended,
    "An API key without the scope that the path needs": without_scope,
    "Anything but reading and cancelling, while the operator has suspended the partner": suspended,
    "More requests than the partner's allowance, of the minute or of the day": too_many,
    "More SMS than the guards let out": too_many_sms,
    "A PIN of a number whose tries are used up": too_many_tries,
}
