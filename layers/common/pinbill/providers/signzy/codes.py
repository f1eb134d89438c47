"""Signzy's payment and mandate statuses, and how the bank's words for a failure are read.

Source: the status tables of Signzy's eMandates and API marketplace pages. Reasons are free text and no list of them is
published, so they are read by keyword and never passed on: they may name a person or an account.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pinbill.domain.attempts import AttemptState, FailureClass

# INITIALIZED is taken but not yet at the bank, PENDING is at the bank. A status of no table is in flight as well.
PAYMENT_STATES: Mapping[str, AttemptState] = {
    "INITIALIZED": AttemptState.PENDING,
    "PENDING": AttemptState.PENDING,
    "SUCCESS": AttemptState.PAID,
    "FAILED": AttemptState.DECLINED,
    "CANCELLED": AttemptState.DECLINED,
}
PAYMENT_MEANINGS: Mapping[str, str] = {
    "INITIALIZED": "Taken; not yet sent to the bank.",
    "PENDING": "Sent to the bank; its answer takes one or two working days.",
    "SUCCESS": "Debited.",
    "CANCELLED": "The charge was cancelled at the provider by a person. It is not tried again by itself.",
}
IN_FLIGHT_MEANING = "Taken; the provider shows a status that is in no table."

# A mandate in one of these can never be charged again. Paused, on hold and unapproved ones may still come (back).
FINAL_MANDATE_STATUSES = frozenset({"CANCELLED", "CUSTOMER_CANCELLED", "COMPLETED", "EXPIRED", "LINK_EXPIRED"})


@dataclass(frozen=True, slots=True)
class Reason:
    """A class of failure reasons: the first whose pattern is found in the text counts."""

    pattern: re.Pattern[str]
    failure: FailureClass
    meaning: str


_ENDED = r"(cancel|revok|expired|inactive|not active|withdrawn|not registered|closed|suspend)"
REASONS: tuple[Reason, ...] = (
    Reason(
        re.compile(
            r"account.*(closed|blocked|frozen|freez|dormant|does ?n.t exist|does not exist|invalid)|no such acc"
        ),
        FailureClass.HARD,
        "The bank account is closed, blocked or unknown.",
    ),
    Reason(
        re.compile(r"(closed|blocked|frozen|invalid|dormant).*account|customer (deceased|insolvent)"),
        FailureClass.HARD,
        "The bank account is closed, blocked or unknown.",
    ),
    Reason(
        re.compile(rf"mandate.*{_ENDED}|{_ENDED}[a-z]* mandate|no mandate"), FailureClass.HARD, "The mandate has ended."
    ),
    Reason(re.compile(r"insufficient|balance|no funds|funds"), FailureClass.SOFT, "Not enough money in the account."),
    Reason(re.compile(r"limit|exceed|maximum"), FailureClass.LIMIT, "A limit of the account was reached."),
)
UNREAD_REASON = "The bank declined for a reason that is not recognised."


def failure_of(reason: str) -> tuple[FailureClass, str]:
    """(class, meaning) of a failure reason; unknown words are soft, which the ladder caps."""
    found = next((known for known in REASONS if known.pattern.search(reason.lower())), None)
    return (found.failure, found.meaning) if found else (FailureClass.SOFT, UNREAD_REASON)


# What an error object with 400 or 422 says of the mandate: no repeat of the same charge can succeed.
PERMANENT = re.compile(
    r"(subscription|mandate).*(not active|inactive|cancelled|completed|expired|on.hold|paused)"
    r"|periodic|on[_ -]?demand|scheduledon|payment mode|max(imum)? ?amount"
)
PERMANENT_MEANING = "The mandate does not allow this charge: not active, of another kind, or its maximum is lower."
# What a 404 must speak of to be about the mandate, and not about an address that we configured wrongly.
ABOUT_MANDATE = re.compile(r"subreference|subscription|mandate")
NOT_FOUND_MEANING = "The provider does not know this mandate."
