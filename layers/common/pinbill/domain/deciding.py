"""A person's decision on an attempt whose outcome no provider tells: what may be decided, and from when on."""

from datetime import datetime

from pinbill.domain.attempts import Attempt, AttemptState, BillResult, Decision, Source
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.dunning import Dunning
from pinbill.domain.rails import RULES
from pinbill.domain.settlement import settle
from pinbill.domain.subscription import Subscription
from pinbill.errors import AttemptNotOpen, DecisionTooEarly, EvidenceCameIn

DECIDED = "decided"  # the code of an attempt that a person closed
VERDICTS = (AttemptState.PAID, AttemptState.NOT_CHARGED)


def allowed(rail: RailName, attempt: Attempt) -> dict[AttemptState, datetime]:
    """From when on each verdict may be given; empty while the attempt's owner may still report its outcome.

    "Paid" harms nobody who was debited. "Not charged" lets the bill be asked for again, so it waits until nothing can
    land late; of a payment that the provider has taken it cannot be said before every look was in vain.
    """
    if attempt.open_since is None:
        return {}
    rules = RULES[rail]
    possible = {AttemptState.PAID: attempt.open_since}
    if attempt.state is AttemptState.UNKNOWN or rules.is_past_ladder(attempt):
        possible[AttemptState.NOT_CHARGED] = attempt.open_since + rules.settle_window
    return possible


def decide(
    subscription: Subscription,
    attempt_id: str,
    verdict: AttemptState,
    decision: Decision,
    now: datetime,
    dunning: Dunning,
    charge: Charge | None = None,
    payment: str | None = None,
) -> Change:
    """Close the open attempt by `verdict` (one of VERDICTS); `payment` is the provider's id of the debit, where known.

    Raises AttemptNotOpen, DecisionTooEarly, or EvidenceCameIn when more is known than the person has seen.
    """
    attempt = subscription.open_attempt
    if attempt is None or attempt.id != attempt_id:
        raise AttemptNotOpen
    if attempt.state is AttemptState.IN_FLIGHT:
        raise AttemptNotOpen("The attempt is in flight: its outcome is found by itself, or turns unknown, in minutes.")
    if len(attempt.evidence) != decision.evidence_seen:
        raise EvidenceCameIn(len(attempt.evidence), decision.evidence_seen)
    possible_from = allowed(subscription.rail, attempt).get(verdict)
    if possible_from is None:
        raise DecisionTooEarly(f"{verdict} can be decided when all looks at the provider were in vain.")
    if now < possible_from:
        at = possible_from.isoformat(timespec="minutes")
        raise DecisionTooEarly(f"{verdict} can be decided from {at} on: until then the payment may still land.")
    result = BillResult(
        verdict,
        DECIDED,
        meaning="Decided by a person.",
        provider_reference=payment,
        source=Source.PERSON,
        decision=decision,
    )
    change = settle(subscription, attempt_id, result, now, dunning, charge)
    assert change is not None  # a verdict on an open attempt is always news
    return change
