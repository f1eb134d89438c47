"""Which version each function's callers have, and the way back to the versions of an earlier time.

A version holds the code, the layer and the settings of a function as they were deployed, so that going back takes all
three back, within a second and without a build. It is for the night: the next deployment says what is right.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, override

from botocore.exceptions import BotoCoreError, ClientError

from ops.listing import columns
from pinbill.errors import Misconfigured, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ALIAS = "live"
NEWEST = "$LATEST"
HEADINGS = ("function", "live", "made", "before it", "made", "newest", "")


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    at: datetime

    @override
    def __str__(self) -> str:
        return f"{self.number}"


@dataclass(frozen=True, slots=True)
class Release:
    """A function, the version that its callers have, and all that are kept, oldest first."""

    function: str
    live: Version
    versions: tuple[Version, ...]
    shifting_to: tuple[str, ...] = ()  # versions that get a part of the calls: a rollout goes on

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    @property
    def before(self) -> Version | None:
        return next((each for each in reversed(self.versions) if each.number < self.live.number), None)

    def at(self, time: datetime) -> Version | None:
        """The newest version that was made before `time`, if there is one."""
        return next((each for each in reversed(self.versions) if each.at < time), None)


def releases(client: "LambdaClient", functions: Iterable[str]) -> list[Release]:
    """Raises StoreUnavailable, Misconfigured."""
    try:
        return [_release(client, function) for function in functions]
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable("Lambda did not tell the versions of all functions; nothing was changed.") from error


def listed(found: Iterable[Release]) -> Iterator[str]:
    rows = []
    for each in found:
        before = each.before
        note = f"rollout: {', '.join(each.shifting_to)} gets a part" if each.shifting_to else ""
        earlier = (str(before), _time(before.at)) if before else ("-", "-")
        rows.append((each.function, str(each.live), _time(each.live.at), *earlier, str(each.newest), note))
    yield from columns(HEADINGS, rows)


def back(client: "LambdaClient", found: Iterable[Release], time: datetime, *, confirmed: bool) -> Iterator[str]:
    """Give the callers of each function whose live version is of `time` or later the one before that.

    Without `confirmed` only say so. Raises StoreUnavailable; what has moved then stays so, and a repeat goes on.
    """
    moves = []
    for each in found:
        to = each.at(time) if each.live.at >= time else None
        if to is not None:
            moves.append((each, to))
        elif each.live.at >= time:
            yield f"{each.function}: {each.live} stays, no older version is kept"
    yield from _moved(client, moves, confirmed)
    if moves and confirmed:
        yield "before the next deployment: forward, or CodeDeploy refuses it"


def forward(client: "LambdaClient", found: Iterable[Release], *, confirmed: bool) -> Iterator[str]:
    """Give the callers of each function its newest version again, which is what the stack takes them to have."""
    return _moved(client, [(each, each.newest) for each in found if each.live != each.newest], confirmed)


def _moved(client: "LambdaClient", moves: Sequence[tuple[Release, Version]], confirmed: bool) -> Iterator[str]:
    for release, to in moves:
        if confirmed:
            _move(client, release.function, to)
        moved = "now" if confirmed else "would be"
        yield f"{release.function}: {moved} {to} of {_time(to.at)}, not {release.live} of {_time(release.live.at)}"
    if not moves:
        yield "no function's callers would have another version"
    elif not confirmed:
        yield "nothing was changed; the same with --yes does it"


def _release(client: "LambdaClient", function: str) -> Release:
    alias: Any = client.get_alias(FunctionName=function, Name=ALIAS)
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    kept = [_version(each) for page in pages for each in page["Versions"] if each["Version"] != NEWEST]
    versions = tuple(sorted(kept, key=lambda each: each.number))
    live = next((each for each in versions if str(each) == alias["FunctionVersion"]), None)
    if live is None:
        raise Misconfigured(
            f"{function}: its alias {ALIAS} stands for {alias['FunctionVersion']}, which is no version."
        )
    weights: Mapping[str, float] = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return Release(function, live, versions, tuple(weights))


def _version(found: Mapping[str, Any]) -> Version:
    return Version(int(found["Version"]), datetime.fromisoformat(found["LastModified"]))


def _move(client: "LambdaClient", function: str, to: Version) -> None:
    """All calls at once, also those that a rollout gave to another version."""
    try:
        client.update_alias(
            FunctionName=function, Name=ALIAS, FunctionVersion=str(to), RoutingConfig={"AdditionalVersionWeights": {}}
        )
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(f"{function} did not go back; run it again.") from error


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"
