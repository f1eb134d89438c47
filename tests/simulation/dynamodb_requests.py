"""What a request to DynamoDB is for: which step it is of the simulation."""

from collections.abc import Mapping, Sequence
from typing import Any

from pinbill.store import keys
from pinbill.store.tails import LAST
from tests.fakes.dynamodb_faults import Request
from tests.simulation.faults import Port

PROGRESS = "RUN#"  # partitions of the rows that count a day's bills


def put_rows(request: Request) -> list[Mapping[str, Any]]:
    """The rows that a request puts."""
    if request.operation == "PutItem":
        return [request.parameters["Item"]]
    if request.operation == "TransactWriteItems":
        return [action["Put"]["Item"] for action in request.parameters["TransactItems"] if "Put" in action]
    return []


def meaning(request: Request) -> tuple[Port | None, str]:
    """Which step a request is; None for one that is no step of its own."""
    partition = _partition(request)
    if partition == keys.STOPS:
        return (Port.STOP, _dispatch_row(request)) if request.writes else (Port.STOPS, "read stops")
    if partition.startswith(PROGRESS):
        return _of_progress(request)
    if not request.writes:
        index = request.parameters.get("IndexName")
        if index is not None:
            return Port.SLOTS if index == keys.SLOT_INDEX else Port.INDEX, f"read {_asked_for(request)}"
        return Port.READ, f"read {_asked_for(request)}"
    rows = [item["sk"]["S"] for item in put_rows(request)]
    if keys.SUBSCRIPTION not in rows:
        return (Port.ROW, "write entry") if _is_entry(rows) else (Port.BOOKMARK, _dispatch_row(request))
    if any(row.startswith(keys.PLAN) for row in rows):
        return Port.CREATE, "create"
    if any(LAST in item for item in put_rows(request)):
        return Port.CARRY, "commit"
    return (Port.COMMIT if _is_entry(rows) else Port.CLAIM), "commit"


def _of_progress(request: Request) -> tuple[Port | None, str]:
    """As FaultyRuns has it: to read one row is no step."""
    if request.writes:
        return Port.COUNT, "write progress"
    return (Port.PROGRESS, "read progress") if request.operation == "Query" else (None, "")


def _partition(request: Request) -> str:
    """The table's partition that a request is about; "" for an index's, and for several."""
    given = request.parameters
    if "Item" in given or "Key" in given:
        key = given.get("Item") or given["Key"]
        return str(key["pk"]["S"])
    if "ExpressionAttributeValues" in given and "IndexName" not in given:
        return str(given["ExpressionAttributeValues"][":pk"]["S"])
    return ""


def _asked_for(request: Request) -> str:
    """Which row or partition a request reads."""
    given = request.parameters
    if "Key" in given:
        return f"{given['Key']['sk']['S']}"
    return f"{given['ExpressionAttributeValues'][':pk']['S']}" if "ExpressionAttributeValues" in given else "rows"


def _dispatch_row(request: Request) -> str:
    """What a write of the dispatcher's rows is for, or of a cohort's."""
    given = request.parameters
    key = given["Item"] if "Item" in given else given["Key"]
    return f"save {key['pk']['S']} {key['sk']['S']}"


def _is_entry(rows: Sequence[str]) -> bool:
    return any(row.startswith(keys.JOURNAL) for row in rows)
