"""Three days without the schedule: who is subscribed, what they do meanwhile, and how it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.drill.accounts import Account, is_quiet, read_accounts
from local.drill.arena import Arena
from local.drill.errors import DrillError
from local.drill.evidence import Evidence, gather
from local.drill.population import Member, subscribe_all
from local.drill.tide import DAY, HOUR, MINUTE, drain, pass_by
from local.drill.traffic import Cancelled
from local.progress import say
from pinbill.domain.catalog import CatchUp, RailName
from pinbill.domain.periods import Unit
from pinbill.domain.subscription import Timer

OFF = 72 * HOUR
EACH = 8  # subscriptions of each plan
RAILS = {RailName.INFOMEDIA: "phone", RailName.SIGNZY: "bank"}
VISIBILITY_SECONDS = 60  # longer than a group's calls take: this drill doubles nothing
CALLBACK_SECONDS = 60.0
STEP, MOST_STEPS = 11 * MINUTE, 12  # together far shorter than it is to the next period
# What the members of each plan do in the outage, by their place among its EACH: a day after it began, and two days.
CANCELS, PAUSES, PAUSES_AND_RESUMES, CANCELS_LATE = range(4)


@dataclass(slots=True)
class Subscriber:
    """One subscription with its plan, and what its user did while nobody was billed."""

    member: Member
    unit: Unit
    catch_up: CatchUp
    place: int  # among those of its plan
    before: Account | None = None  # when the schedule went off


@dataclass(slots=True)
class Outage:
    """One drill in an arena whose schedule runs only when it is told to."""

    arena: Arena
    subscribers: list[Subscriber] = field(default_factory=list)
    cancelled: list[Cancelled] = field(default_factory=list)
    off_at: datetime | None = None
    on_at: datetime | None = None
    debits_before: dict[str, int] = field(default_factory=dict)

    @property
    def members(self) -> Sequence[Member]:
        return [each.member for each in self.subscribers]

    def live(self) -> None:
        """Subscriptions by the month, and as their second bills come near, by the day; all is billed in time."""
        queue = self.arena.world.outputs["BillQueueUrl"]
        attributes = {"VisibilityTimeout": str(VISIBILITY_SECONDS)}
        self.arena.world.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes=attributes)
        # The bank decides within a second, or its results would mix with what the outage has left.
        self.arena.office.post("/control/settings", settle_after_seconds=1)
        self._subscribe(Unit.MONTH)
        bills = [account.subscription.timers[Timer.BILL] for account in self.accounts()]
        self._move_to(min(bills) - timedelta(hours=72))
        self._subscribe(Unit.DAY)
        pass_by(self.arena, DAY + HOUR)
        self._calm_down()
        pass_by(self.arena, 11 * HOUR)

    def go_off(self) -> None:
        """Nobody is woken for OFF; users go on cancelling, pausing and resuming."""
        self.off_at = self.arena.clock.now()
        for subscriber, account in zip(self.subscribers, self.accounts(), strict=True):
            subscriber.before = account
        debits = self.evidence().debits
        self.debits_before = {member.id: len(debits.get(member.id, ())) for member in self.members}
        self.arena.move(DAY)
        self._act({CANCELS: "cancel", PAUSES: "pause", PAUSES_AND_RESUMES: "pause"})
        self.arena.move(DAY)
        self._act({PAUSES_AND_RESUMES: "resume", CANCELS_LATE: "cancel"})
        self.arena.move(self.off_at.timestamp() + OFF - self.arena.clock.now().timestamp())

    def go_on(self) -> None:
        """The schedule comes again, and the sweep; until nothing is due any more."""
        self.on_at = self.arena.clock.now()
        drain(self.arena)
        self._calm_down()

    def accounts(self) -> list[Account]:
        return read_accounts(self.arena.store, self.members)

    def evidence(self) -> Evidence:
        return gather(self.arena.office, self.members)

    def _subscribe(self, unit: Unit) -> None:
        wanted = [(rail, unit, catch_up, place) for rail in RailName for catch_up in CatchUp for place in range(EACH)]
        plans = [(rail, plan_id(rail, unit, catch_up)) for rail, unit, catch_up, _ in wanted]
        members = subscribe_all(self.arena, plans, len(self.subscribers))
        for member, (_, unit, catch_up, place) in zip(members, wanted, strict=True):
            self.subscribers.append(Subscriber(member, unit, catch_up, place))
        pass_by(self.arena, HOUR)
        self._calm_down()
        say(f"  {len(members)} subscriptions by the {unit}, both rails, all three catch-up policies")

    def _act(self, acts: dict[int, str]) -> None:
        for subscriber in self.subscribers:
            act = acts.get(subscriber.place)
            if act is None:
                continue
            id = subscriber.member.id
            answer = self.arena.partner.post(f"/v1/subscriptions/{id}/{act}", {} if act == "pause" else None)
            if answer.status != 200:
                raise DrillError(f"{act} of {id} was answered {answer.status}: {answer.body.get('code')}")
            if act == "cancel":
                attempt: Any = answer.body["subscription"]["open_attempt"]
                self.cancelled.append(
                    Cancelled(subscriber.member, self.arena.clock.now(), attempt["id"] if attempt else None)
                )

    def _move_to(self, moment: datetime) -> None:
        self.arena.move((moment - self.arena.clock.now()).total_seconds())

    def _calm_down(self) -> None:
        """Until every outcome is known, in steps of minutes: no period begins that the outage has not seen."""
        for _ in range(MOST_STEPS):
            self.arena.wait_for_callbacks(CALLBACK_SECONDS)
            if is_quiet(self.arena.store, self.members):
                return
            pass_by(self.arena, STEP)
        raise DrillError("outcomes stay open although the bank decides within a second")


def plan_id(rail: RailName, unit: Unit, catch_up: CatchUp) -> str:
    return f"{RAILS[rail]}-{unit}-{catch_up.replace('_', '-')}"
