"""An attempt: one provider call that moves money, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import override

from pinbill.domain.money import Money
from pinbill.domain.records import changed


class AttemptState(StrEnum):
    IN_FLIGHT = "in_flight"
    PAID = "paid"
    DECLINED = "declined"
    PENDING = "pending"  # taken by the provider, result later
    NOT_SENT = "not_sent"  # proved: no byte left us
    UNKNOWN = "unknown"  # perhaps debited; never to be read as declined
    NOT_CHARGED = "not_charged"  # was unknown or pending; evidence or a person says that nothing was taken


OPEN = frozenset({AttemptState.IN_FLIGHT, AttemptState.PENDING, AttemptState.UNKNOWN})
MOST_EVIDENCE = 20  # of one attempt: callbacks are not signed, and a row has a size


class FailureClass(StrEnum):
    """What a declined answer allows next."""

    SOFT = "soft"  # no funds: ask again on the plan's ladder
    LIMIT = "limit"  # a spending limit: ask again, not the same day
    HARD = "hard"  # barred, unknown, account closed: stop
    TECHNICAL = "technical"  # unspecified: few retries
    PIN = "pin"  # the PIN was not accepted; no bill was tried
    REFUSED = "refused"  # our request or key was refused: ours to repair, not the subscriber's fault
    UNLISTED = "unlisted"  # a code of no table: no automatic retry, alarm


class PinVerdict(StrEnum):
    """Why a PIN was not accepted, where the provider's code says so."""

    WRONG = "wrong"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


class AttemptKind(StrEnum):
    FIRST_BILL = "first_bill"
    RENEWAL = "renewal"
    CHARGE = "charge"


@dataclass(frozen=True, slots=True)
class Obligation:
    """What is owed: a period of the subscription, or one on-demand charge (by its key's hash)."""

    period: int | None = None
    charge: str | None = None

    @override
    def __str__(self) -> str:
        return f"period {self.period}" if self.period is not None else f"charge {self.charge}"


class Source(StrEnum):
    """Who says what became of an attempt."""

    ANSWER = "answer"  # the call's own answer, or its failure
    CALLBACK = "callback"
    INQUIRY = "inquiry"  # the provider was asked later
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something learnt of an open attempt that does not settle it; `says` is a word of the source."""

    at: datetime
    source: Source
    says: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a person closed an attempt: who, for what reason, and how many pieces of evidence they had before them."""

    by: str
    reason: str
    evidence_seen: int


@dataclass(frozen=True, slots=True)
class BillResult:
    """What one bill call came to, as far as its source proves it."""

    state: AttemptState
    code: str | None = None  # the provider's, or our own word for a failure without one
    failure: FailureClass | None = None
    meaning: str = ""
    provider_reference: str | None = None
    network: tuple[str, str] | None = None  # (MCC, MNC) that the number was ported to
    retry_after: int | None = None  # seconds, when the provider asked for it
    pin: PinVerdict | None = None  # with failure PIN
    source: Source = Source.ANSWER
    decision: Decision | None = None  # with source PERSON


@dataclass(frozen=True, slots=True)
class Attempt:
    """One claim of an obligation and its outcome. `id` travels to the provider as the reference."""

    id: str
    kind: AttemptKind
    obligation: Obligation
    number: int  # 1, 2, 3 … within the obligation
    owner: str  # who may settle it without asking: the process that wrote the claim
    amount: Money
    claimed_at: datetime
    state: AttemptState = AttemptState.IN_FLIGHT
    code: str | None = None
    failure: FailureClass | None = None
    meaning: str = ""
    provider_reference: str | None = None
    settled_at: datetime | None = None
    settled_by: Source | None = None
    open_since: datetime | None = None  # when its outcome was found pending or unknown
    follow_ups: int = 0
    evidence: tuple[Evidence, ...] = ()
    decision: Decision | None = None
    receipt_by_partner: bool = False  # once it is paid, the partner owes the user a receipt
    covered_by: str | None = None  # an earlier attempt of the obligation that turned out to be paid while this was open

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def took_nothing(self) -> bool:
        """Whether it was proved not sent, not charged, or refused to us as a client: a repeat may ask anew."""
        return self.state in (AttemptState.NOT_SENT, AttemptState.NOT_CHARGED) or self.failure is FailureClass.REFUSED

    def with_evidence(self, evidence: Evidence) -> "Attempt | None":
        """This attempt with one more piece of evidence; None when the same was said before, or too much was said."""
        known = {(each.source, each.says, each.code) for each in self.evidence}
        if (evidence.source, evidence.says, evidence.code) in known or len(self.evidence) >= MOST_EVIDENCE:
            return None
        return changed(self, evidence=(*self.evidence, evidence))

    def with_result(self, result: BillResult, at: datetime) -> "Attempt":
        """This attempt after `result`; an open result keeps it open.

        A payment that shows at the provider after all is looked for anew, and a person is to know of it.
        """
        is_open = result.state in OPEN
        shows = result.state is AttemptState.PENDING and self.state is AttemptState.UNKNOWN
        seen = self.with_evidence(Evidence(at, result.source, result.state.value, result.code or "")) if shows else None
        return changed(
            seen or self,
            state=result.state,
            code=result.code,
            failure=result.failure,
            meaning=result.meaning,
            provider_reference=result.provider_reference or self.provider_reference,
            settled_at=None if is_open else at,
            settled_by=None if is_open else result.source,
            # No clock that leapt back lets it have been found open before it was asked for.
            open_since=self.open_since or (max(at, self.claimed_at) if is_open else None),
            follow_ups=0 if shows else self.follow_ups,
            decision=result.decision,
        )
