"""How an answer is lost, on either rail."""

from typing import Any

# Fault, its arguments, our code, and whether the provider took the money (or the charge) all the same.
LOST: list[tuple[str, dict[str, Any], str, bool]] = [
    ("timeout_before_debit", {}, "read_timeout", False),
    ("hang", {}, "read_timeout", False),
    ("timeout_after_debit", {}, "read_timeout", True),
    ("drop_before_debit", {"how": "rst"}, "connection_lost", False),
    ("drop_before_debit", {"how": "fin"}, "connection_lost", False),
    ("drop_after_debit", {"how": "rst"}, "connection_lost", True),
    ("drop_after_debit", {"how": "fin"}, "connection_lost", True),
    ("land_late", {"seconds": 3600}, "connection_lost", False),
    ("http_500", {}, "http_500", False),
    ("http_500_after_debit", {}, "http_500", True),
    ("http_502", {}, "http_502", False),
    ("http_504", {}, "http_504", False),
    ("garbage", {}, "answer_unreadable", False),
    ("garbage_after_debit", {}, "answer_unreadable", True),
    ("truncated", {"how": "body"}, "answer_unreadable", True),
    ("truncated", {"how": "connection"}, "connection_lost", True),
    ("wrong_json", {}, "answer_unexpected", True),
    ("redirect", {}, "http_302", False),
]


def name(row: object) -> str | None:
    """The id of a test: the fault's arguments tell apart rows of one name."""
    return "-".join(map(str, row.values())) if isinstance(row, dict) else None
