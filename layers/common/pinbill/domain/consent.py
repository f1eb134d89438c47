"""Consent: what a plan wants to be shown of a user's agreement, and the record that is kept of it.

What was agreed to stands in the subscription (price, recurrence, zone, free days) and is never changed. Here is what
the partner says of how the user agreed, in one or two stages; each stage is an entry of the journal, which nothing
rewrites.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.errors import ConsentContradicts, ConsentMissing

CLOCKS_DIFFER = timedelta(minutes=5)  # by which a partner's clock may be ahead of ours


class Part(StrEnum):
    """A part of the evidence; `TEXT` is shown by the text itself, its SHA-256, or its version."""

    TEXT = "text"
    PRICE = "price"
    GIVEN_AT = "given_at"
    METHOD = "method"
    PAGE = "page"
    SECOND_CONFIRMATION = "second_confirmation"


class Method(StrEnum):
    """Where the user agreed."""

    WEB = "web"
    APP = "app"
    OPERATOR_PAGE = "operator_page"
    MO_SMS = "mo_sms"


class Stage(StrEnum):
    REQUEST = "request"  # the user gave the number
    CONFIRM = "confirm"  # the user typed the PIN, or signed the mandate


@dataclass(frozen=True, slots=True)
class Consent:
    """What a partner reports of one stage."""

    text: str | None = None
    text_sha256: str | None = None
    text_version: str | None = None
    price: Money | None = None
    given_at: datetime | None = None
    method: Method | None = None
    page: str | None = None
    second_confirmation: bool | None = None

    @property
    def parts(self) -> frozenset[Part]:
        shown = {part for part in Part if part is not Part.TEXT and getattr(self, part) is not None}
        has_text = self.text is not None or self.text_sha256 is not None or self.text_version is not None
        return frozenset(shown | {Part.TEXT} if has_text else shown)


@dataclass(frozen=True, slots=True)
class ConsentRules:
    """The parts that each stage must show, and how long before its report a user may have agreed."""

    request: frozenset[Part] = frozenset()
    confirm: frozenset[Part] = frozenset()
    within: timedelta = timedelta(hours=1)

    def of(self, stage: Stage) -> frozenset[Part]:
        return self.request if stage is Stage.REQUEST else self.confirm


NO_RULES = ConsentRules()


@dataclass(frozen=True, slots=True)
class Reported:
    """One stage as it was recorded: the evidence by its names, when it came and by which key."""

    stage: Stage
    at: datetime
    key: str
    evidence: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What the journal says of a subscription's consent, oldest first. The PIN itself is nowhere."""

    stages: tuple[Reported, ...] = ()
    pin_requested_at: datetime | None = None
    confirmed_at: datetime | None = None
    missing: Mapping[Stage, frozenset[Part]] = field(default_factory=dict)


def check(rules: ConsentRules, stage: Stage, given: Consent | None, price: Money, now: datetime) -> None:
    """Raises ConsentMissing for parts that the plan wants, ConsentContradicts for what cannot be; what is given though
    the plan does not want it must be true as well."""
    missing = rules.of(stage) - (given.parts if given else frozenset())
    if missing:
        raise ConsentMissing(sorted(missing))
    if given is None:
        return
    if given.price is not None and given.price != price:
        raise ConsentContradicts("`consent.price` is not the price that would be billed.")
    if given.second_confirmation is False:
        raise ConsentContradicts("`consent.second_confirmation` says that the user has not confirmed.")
    if given.given_at is not None and given.given_at > now + CLOCKS_DIFFER:
        raise ConsentContradicts("`consent.given_at` is in the future.")
    if given.given_at is not None and given.given_at < now - rules.within:
        minutes = int(rules.within.total_seconds() // 60)
        raise ConsentContradicts(f"`consent.given_at` is more than {minutes} minutes ago.")


def detail(given: Consent | None, key: str) -> dict[str, str | int]:
    """What a journal entry keeps of a stage."""
    kept: dict[str, str | int] = {"key": key} if key else {}
    if given is None:
        return kept
    said = {
        "text": given.text,
        "text_sha256": given.text_sha256,
        "text_version": given.text_version,
        "price": str(given.price.major) if given.price else None,
        "currency": given.price.currency if given.price else None,
        "given_at": given.given_at.astimezone(UTC).isoformat() if given.given_at else None,
        "method": given.method.value if given.method else None,
        "page": given.page,
        "second_confirmation": "yes" if given.second_confirmation else None,
    }
    return kept | {f"{PREFIX}{name}": value for name, value in said.items() if value is not None}


PREFIX = "consent_"
PIN_SENT_AT = "pin_sent_at"
_STAGES = {EntryKind.SUBSCRIBED: Stage.REQUEST, EntryKind.CONSENT_GIVEN: Stage.CONFIRM}


def record(entries: Iterable[Entry], rules: ConsentRules = NO_RULES) -> ConsentRecord:
    """Read the record out of the first entries of a journal, oldest first; `missing` is by the rules of today."""
    stages: list[Reported] = []
    requested: datetime | None = None
    confirmed: datetime | None = None
    for entry in entries:
        stage = _STAGES.get(entry.kind)
        if stage is not None:
            said = {name.removeprefix(PREFIX): value for name, value in entry.detail.items() if name.startswith(PREFIX)}
            stages.append(Reported(stage, entry.at, str(entry.detail.get("key", "")), said))
            sent = entry.detail.get(PIN_SENT_AT)
            requested = datetime.fromisoformat(str(sent)) if sent else requested
        elif confirmed is None and _confirms(entry):
            confirmed = entry.attempt.claimed_at if entry.attempt else entry.at
    shown = {stage: _parts(stages, stage) for stage in Stage}
    return ConsentRecord(tuple(stages), requested, confirmed, {s: rules.of(s) - shown[s] for s in Stage})


def _confirms(entry: Entry) -> bool:
    first_paid = entry.kind is EntryKind.ATTEMPT_PAID and entry.attempt and entry.attempt.obligation.period is not None
    return entry.kind is EntryKind.TRIAL_STARTED or bool(first_paid)


def _parts(stages: Iterable[Reported], stage: Stage) -> frozenset[Part]:
    names = {name for one in stages if one.stage is stage for name in one.evidence}
    shown = {part for part in Part if part.value in names}
    return frozenset(shown | {Part.TEXT} if names & {"text_sha256", "text_version"} else shown)
