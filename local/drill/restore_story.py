"""A table that is lost a week after its backup: who lives on meanwhile, and how the operator brings the books back."""

from __future__ import annotations

import io
import random
import shlex
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any

import requests

from local.drill.accounts import Account, is_quiet, read_accounts
from local.drill.arena import PARTNER, PLANS, Arena
from local.drill.errors import DrillError
from local.drill.gaps import GAPS
from local.drill.lost_logs import Logs
from local.drill.population import NETWORK, Member, bank_mandate, populate
from local.drill.sowing import Sowing, lost_answer
from local.drill.strikes import Strikes
from local.drill.tide import DAY, HOUR, WEEK, drain, pass_by, rest
from local.drill.traffic import CHARGES, Cancelled
from local.journey.actors import TIMEOUT
from local.pages import Call, calls_of, section
from local.progress import say
from local.world.environment import ROOT
from local.world.stack import STACK_NAME
from ops import __main__ as operator
from pinbill.domain.catalog import RailName
from pinbill.domain.subscription import Timer
from pinbill.store import keys

COPY = "pinbill-copy"
FIRST_NEW = 800  # of the numbers, above all of the population's
CALLBACK_SECONDS, QUEUE_SECONDS = 240.0, 180.0
LATEST_DEBIT = 3 * HOUR  # after which no payment lands any more
RUNBOOK = ROOT / "docs" / "runbook.md"


@dataclass(slots=True)
class Loss:
    """One drill in an arena whose schedule runs only when it is told to. `skip` leaves out a step of the repair."""

    arena: Arena
    rng: random.Random
    folder: Path
    subscriptions: int
    skip: str = ""
    members: list[Member] = field(default_factory=list)
    cancelled: list[Cancelled] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # by the operator's commands
    streams_lost: int = 0
    killed: int = 0
    _copied_at: datetime = field(init=False)  # by the clock of AWS
    _reported_from: datetime = field(init=False)  # by that of the providers

    def live(self) -> None:
        """Subscriptions on both rails, and a week in which all is billed."""
        # Who loses an answer has lost it: what became of it stands in the provider's report.
        self.arena.office.post("/control/callbacks", infomedia_charge_webhook=False)
        self.members += populate(self.arena, self.subscriptions)
        self.arena.wait_for_callbacks(CALLBACK_SECONDS)
        pass_by(self.arena, DAY + HOUR)
        self._week()

    def back_up(self) -> None:
        """A copy of the table, by the call of point-in-time recovery; the local AWS copies what is there now."""
        dynamodb = self.arena.world.client("dynamodb")
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=self.arena.table.name, TargetTableName=COPY, UseLatestRestorableTime=True
        )
        self._copied_at, self._reported_from = datetime.now(UTC), self.arena.clock.now() - timedelta(days=2)

    def live_on(self) -> None:
        """What no copy has: renewals, answers that are lost, killed workers, cancels, charges, new subscriptions."""
        self._make_new()
        self._move_to_bills()
        due = [member for member in self.members if self._is_due(member)]
        self.rng.shuffle(due)
        sowing = Sowing(self.arena.office)
        strikes = Strikes(self.arena, sowing)
        strikes.strike(due[: len(GAPS)])
        for member in due[len(GAPS) : 2 * len(GAPS)]:
            sowing.add(member, *lost_answer(self.rng))
        drain(self.arena)
        self.killed = strikes.killed
        self._cancel(self.rng.sample(self.members, max(2, len(self.members) // 10)))
        self._charge(self.rng.sample(self.members, max(2, len(self.members) // 8)))
        sowing.clear()
        pass_by(self.arena, DAY)
        self._week()

    def lose(self) -> None:
        """All rows are gone but the clock's, and with them some lines of the workers' logs."""
        self.arena.wait_for_queue(QUEUE_SECONDS)
        self.arena.wait_for_callbacks(CALLBACK_SECONDS)
        dynamodb = self.arena.world.client("dynamodb")
        for page in dynamodb.get_paginator("scan").paginate(TableName=self.arena.table.name):
            for row in page["Items"]:
                if row["pk"]["S"] != keys.clock()["pk"]:
                    dynamodb.delete_item(TableName=self.arena.table.name, Key={"pk": row["pk"], "sk": row["sk"]})
        logs = Logs(self.arena.world.client("logs"), STACK_NAME, self._copied_at)
        self.streams_lost = logs.lose("bill_worker", self.rng)
        if self.skip == "redo":
            logs.lose_all()

    def repair(self) -> None:
        """What the runbook's page says, as it is printed there."""
        landed = False
        for call in calls_of(section(RUNBOOK.read_text(), "Rows are lost, or wrong")):
            if self.skip == "reconcile" and "reconcile" in call.line:
                continue
            if call.line.startswith("curl") and not landed:
                self.arena.move(LATEST_DEBIT)
                landed = True
            values = {
                "COPIED": self._copied_at.isoformat(timespec="seconds"),
                "FROM": self._reported_from.isoformat().replace("+00:00", "Z"),
                "NOW": self.arena.clock.now().isoformat().replace("+00:00", "Z"),
                "PROVIDERS": self.arena.office.url,
            }
            self._type(call, Template(call.line).substitute(values))

    def go_on(self) -> None:
        """Two more weeks, in which all is billed that is due, and nothing else."""
        drain(self.arena)
        for _ in range(2):
            self._week()

    @property
    def gaps(self) -> set[str]:
        """Subscriptions of which the command has said that a write of theirs stands in no line."""
        told = (line for line in self.said if line.startswith("GAP"))
        return {line.partition("subscription ")[2].partition(":")[0] for line in told}

    def accounts(self) -> list[Account]:
        return read_accounts(self.arena.store, self.members)

    def _week(self) -> None:
        self._move_to_bills()
        drain(self.arena)
        rest(self.arena, lambda: is_quiet(self.arena.store, self.members))
        self.arena.wait_for_callbacks(CALLBACK_SECONDS)

    def _move_to_bills(self) -> None:
        """Just after the next weekly bills of those who were there first."""
        schedules = [self.arena.store.subscription(PARTNER, member.id) for member in self.members[: self.subscriptions]]
        bills = [each.timers[Timer.BILL] for each in schedules if each.renews and Timer.BILL in each.timers]
        if not bills:
            raise DrillError("nobody is left who renews")
        wait = (max(bills) - self.arena.clock.now()).total_seconds()
        self.arena.move(max(1.0, min(wait, WEEK) + HOUR))

    def _is_due(self, member: Member) -> bool:
        subscription = self.arena.store.subscription(PARTNER, member.id)
        return subscription.is_due(Timer.BILL, self.arena.clock.now()) and subscription.open_attempt is None

    def _make_new(self) -> None:
        """By the API: what it has answered must not be lost."""
        for number in range(3):
            msisdn = f"+447700900{FIRST_NEW + number}"
            body: dict[str, Any] = {"plan": PLANS[RailName.INFOMEDIA], "msisdn": msisdn, "network": NETWORK}
            id = self._post("/v1/subscriptions", body, 201)["id"]
            self._post(f"/v1/subscriptions/{id}/confirm", {"pin": self.arena.office.pin(msisdn)}, 200)
            self.members.append(Member(id, RailName.INFOMEDIA, msisdn))
        msisdn = f"+447700900{FIRST_NEW + 3}"
        mandate = bank_mandate(self.arena, msisdn)
        asked = {"reference": str(mandate.reference), "max_amount": "1500", "currency": "INR"}
        body = {"plan": PLANS[RailName.SIGNZY], "msisdn": msisdn, "mandate": asked}
        id = self._post("/v1/subscriptions", body, 201)["id"]
        self._post(f"/v1/subscriptions/{id}/confirm", {}, 202)
        self.members.append(Member(id, RailName.SIGNZY, msisdn, str(mandate.reference)))

    def _cancel(self, members: Sequence[Member]) -> None:
        for member in members:
            found = self._post(f"/v1/subscriptions/{member.id}/cancel", None, 200)
            attempt = found["open_attempt"]
            self.cancelled.append(Cancelled(member, self.arena.clock.now(), attempt["id"] if attempt else None))

    def _charge(self, members: Sequence[Member]) -> None:
        for member in members:
            path, key = f"/v1/subscriptions/{member.id}/charges", f"gems-{member.id}"
            self.arena.partner.post(path, CHARGES[member.rail], Idempotency_Key=key)

    def _post(self, path: str, body: Any, status: int) -> dict[str, Any]:
        answer = self.arena.partner.post(path, body)
        if answer.status != status:
            raise DrillError(f"{path} was answered {answer.status}: {answer.body.get('code')}")
        found: dict[str, Any] = answer.body["subscription"]
        return found

    def _type(self, call: Call, line: str) -> None:
        say(f"  $ {call.line}")
        words = shlex.split(line)
        answer = (
            self._fetch(words) if words[0] == "curl" else self._operate(shlex.split(words[2].removeprefix("ARGS=")))
        )
        if missing := call.is_missing("\n".join(answer)):
            raise DrillError(f"the page says {missing} of {call.line}")

    def _fetch(self, words: Sequence[str]) -> Sequence[str]:
        """`curl -s URL > FILE`, into the drill's own folder."""
        answer = requests.get(words[2], timeout=TIMEOUT)
        answer.raise_for_status()
        (self.folder / Path(words[4]).name).write_text(answer.text)
        return []

    def _operate(self, words: Sequence[str]) -> Sequence[str]:
        """Run an operator's command; a file is that in the drill's folder."""
        arguments = [str(self.folder / Path(word).name) if word.startswith(".local/") else word for word in words]
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as wrong:
            operator.main(["--stack", STACK_NAME, *arguments])
        lines = [*out.getvalue().splitlines(), *wrong.getvalue().splitlines()]
        for line in lines:
            say(f"    {line}")
        self.said += lines
        return lines
