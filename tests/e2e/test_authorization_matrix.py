"""Who may do what: every operation of the contract, asked by every kind of caller, through the deployed API.

The operations and what they need are read from the contract, so that a new one is judged before anybody thinks of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
import requests

from contract.breaking import operations
from contract.schema_changes import resolved
from pinbill.domain.key_text import SECRET_LENGTH, KeyText
from pinbill.domain.partners import ALL_SCOPES, SCOPES_OF_SUSPENDED, ApiScope
from tests.e2e.desk import BY, NETWORK, PARTNER, WEEKLY, Desk, Request
from tests.e2e.evidence import evidence
from tests.e2e.functions import forget_keys
from tests.unit.contract.kept import contract

OPERATIONS: dict[str, dict[str, Any]] = {label: dict(operation) for label, operation in operations(contract())}
WITH_KEY = sorted(label for label, operation in OPERATIONS.items() if operation["security"])
PUBLIC = sorted(set(OPERATIONS) - set(WITH_KEY))
OF_ONE_REQUEST = re.compile(r"^date$|-?request-?id$|correlation-id$", re.IGNORECASE)
IN_PATH = re.compile(r"\{(\w+)\}")
ON_WHAT_IS_OWNED = [label for label in WITH_KEY if IN_PATH.search(label)]
NOBODYS = "0123456789abcdef01234567"  # an id of the right form that no subscription has


@pytest.fixture(scope="module")
def desk(desk: Desk) -> Desk:
    forget_keys(desk.world)
    return desk


@pytest.fixture(scope="module")
def dead(desk: Desk) -> Mapping[str, str | None]:
    """Keys that open nothing, by what is wrong with them."""
    good = KeyText.parse(desk.key)
    assert good is not None
    with key_with(desk, ALL_SCOPES) as revoked:
        pass
    desk.access.create("rotated", "Rotated", BY)
    ended = desk.access.create_key("rotated", BY).text
    desk.access.rotate("rotated", BY, overlap=timedelta())
    desk.secrets.append(ended)
    return {
        "none": None,
        "empty": "",
        "garbage": "x" * 60,
        "wrong checksum": desk.key[:-1] + ("0" if desk.key[-1] != "0" else "1"),
        "unknown": KeyText.of("local", good.id[::-1], "x" * SECRET_LENGTH).text,
        "another secret": KeyText.of("local", good.id, "x" * SECRET_LENGTH).text,
        "another stage": KeyText.of("production", good.id, "x" * SECRET_LENGTH).text,
        "revoked": revoked,
        "ended": ended,
    }


class Ours(NamedTuple):
    id: str
    msisdn: str


@pytest.fixture(scope="module")
def ours(desk: Desk) -> Ours:
    """A pending subscription, in which every operation finds something to do or to refuse."""
    number = desk.number()
    return Ours(desk.subscribe(WEEKLY, number), number)


@contextmanager
def key_with(desk: Desk, scopes: frozenset[ApiScope]) -> Iterator[str]:
    """A second key of the partner, for a moment: there are two at most."""
    made = desk.access.create_key(PARTNER, BY, scopes=scopes)
    desk.secrets.append(made.text)
    yield made.text
    desk.access.revoke(made.text, BY)


def scope_of(label: str) -> ApiScope:
    [way] = OPERATIONS[label]["security"]
    [scope] = way["PartnerKey"]
    return ApiScope(scope)


def asked(label: str, key: str | None, **ids: str) -> Request:
    """A request as the contract's examples make it. Raises KeyError for a part of the path that has no id."""
    method, _, path = label.partition(" ")
    operation = OPERATIONS[label]
    named = [resolved(contract(), one) for one in operation["parameters"]]
    headers = {one["name"]: one["example"] for one in named if one["in"] == "header"}
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = [example["value"] for example in content.get("examples", {}).values()]
    if key is not None:
        headers["x-api-key"] = key
    return Request(method, path.format(**ids), examples[0] if examples else None, headers, None)


def whole(answer: requests.Response) -> tuple[int, str, frozenset[tuple[str, str]]]:
    """All that a caller gets to see, but the time and the ids of the request itself."""
    kept = [(name, value) for name, value in answer.headers.items() if not OF_ONE_REQUEST.search(name)]
    return answer.status_code, answer.text, frozenset(kept)


@contextmanager
def untouched(desk: Desk, ours: Ours) -> Iterator[str]:
    """Its id; nothing happens to it meanwhile, neither here nor at the provider."""
    id, msisdn = ours.id, ours.msisdn.removeprefix("+")

    def seen() -> tuple[Any, ...]:
        found = evidence(desk)
        rows = {key: row for key, row in found.rows.items() if id in f"{key}{row}"}
        return (rows, *([one for one in some if one.get("msisdn") == msisdn] for some in (found.calls, found.ledger)))

    before = seen()
    yield id
    assert seen() == before


@pytest.mark.parametrize("label", WITH_KEY)
def test_a_key_that_opens_nothing_is_refused_whatever_is_asked(
    desk: Desk, ours: Ours, dead: Mapping[str, str | None], label: str
) -> None:
    with untouched(desk, ours):
        answers = {
            (kind, id): desk.send(asked(label, key, subscription_id=id))
            for kind, key in dead.items()
            for id in (ours.id, NOBODYS)
        }

    codes = {asked: (answer.status_code, answer.json()["code"]) for asked, answer in answers.items()}
    assert codes == dict.fromkeys(answers, (401, "unauthenticated"))
    assert len({whole(answer) for answer in answers.values()}) == 1


@pytest.mark.parametrize("label", WITH_KEY)
def test_the_scope_that_the_contract_names_is_enough(desk: Desk, label: str) -> None:
    id = desk.subscribe(WEEKLY)

    with key_with(desk, frozenset({scope_of(label)})) as key:
        answer = desk.send(asked(label, key, subscription_id=id))

    assert answer.status_code not in (401, 403), answer.text
    assert "subscription_not_found" not in answer.text


@pytest.mark.parametrize("label", WITH_KEY)
def test_every_other_scope_together_is_not(desk: Desk, ours: Ours, label: str) -> None:
    with untouched(desk, ours) as id, key_with(desk, ALL_SCOPES - {scope_of(label)}) as key:
        answer = desk.send(asked(label, key, subscription_id=id))

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["scope"]) == (403, "scope_missing", scope_of(label))


@pytest.mark.parametrize("label", [label for label in WITH_KEY if scope_of(label) not in SCOPES_OF_SUSPENDED])
def test_a_suspended_partner_begins_nothing(desk: Desk, ours: Ours, label: str) -> None:
    with untouched(desk, ours) as id:
        desk.access.suspend(PARTNER, BY)
        try:
            answer = desk.send(asked(label, desk.key, subscription_id=id))
        finally:
            desk.access.resume(PARTNER, BY)

    assert (answer.status_code, answer.json()["code"]) == (403, "partner_suspended")


@pytest.mark.parametrize("label", ON_WHAT_IS_OWNED)
def test_what_is_another_partners_is_answered_as_if_it_were_nobodys(desk: Desk, ours: Ours, label: str) -> None:
    with untouched(desk, ours) as id:
        answer = desk.send(asked(label, desk.rival_key, subscription_id=id))

    assert (answer.status_code, answer.json()["code"]) == (404, "subscription_not_found")
    assert whole(answer) == whole(desk.send(asked(label, desk.rival_key, subscription_id=NOBODYS)))


def others_plan_is_not_sold(desk: Desk) -> None:
    def subscribing(plan: str) -> Request:
        body = {"plan": plan, "msisdn": desk.number(), "network": NETWORK}
        return Request("POST", "/v1/subscriptions", body, key=desk.rival_key)

    answer, unknown = desk.send(subscribing(WEEKLY)), desk.send(subscribing("nobodys"))

    assert answer.json()["code"] == "plan_not_found"
    assert (answer.status_code, answer.json()) == (unknown.status_code, unknown.json())


def others_plans_are_not_listed(desk: Desk) -> None:
    lists = [{plan["id"] for plan in desk.send(asked("GET /v1/plans", key)).json()["plans"]} for key in keys_of(desk)]

    assert WEEKLY in lists[0]
    assert not lists[0] & lists[1]


def keys_of(desk: Desk) -> tuple[str, str]:
    return desk.key, desk.rival_key


# What has no owner in its path has one in its body or its answer: somebody has to say how that is kept apart.
APART: Mapping[str, Callable[[Desk], None]] = {
    "GET /v1/plans": others_plans_are_not_listed,
    "POST /v1/subscriptions": others_plan_is_not_sold,
}


def test_of_every_operation_somebody_has_said_how_partners_are_kept_apart() -> None:
    assert sorted([*APART, *ON_WHAT_IS_OWNED]) == WITH_KEY
    assert {part for label in ON_WHAT_IS_OWNED for part in IN_PATH.findall(label)} == {"subscription_id"}


@pytest.mark.parametrize("label", sorted(APART))
def test_partners_are_kept_apart_where_no_path_says_whose_it_is(desk: Desk, label: str) -> None:
    APART[label](desk)


@pytest.mark.parametrize("label", PUBLIC)
def test_what_is_public_is_the_same_for_everybody(desk: Desk, dead: Mapping[str, str | None], label: str) -> None:
    answers = [desk.send(asked(label, key)) for key in (*dead.values(), *keys_of(desk))]

    assert {answer.status_code for answer in answers} == {200}
    assert len({whole(answer)[1] for answer in answers}) == 1
