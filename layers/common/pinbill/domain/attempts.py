"""An attempt: one provider call that moves money, and what came of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import override

from pinbill.domain.money import Money


class AttemptState(StrEnum):
    IN_FLIGHT = "in_flight"
    PAID = "paid"
    DECLINED = "declined"
    PENDING = "pending"  # taken by the provider, result later
    NOT_SENT = "not_sent"  # proved: no byte left us
    UNKNOWN = "unknown"  # perhaps debited; never to be read as declined
    NOT_CHARGED = "not_charged"  # was unknown or pending; evidence or a person says that nothing was taken


OPEN = frozenset({AttemptState.IN_FLIGHT, AttemptState.PENDING, AttemptState.UNKNOWN})


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


@dataclass(frozen=True, slots=True)
class BillResult:
    """What one bill call came to, as far as its answer proves it."""

    state: AttemptState
    code: str | None = None  # the provider's, or our own word for a failure without one
    failure: FailureClass | None = None
    meaning: str = ""
    provider_reference: str | None = None
    network: tuple[str, str] | None = None  # (MCC, MNC) that the number was ported to
    retry_after: int | None = None  # seconds, when the provider asked for it
    pin: PinVerdict | None = None  # with failure PIN


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
    follow_ups: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def with_result(self, result: BillResult, at: datetime) -> "Attempt":
        """This attempt after `result`; an open result keeps it open."""
        return replace(
            self,
            state=result.state,
            code=result.code,
            failure=result.failure,
            meaning=result.meaning,
            provider_reference=result.provider_reference or self.provider_reference,
            settled_at=None if result.state in OPEN else at,
        )
