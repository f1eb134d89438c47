"""A provider's report of payments, as a CSV file: read as a whole, or refused with the line that is wrong."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.domain.reconciling import Span
from pinbill.domain.subscription import Subscription
from pinbill.domain.unrecorded import CLOCKS_APART, Reported, Says
from pinbill.errors import PinbillError, ReportInvalid

COLUMNS = ("reference", "moment", "amount", "currency", "payment", "state", "mandate")
REFERENCE = re.compile(r"[A-Za-z0-9]{1,26}-[1-9][0-9]{0,5}")


def read_report(path: Path, rail: RailName, span: Span) -> Sequence[Reported]:
    """All lines of a report. Raises ReportInvalid, which names the line; then nothing of it is to be used."""
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReportInvalid(f"{path.name}: {type(error).__name__}. A CSV file in UTF-8 is needed.") from None
    if not lines or tuple(lines[0]) != COLUMNS:
        raise ReportInvalid(f"Line 1: the columns must be {','.join(COLUMNS)}.")
    found: dict[str, int] = {}
    reported = []
    for number, cells in enumerate(lines[1:], 2):
        payment = _payment(number, cells, rail, span)
        if payment.payment in found:
            raise ReportInvalid(
                f"Line {number}: payment {payment.payment} stands in line {found[payment.payment]} too."
            )
        found[payment.payment] = number
        reported.append(payment)
    return reported


@dataclass(slots=True)
class Lines:
    """The lines of a report, given out to whom they belong. `fingerprint` finds the subscription of a mandate."""

    reported: Iterable[Reported]
    fingerprint: Callable[[str], str]
    _by_id: dict[str, list[Reported]] = field(default_factory=lambda: defaultdict(list))
    _by_mandate: dict[str, list[Reported]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for payment in self.reported:
            if payment.reference is not None:
                self._by_id[payment.reference.rpartition("-")[0]].append(payment)
            elif payment.mandate is not None:
                self._by_mandate[self.fingerprint(payment.mandate)].append(payment)

    def take(self, subscription: Subscription) -> Sequence[Reported]:
        """Those of this subscription, which nobody else gets. A mandate may have been another's before or after."""
        taken = self._by_id.pop(subscription.id, [])
        if subscription.mandate is not None and subscription.mandate.fingerprint in self._by_mandate:
            of_mandate = self._by_mandate.pop(subscription.mandate.fingerprint)
            ours = [payment for payment in of_mandate if _is_in_its_life(subscription, payment)]
            self._by_mandate[subscription.mandate.fingerprint] = [each for each in of_mandate if each not in ours]
            taken += ours
        return taken

    def left(self) -> Iterator[Reported]:
        """Those of nobody."""
        for lines in (*self._by_id.values(), *self._by_mandate.values()):
            yield from lines


def _is_in_its_life(subscription: Subscription, payment: Reported) -> bool:
    began = subscription.created_at - CLOCKS_APART <= payment.at
    return began and (subscription.ended_at is None or payment.at <= subscription.ended_at + CLOCKS_APART)


def _payment(number: int, cells: Sequence[str], rail: RailName, span: Span) -> Reported:
    if len(cells) != len(COLUMNS):
        raise ReportInvalid(f"Line {number}: {len(cells)} columns, and not {len(COLUMNS)}.")
    row = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
    at = _moment(number, row["moment"])
    if not span.since <= at <= span.until:
        raise ReportInvalid(f"Line {number}: moment: not between --since and --until.")
    if row["state"] not in list(Says):
        raise ReportInvalid(f"Line {number}: state: one of {', '.join(Says)}.")
    if not row["payment"]:
        raise ReportInvalid(f"Line {number}: payment: the provider's id is needed.")
    if row["reference"] and not REFERENCE.fullmatch(row["reference"]):
        raise ReportInvalid(f"Line {number}: reference: none of ours. Leave it empty where the provider has none.")
    wanted = "reference" if rail is RailName.INFOMEDIA else "mandate"
    if not row[wanted]:
        raise ReportInvalid(f"Line {number}: {wanted}: whose payment it is cannot be told without.")
    try:
        amount = Money.parse(row["amount"], row["currency"])
    except PinbillError as error:
        raise ReportInvalid(f"Line {number}: amount or currency: {error.detail}") from None
    said = Says(row["state"])
    return Reported(at, amount, row["payment"], said, row["reference"] or None, row["mandate"] or None)


def _moment(number: int, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ReportInvalid(f"Line {number}: moment: a time with its zone is needed, as in 2026-11-05T03:00:00Z.")
    return at.astimezone(UTC)
