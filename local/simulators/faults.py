"""Which fault strikes which call: explicit rules first, else the magic numbers; counted exactly under threads."""

import json
from dataclasses import dataclass, field
from typing import Any

from local.simulators import magic
from local.simulators.calls import Call
from local.simulators.database import Database
from local.simulators.fault_kinds import KINDS, LONGEST_HOLD_SECONDS, Channel, Moment


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that strikes the call at hand, with all its arguments."""

    name: str
    args: dict[str, Any]

    @property
    def moment(self) -> Moment:
        """When an answer fault strikes."""
        return KINDS[self.name].moment

    def as_json(self) -> str:
        """Text for the database."""
        return json.dumps({"name": self.name, "args": self.args})

    @classmethod
    def of_json(cls, text: str | None) -> "Fault | None":
        """The fault back from the database's text."""
        return None if text is None else cls(**json.loads(text))


@dataclass(slots=True)
class Plan:
    """What is to go wrong with one call: at most one fault a channel."""

    chosen: dict[Channel, Fault] = field(default_factory=dict)

    @property
    def outcome(self) -> Fault | None:
        """What the carrier or the bank decides."""
        return self.chosen.get(Channel.OUTCOME)

    @property
    def answer(self) -> Fault | None:
        """How the answer travels."""
        return self.chosen.get(Channel.ANSWER)

    @property
    def callback(self) -> Fault | None:
        """How the callback travels."""
        return self.chosen.get(Channel.CALLBACK)

    @property
    def names(self) -> str | None:
        """For the journal."""
        return "+".join(fault.name for fault in self.chosen.values()) or None

    def take(self, name: str, args: dict[str, Any]) -> bool:
        """Add a fault unless its channel has one."""
        kind = KINDS[name]
        if kind.channel in self.chosen:
            return False
        self.chosen[kind.channel] = Fault(name, kind.args | args)
        return True


class FaultBook:
    """The rules that are set, and the use made of the magic numbers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, scope: dict[str, Any], times: int | None, skip: int, args: dict[str, Any]) -> int:
        """Set a rule; returns its id. `scope` may have provider, method(s), msisdn, mandate. Raises ValueError."""
        kind = KINDS.get(name)
        if kind is None:
            raise ValueError(f"unknown fault {name}")
        if kind.provider and scope.get("provider") not in (None, kind.provider):
            raise ValueError(f"{name} is a fault of {kind.provider}")
        _check_args(kind.args, args)
        methods = scope.get("methods") or kind.methods
        return self._database.insert(
            "faults",
            provider=scope.get("provider") or kind.provider,
            methods=json.dumps([method.lower() for method in methods]),
            msisdn=scope.get("msisdn"),
            mandate=scope.get("mandate"),
            fault=name,
            args=json.dumps(args),
            remaining=times,
            skip=skip,
        )

    def list(self) -> list[dict[str, Any]]:
        """Every rule with its counts, oldest first."""
        rows = self._database.rows("SELECT * FROM faults ORDER BY id")
        return [row | {"methods": json.loads(row["methods"]), "args": json.loads(row["args"])} for row in rows]

    def remove(self, fault_id: int | None = None) -> int:
        """Remove one rule, or all; returns how many went."""
        if fault_id is None:
            return self._database.run("DELETE FROM faults")
        return self._database.run("DELETE FROM faults WHERE id = ?", fault_id)

    def rearm(self, subject: str | None = None) -> int:
        """Let the magic of one number or mandate (or of all) begin anew."""
        if subject is None:
            return self._database.run("DELETE FROM magic_uses")
        return self._database.run("DELETE FROM magic_uses WHERE subject = ?", subject)

    def plan(self, call: Call) -> Plan:
        """The faults of this call, and their use counted. The oldest fitting rule of a channel wins."""
        plan = Plan()
        with self._database.transaction():
            for rule in self._database.rows(
                "SELECT * FROM faults WHERE remaining IS NULL OR remaining > 0 ORDER BY id"
            ):
                if not _fits(rule, call):
                    continue
                if rule["skip"] > 0:
                    self._database.run("UPDATE faults SET skip = skip - 1 WHERE id = ?", rule["id"])
                elif plan.take(rule["fault"], json.loads(rule["args"])):
                    self._database.run(
                        "UPDATE faults SET used = used + 1, remaining = remaining - 1 WHERE id = ?", rule["id"]
                    )
            if not plan.chosen:
                self._add_magic(plan, call)
        return plan

    def _add_magic(self, plan: Plan, call: Call) -> None:
        entry = magic.find(call.provider, call.msisdn, call.mandate)
        if entry is None:
            return
        subject = str(call.mandate if call.provider == "signzy" else call.msisdn)
        for position, step in enumerate(entry.steps):
            if call.method not in step.methods:
                continue
            self._database.run(
                "INSERT INTO magic_uses VALUES (?, ?, 1) ON CONFLICT (subject, step) DO UPDATE SET seen = seen + 1",
                subject,
                position,
            )
            used = self._database.row("SELECT seen FROM magic_uses WHERE subject = ? AND step = ?", subject, position)
            seen = used["seen"] - step.skip if used else 1
            if seen >= 1 and (step.times is None or seen <= step.times):
                plan.take(step.fault, step.args)


def _fits(rule: dict[str, Any], call: Call) -> bool:
    methods = json.loads(rule["methods"])
    return (
        rule["provider"] in (None, call.provider)
        and (not methods or call.method.lower() in methods)
        and rule["msisdn"] in (None, call.msisdn)
        and rule["mandate"] in (None, call.mandate)
    )


def _check_args(known: dict[str, Any], given: dict[str, Any]) -> None:
    unknown = given.keys() - known.keys()
    if unknown:
        raise ValueError(f"unknown argument {', '.join(sorted(unknown))}")
    for name in ("seconds", "hold_seconds", "retry_after", "copies"):
        value = given.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ValueError(f"{name} must be a number of at least 0")
        lands_late = "hold_seconds" in known and name == "seconds"
        if not lands_late and name in ("seconds", "hold_seconds") and value > LONGEST_HOLD_SECONDS:
            raise ValueError(f"{name} must be at most {LONGEST_HOLD_SECONDS}")
