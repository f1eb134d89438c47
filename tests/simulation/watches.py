"""What a write must leave behind: every open attempt has somebody who will look, and nobody decides for another."""

from collections.abc import Sequence
from datetime import timedelta

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.simulation.clock import VirtualClock
from tests.simulation.violation import demand

LEASE = timedelta(minutes=5)  # of a claim: only after it may others say that its process has died
CONSENTED = (State.TRIALING, State.ACTIVE, State.PAST_DUE)
ABANDONED = "claim_abandoned"


class Watches:
    """Checked at every write: Violation is raised there."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def wrote(self, before: Subscription, after: Subscription, entries: Sequence[Entry]) -> None:
        attempt, earlier = after.open_attempt, before.open_attempt
        if attempt is not None:
            self._watched(after, attempt)
            if (earlier is None or earlier.id != attempt.id) and attempt.kind is AttemptKind.CHARGE:
                demand(before.state in CONSENTED, "charged_only_with_access", attempt.id, f"{before.state}")
        for entry in entries:
            if entry.attempt is not None:
                self._recorded(earlier, entry, entry.attempt)

    def _watched(self, after: Subscription, attempt: Attempt) -> None:
        if attempt.state is AttemptState.IN_FLIGHT:
            due = after.due
            watched = due is not None and due[0] <= attempt.claimed_at + LEASE
        else:
            watched = Timer.FOLLOW_UP in after.timers
        demand(watched, "open_attempt_is_watched", attempt.id, f"{attempt.state}, and nobody looks in time")

    def _recorded(self, earlier: Attempt | None, entry: Entry, attempt: Attempt) -> None:
        if entry.kind is EntryKind.ATTEMPT_UNKNOWN and attempt.code == ABANDONED and not self._clock.was_wrong:
            age = entry.at - attempt.claimed_at
            demand(age >= LEASE, "owner_is_waited_for", attempt.id, f"taken for abandoned after {age}")
        if attempt.decision is not None and earlier is not None and earlier.id == attempt.id:
            known, seen = len(earlier.evidence), attempt.decision.evidence_seen
            demand(known == seen, "decided_on_all_evidence", attempt.id, f"{seen} of {known} pieces were seen")
