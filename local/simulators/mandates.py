"""Mandates: how they are made, found and change; their last two digits may carry magic."""

import json
from typing import Any

from local.simulators.clock import Clock
from local.simulators.database import Database
from local.simulators.magic import FIRST_MAGIC_ENDING

ACTIVE, INITIALIZED, CANCELLED = "ACTIVE", "INITIALIZED", "CANCELLED"
ON_DEMAND, PERIODIC = "ON_DEMAND", "PERIODIC"
STATUSES = (
    INITIALIZED,
    "BANK_APPROVAL_PENDING",
    ACTIVE,
    "ON_HOLD",
    "PAUSED",
    "COMPLETED",
    CANCELLED,
    "CUSTOMER_PAUSED",
    "CUSTOMER_CANCELLED",
    "EXPIRED",
    "LINK_EXPIRED",
    "CARD_EXPIRED",
)
MODES = ("NACH", "UPI", "CARD")
_FIRST_BLOCK = 610_000_000  # so long that no other digits are the same by chance


class Mandates:
    """All mandates of the simulated bank side."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(
        self,
        max_amount_minor: int,
        *,
        msisdn: str | None = None,
        mode: str = "NACH",
        kind: str = ON_DEMAND,
        status: str = ACTIVE,
        reference: int | None = None,
        ending: int | None = None,
        callback_url: str | None = None,
        request: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Make a mandate with the wished-for subReferenceId, or last two digits of it. Raises ValueError if taken."""
        with self._database.transaction():
            reference = reference or self._new_reference(ending)
            if self.get(reference) is not None:
                raise ValueError("that subReferenceId is taken")
            self._database.insert(
                "mandates",
                id=reference,
                msisdn=msisdn,
                max_amount_minor=max_amount_minor,
                mode=mode,
                type=kind,
                status=status,
                added_at=self._clock.stamp(),
                callback_url=callback_url,
                request=json.dumps(request or {}),
            )
            return self.get(reference) or {}

    def get(self, reference: int) -> dict[str, Any] | None:
        """The mandate of this subReferenceId."""
        return self._database.row("SELECT * FROM mandates WHERE id = ?", reference)

    def all(self) -> list[dict[str, Any]]:
        """Every mandate, in order of its subReferenceId."""
        return self._database.rows("SELECT * FROM mandates ORDER BY id")

    def set_status(self, reference: int, status: str) -> None:
        """Change the status; telling the partner is the caller's business."""
        self._database.run("UPDATE mandates SET status = ? WHERE id = ?", status, reference)

    def _new_reference(self, ending: int | None) -> int:
        while True:
            if ending is None:
                count = self._database.next_number("mandate", 1)
                block, last = divmod(count, FIRST_MAGIC_ENDING)
                found = (_FIRST_BLOCK + block) * 100 + last
            else:
                found = (_FIRST_BLOCK + self._database.next_number("magic mandate", 0)) * 100 + ending
            if self.get(found) is None:
                return found
