"""What is measured: metrics that are no log line, each with its unit and what becomes of several values.

Observations (see `ports`) are counted, by their own names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

NAMESPACE = "Pinbill"
# A metric that has one of these dimensions is written without it, too: an alarm watches all, a graph tells them apart.
# Log lines go without it.
FINER = frozenset({"partner_class", "operation"})


class Unit(StrEnum):
    """CloudWatch's own words."""

    COUNT = "Count"
    SECONDS = "Seconds"
    MILLISECONDS = "Milliseconds"
    NONE = "None"


class Measure(StrEnum):
    AMOUNT_PAID = "AmountPaid"  # major units
    RUN_SECONDS = "RunSeconds"
    HANDED_OUT = "HandedOut"
    OLDEST_DUE_SECONDS = "OldestDueSeconds"
    DUE_UNPAID = "DueUnpaid"
    OWED = "Owed"
    UNKNOWN_OPEN = "UnknownOpen"
    UNKNOWN_OVERDUE = "UnknownOverdue"
    PROVIDER_CALL = "ProviderCall"
    PROVIDER_MILLISECONDS = "ProviderMilliseconds"
    COVERAGE_GAPS = "CoverageGaps"


@dataclass(frozen=True, slots=True)
class Form:
    """Added up, the values of one invocation are one; else each is kept, so that CloudWatch knows their spread."""

    unit: Unit
    is_added_up: bool


FORMS: Mapping[Measure, Form] = MappingProxyType(
    {
        Measure.AMOUNT_PAID: Form(Unit.NONE, is_added_up=True),
        Measure.RUN_SECONDS: Form(Unit.SECONDS, is_added_up=False),
        Measure.HANDED_OUT: Form(Unit.COUNT, is_added_up=True),
        Measure.OLDEST_DUE_SECONDS: Form(Unit.SECONDS, is_added_up=False),
        Measure.DUE_UNPAID: Form(Unit.COUNT, is_added_up=False),
        Measure.OWED: Form(Unit.COUNT, is_added_up=False),
        Measure.UNKNOWN_OPEN: Form(Unit.COUNT, is_added_up=False),
        Measure.UNKNOWN_OVERDUE: Form(Unit.COUNT, is_added_up=False),
        Measure.PROVIDER_CALL: Form(Unit.COUNT, is_added_up=True),
        Measure.PROVIDER_MILLISECONDS: Form(Unit.MILLISECONDS, is_added_up=False),
        Measure.COVERAGE_GAPS: Form(Unit.COUNT, is_added_up=False),
    }
)
