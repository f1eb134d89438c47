"""Partners and keys as an operator handles them and as a partner feels it: by commands, on the deployed stack."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from pinbill.domain.allowances import Span
from pinbill.domain.key_text import KeyText
from tests.e2e.bad_input.bodies import KEY, SUBSCRIBE
from tests.e2e.bad_input.keys import by
from tests.e2e.bad_input.operations import BODY
from tests.e2e.desk import Desk, Request
from tests.e2e.functions import forget_keys
from tests.e2e.operating import operate

WHO = ("--by", "jane")
WHY = (*WHO, "--because", "a test")
PLANS = Request("GET", "/v1/plans")
CHARGE = Request("POST", f"{SUBSCRIBE}/abc/charges", BODY, KEY)
CANCEL = Request("POST", f"{SUBSCRIBE}/abc/cancel", {})
AT_ONCE = 12


@pytest.fixture(scope="module")
def desk(desk: Desk) -> Desk:
    forget_keys(desk.world)
    return desk


def said(desk: Desk, *arguments: str) -> str:
    done = operate(desk, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def key_of(desk: Desk, *arguments: str) -> str:
    """The key on the last line of what a command printed."""
    key = said(desk, *arguments).splitlines()[-1]
    desk.secrets.append(key)
    return key


def partner(desk: Desk, id: str, *figures: str) -> str:
    """A new partner's first key."""
    said(desk, "partner", "create", id, "--name", id, *figures, *WHO)
    return key_of(desk, "key", "create", id, *WHO)


def status(desk: Desk, key: str, request: Request = PLANS) -> int:
    return desk.send(by(key, request)).status_code


def id_of(key: str) -> str:
    text = KeyText.parse(key)
    assert text is not None
    return text.id


def test_a_key_is_rotated_without_a_gap_and_the_leaked_one_is_shut_out(desk: Desk) -> None:
    first = partner(desk, "rotator")

    second = key_of(desk, "key", "rotate", "rotator", *WHO)

    assert (status(desk, first), status(desk, second)) == (200, 200)
    third = operate(desk, "key", "create", "rotator", *WHO)
    assert third.returncode == 1
    assert third.stderr.startswith(f"too_many_keys: rotator has two live keys, {id_of(first)} and {id_of(second)}")
    assert f"key {id_of(first)} of rotator is revoked\nin force " in said(desk, "key", "revoke", first, *WHY)
    assert (status(desk, first), status(desk, second)) == (401, 200)


def test_a_suspended_partner_reads_and_cancels_and_is_back_when_it_is_resumed(desk: Desk) -> None:
    key = partner(desk, "suspender")

    said(desk, "partner", "suspend", "suspender", *WHY)

    found = [(answer.status_code, answer.json().get("code")) for answer in sent(desk, key, PLANS, CANCEL, CHARGE)]
    assert found == [(200, None), (404, "subscription_not_found"), (403, "partner_suspended")]
    said(desk, "partner", "resume", "suspender", *WHY)
    assert status(desk, key, CHARGE) == 404


def sent(desk: Desk, key: str, *asked: Request) -> list[requests.Response]:
    return [desk.send(by(key, request)) for request in asked]


def test_of_many_requests_at_once_exactly_the_allowance_passes_and_cancels_go_on(desk: Desk) -> None:
    key = partner(desk, "hasty", "--writes-a-day", "25")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda _: desk.send(by(key, CHARGE)), range(60)))

    assert Counter(answer.status_code for answer in answers) == {404: 25, 429: 35}
    for answer in answers:
        if answer.status_code == 429:
            assert answer.json()["code"] == "allowance_spent"
            assert 0 <= Span.DAY.seconds_left(datetime.now(UTC)) - int(answer.headers["Retry-After"]) + 60 <= 120
    assert [answer.status_code for answer in sent(desk, key, CANCEL, PLANS)] == [404, 200]
    assert "25 writes a day, its own, 25 used today" in said(desk, "partner", "show", "hasty")
    said(desk, "partner", "allow", "hasty", "--writes-a-day", "26", *WHO)
    assert [answer.status_code for answer in sent(desk, key, CHARGE, CHARGE)] == [404, 429]


def test_a_minutes_allowance_is_told_with_a_wait_that_ends_with_the_minute(desk: Desk) -> None:
    key = partner(desk, "minutes", "--reads-a-minute", "3")

    before = datetime.now(UTC)
    answers = sent(desk, key, *[PLANS] * 10)

    # The minute may have ended meanwhile: each of the two has its own three.
    minutes = {Span.MINUTE.begin(at) for at in (before, datetime.now(UTC))}
    assert 3 <= Counter(answer.status_code for answer in answers)[200] <= 3 * len(minutes)
    waits = [int(answer.headers["Retry-After"]) for answer in answers if answer.status_code == 429]
    assert waits
    assert all(1 <= wait <= 60 for wait in waits)
    assert waits == sorted(waits, reverse=True) or len(minutes) > 1


def test_a_key_does_what_its_scopes_say_and_its_use_is_listed(desk: Desk) -> None:
    partner(desk, "scoper")
    key = key_of(desk, "key", "create", "scoper", "--scopes", "catalog:read", "--label", "shop window", *WHO)

    answers = sent(desk, key, PLANS, CHARGE)

    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()["scope"] == "charges:write"
    listed = next(line for line in said(desk, "key", "list", "scoper").splitlines() if line.startswith(id_of(key)))
    assert "shop window" in listed
    assert listed.endswith(f"{datetime.now(UTC):%Y-%m-%d}, 2 requests")


def test_the_clock_of_a_test_stage_moves_neither_keys_nor_allowances(desk: Desk) -> None:
    first = partner(desk, "mover", "--reads-a-day", "2")
    second = key_of(desk, "key", "rotate", "mover", "--overlap", "1", *WHO)

    desk.move_clock(2 * 24 * 3600)

    assert [status(desk, key) for key in (first, second, second)] == [200, 200, 429]
    assert desk.now() > datetime.now(UTC) + timedelta(days=1)
