"""Every row of the bad-input table in docs/errors.md, sent to the deployed API."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import requests

from tests.e2e.bad_input import bodies, doors, keys, operations, rules
from tests.e2e.desk import NETWORK, WEEKLY, Desk, Request
from tests.e2e.evidence import evidence
from tests.e2e.problem import assert_problem, assert_silent
from tests.e2e.waiting import wait_until
from tests.unit.entrypoints.errors_page import BAD_INPUT, CaseRow, case_rows

CASES: Mapping[str, Callable[[Desk], list[Request]]] = {
    **bodies.CASES,
    **operations.CASES,
    **keys.CASES,
    **doors.CASES,
    **rules.CASES,
}
ROWS = case_rows(BAD_INPUT)


def test_every_row_of_the_page_has_a_case_and_every_case_a_row() -> None:
    assert [row.what for row in ROWS] == list(CASES)


@pytest.mark.parametrize("row", [row for row in ROWS if row.leaves_nothing], ids=lambda row: row.what[:60])
def test_bad_input_is_refused_and_leaves_nothing(desk: Desk, row: CaseRow) -> None:
    earlier = evidence(desk)
    requests = CASES[row.what](desk)
    before = evidence(desk).beside(earlier)

    answers = [desk.send(request) for request in requests]

    assert answers
    for answer in answers:
        assert_problem(answer, row, desk)
    assert evidence(desk).beside(earlier) == before


def test_a_wrong_pin_costs_a_try_and_bills_nothing(desk: Desk) -> None:
    [row] = [row for row in ROWS if not row.leaves_nothing]
    number = desk.number()
    id = desk.subscribe(msisdn=number)

    answer = desk.confirm(id, operations.WRONG)

    assert_problem(answer, row, desk)
    now_is = desk.read(id)
    assert (now_is["state"], now_is["pin"]["tries_used"], now_is["open_attempt"]) == ("pending", 1, None)
    assert desk.debits(id) == []
    assert desk.confirm(id, desk.pin(number)).status_code == 200
    assert len(desk.debits(id)) == 1


def test_the_wait_that_a_resend_is_told_is_long_enough(desk: Desk) -> None:
    id = desk.subscribe()

    told = int(desk.post(f"/v1/subscriptions/{id}/pin").headers["Retry-After"])

    assert 0 < told <= 30
    desk.move_clock(told)
    again = wait_until("a second PIN", lambda: _unless(429, desk.post(f"/v1/subscriptions/{id}/pin")))
    assert again.status_code == 200
    assert again.json()["subscription"]["pin"]["sends"] == 2


def _unless(status: int, answer: requests.Response) -> requests.Response | None:
    return None if answer.status_code == status else answer


def test_a_subscription_that_is_in_the_way_is_named_and_can_be_gone_on_with(desk: Desk) -> None:
    number = desk.number()
    id = desk.subscribe(msisdn=number)

    answer = desk.post("/v1/subscriptions", {"plan": WEEKLY, "msisdn": number, "network": NETWORK})

    assert answer.json()["subscription_id"] == id
    assert desk.confirm(id, desk.pin(number)).status_code == 200


def test_every_wrong_field_of_a_body_is_named(desk: Desk) -> None:
    body = {"plan": 5, "network": {"mcc": "1", "mnc": "02"}, "price": "0.01", desk.number(): 1}

    answer = desk.post("/v1/subscriptions", body)

    named = {(one["field"], one["code"]) for one in answer.json()["errors"]}
    assert named == {
        ("plan", "field_invalid"),
        ("msisdn", "field_missing"),
        ("network.mcc", "field_invalid"),
        ("price", "field_unknown"),
        ("(a name that is not repeated here)", "field_unknown"),
    }


def test_a_callback_that_matches_nothing_of_ours_is_taken_and_changes_nothing(desk: Desk) -> None:
    path = doors.callback(desk, "news")
    number, other = desk.number(), desk.number()
    id = desk.active(msisdn=number)
    earlier = evidence(desk)
    reports = [
        f"etid=2&productid=92000101&msisdn={other[1:]}",  # a number without a subscription
        f"etid=2&productid=92000102&msisdn={number[1:]}",  # another service's product
        "etid=5&transactionStatus=00&pt=nobody-1",
        f"etid=5&transactionStatus=AA&pt={id}-1",  # an attempt that is settled
        f"etid=5&transactionStatus=00&pt={id}-2",  # an attempt that never was
        "etid=31",
    ]

    answers = [desk.send(Request("GET", f"{path}?{report}", key=None)) for report in reports]

    assert [answer.status_code for answer in answers] == [200] * len(reports)
    assert evidence(desk).rows == earlier.rows
    for answer in answers:
        assert_silent(answer.text, desk)
