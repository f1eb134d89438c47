"""Back to the versions of before a deployment, and forward again: what would be done is said before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from ops import releases
from pinbill.errors import Misconfigured, StoreUnavailable

DEPLOYED = datetime(2026, 11, 5, 10, tzinfo=UTC)
BEFORE, AFTER = "2026-11-01T08:00:00.000+0000", "2026-11-05T10:04:00.000+0000"


class Functions:
    """Of Lambda: versions with their times by function, the version of each alias, and how a rollout shares calls."""

    def __init__(self, versions: Mapping[str, list[str]], live: Mapping[str, str]) -> None:
        self.versions, self.live = versions, dict(live)
        self.weights: dict[str, float] = {}
        self.refuses = ""

    def get_alias(self, FunctionName: str, Name: str) -> dict[str, Any]:
        assert Name == "live"
        routing = {"RoutingConfig": {"AdditionalVersionWeights": self.weights}} if self.weights else {}
        return {"FunctionVersion": self.live[FunctionName], **routing}

    def get_paginator(self, name: str) -> Functions:
        assert name == "list_versions_by_function"
        return self

    def paginate(self, FunctionName: str) -> list[dict[str, Any]]:
        made = self.versions[FunctionName]
        numbered = [{"Version": f"{number}", "LastModified": at} for number, at in enumerate(made, 1)]
        return [{"Versions": [{"Version": "$LATEST", "LastModified": made[-1]}]}, {"Versions": numbered}]

    def update_alias(self, FunctionName: str, Name: str, FunctionVersion: str, RoutingConfig: Any) -> None:
        assert (Name, RoutingConfig) == ("live", {"AdditionalVersionWeights": {}})
        if FunctionName == self.refuses:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "UpdateAlias")
        self.live[FunctionName], self.weights = FunctionVersion, {}


@pytest.fixture
def functions() -> Functions:
    """The last deployment changed `charge` only; `new` came with it."""
    return Functions(
        {"charge": [BEFORE, BEFORE, AFTER], "read": [BEFORE], "new": [AFTER]}, {"charge": "3", "read": "1", "new": "1"}
    )


def found(functions: Functions) -> list[releases.Release]:
    return releases.releases(cast(Any, functions), sorted(functions.versions))


def went_back(functions: Functions, *, confirmed: bool) -> list[str]:
    return list(releases.back(cast(Any, functions), found(functions), DEPLOYED, confirmed=confirmed))


def test_each_function_is_listed_with_what_its_callers_have_and_what_was_before(functions: Functions) -> None:
    functions.weights = {"3": 0.1}
    functions.live["charge"] = "2"

    rows = [line.split() for line in releases.listed(found(functions))]

    charge, new = rows[1], rows[2]
    assert charge[:2] == ["charge", "2"]
    assert charge[4] == "1"
    assert "rollout: 3 gets a part" in " ".join(charge)
    assert new[:2] + new[4:6] == ["new", "1", "-", "-"]


def test_what_would_be_done_is_said_and_not_done(functions: Functions) -> None:
    said = went_back(functions, confirmed=False)

    assert said[0] == "new: 1 stays, no older version is kept"
    assert said[1] == "charge: would be 2 of 2026-11-01 08:00:00Z, not 3 of 2026-11-05 10:04:00Z"
    assert said[-1] == "nothing was changed; the same with --yes does it"
    assert functions.live == {"charge": "3", "read": "1", "new": "1"}


def test_only_what_the_deployment_changed_goes_back_and_takes_all_calls_with_it(functions: Functions) -> None:
    functions.weights = {"2": 0.9}

    said = went_back(functions, confirmed=True)

    assert functions.live == {"charge": "2", "read": "1", "new": "1"}
    assert functions.weights == {}
    assert "forward" in said[-1]
    assert went_back(functions, confirmed=True)[-1] == "no function's callers would have another version"


def test_forward_gives_the_newest_again(functions: Functions) -> None:
    functions.live["charge"] = "1"

    list(releases.forward(cast(Any, functions), found(functions), confirmed=True))

    assert functions.live == {"charge": "3", "read": "1", "new": "1"}


def test_a_function_that_does_not_move_is_named(functions: Functions) -> None:
    functions.refuses = "charge"

    with pytest.raises(StoreUnavailable, match="charge did not go back"):
        went_back(functions, confirmed=True)


def test_an_alias_without_a_version_is_no_release(functions: Functions) -> None:
    functions.live["read"] = "$LATEST"

    with pytest.raises(Misconfigured, match="read: its alias live"):
        found(functions)
