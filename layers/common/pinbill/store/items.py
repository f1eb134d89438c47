"""The parts that several items share: DynamoDB's value types, times, money, recurrences and attempts.

A write costs by the kilobyte, and a subscription takes nearly one: so times are numbers, microseconds since 1970 in
UTC, which is the precision of the domain's clock; money and recurrences are words; an attribute that is None is absent.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pinbill.domain.attempts import (
    Attempt,
    AttemptKind,
    AttemptState,
    Decision,
    Evidence,
    FailureClass,
    Obligation,
    Source,
)
from pinbill.domain.money import Money
from pinbill.domain.periods import Recurrence, Unit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

type Item = dict[str, Any]
type WireItem = dict[str, "AttributeValueTypeDef"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_wire(item: Mapping[str, Any]) -> WireItem:
    """An item as the client sends it: text, bytes, whole or exact numbers, truth values, None, lists and maps.

    By boto3's TypeSerializer this takes six times as long, and a renewal writes four items. Raises TypeError.
    """
    return {name: _value_out(value) for name, value in item.items()}


def from_wire(item: Mapping[str, Any]) -> Item:
    """An item as the client received it; numbers are ints, or Decimals where they are not whole. Raises TypeError."""
    return {name: _value_in(value) for name, value in item.items()}


def _value_out(value: object) -> "AttributeValueTypeDef":
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):  # before int, which it is too
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, dict):
        return {"M": {name: _value_out(inner) for name, inner in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [_value_out(inner) for inner in value]}
    if value is None:
        return {"NULL": True}
    raise TypeError(f"no item holds a {type(value).__name__}")


def _value_in(value: Mapping[str, Any]) -> Any:
    ((kind, held),) = value.items()
    match kind:
        case "S" | "BOOL":
            return held
        case "N":
            return _number_in(held)
        case "M":
            return {name: _value_in(inner) for name, inner in held.items()}
        case "L":
            return [_value_in(inner) for inner in held]
        case "B":  # boto3 has read the text in which it travels
            return base64.b64decode(held) if isinstance(held, str) else held
        case "NULL":
            return None
    raise TypeError(f"no item of ours holds a {kind}")


def _number_in(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


def present(item: Mapping[str, Any]) -> Item:
    """Without the attributes that are None."""
    return {name: value for name, value in item.items() if value is not None}


def time_out(at: datetime) -> int:
    return (at - EPOCH) // timedelta.resolution


def time_in(number: Decimal | int) -> datetime:
    return EPOCH + int(number) * timedelta.resolution


def time_out_or_none(at: datetime | None) -> int | None:
    return None if at is None else time_out(at)


def time_in_or_none(number: Decimal | int | None) -> datetime | None:
    return None if number is None else time_in(number)


def seconds_out(length: timedelta) -> int:
    return int(length.total_seconds())


def money_out(money: Money) -> str:
    return f"{money.minor} {money.currency}"


def money_in(text: str) -> Money:
    minor, currency = text.split(" ")
    return Money(int(minor), currency)


def recurrence_out(recurrence: Recurrence) -> str:
    return f"{recurrence.count} {recurrence.unit}"


def recurrence_in(text: str) -> Recurrence:
    count, unit = text.split(" ")
    return Recurrence(Unit(unit), int(count))


def attempt_out(attempt: Attempt) -> Item:
    return present(
        {
            "id": attempt.id,
            "kind": attempt.kind.value,
            "period": attempt.obligation.period,
            "charge": attempt.obligation.charge,
            "number": attempt.number,
            "owner": attempt.owner,
            "amount": money_out(attempt.amount),
            "claimed": time_out(attempt.claimed_at),
            "state": attempt.state.value,
            "code": attempt.code,
            "failure": attempt.failure.value if attempt.failure else None,
            "meaning": attempt.meaning or None,
            "ref": attempt.provider_reference,
            "settled": time_out_or_none(attempt.settled_at),
            "by": attempt.settled_by.value if attempt.settled_by else None,
            "open": time_out_or_none(attempt.open_since),
            "follow_ups": attempt.follow_ups or None,
            "evidence": [_evidence_out(evidence) for evidence in attempt.evidence] or None,
            "decision": _decision_out(attempt.decision),
            "receipt": attempt.receipt_by_partner or None,
            "covered_by": attempt.covered_by,
        }
    )


def attempt_in(item: Mapping[str, Any]) -> Attempt:
    period = item.get("period")
    failure = item.get("failure")
    return Attempt(
        id=item["id"],
        kind=AttemptKind(item["kind"]),
        obligation=Obligation(None if period is None else int(period), item.get("charge")),
        number=int(item["number"]),
        owner=item["owner"],
        amount=money_in(item["amount"]),
        claimed_at=time_in(item["claimed"]),
        state=AttemptState(item["state"]),
        code=item.get("code"),
        failure=FailureClass(failure) if failure else None,
        meaning=item.get("meaning", ""),
        provider_reference=item.get("ref"),
        settled_at=time_in_or_none(item.get("settled")),
        settled_by=Source(item["by"]) if "by" in item else None,
        open_since=time_in_or_none(item.get("open")),
        follow_ups=int(item.get("follow_ups", 0)),
        evidence=tuple(map(_evidence_in, item.get("evidence", []))),
        decision=_decision_in(item.get("decision")),
        receipt_by_partner=item.get("receipt", False),
        covered_by=item.get("covered_by"),
    )


def _evidence_out(evidence: Evidence) -> Item:
    return {
        "at": time_out(evidence.at),
        "source": evidence.source.value,
        "says": evidence.says,
        "code": evidence.code,
    }


def _evidence_in(item: Mapping[str, Any]) -> Evidence:
    return Evidence(time_in(item["at"]), Source(item["source"]), item["says"], item["code"])


def _decision_out(decision: Decision | None) -> Item | None:
    if decision is None:
        return None
    return {"by": decision.by, "reason": decision.reason, "evidence_seen": decision.evidence_seen}


def _decision_in(item: Mapping[str, Any] | None) -> Decision | None:
    return Decision(item["by"], item["reason"], int(item["evidence_seen"])) if item else None
