"""What the network knows of a number: balance, bar, alias, SMS inbox and the activities that were logged."""

import base64
import secrets
from typing import Any

from local.simulators.clock import Clock
from local.simulators.database import Database
from local.simulators.knobs import Knobs

CURRENCY_BY_MCC = {"234": "GBP", "235": "GBP", "424": "AED", "404": "INR", "405": "INR", "310": "USD"}
_EURO_COUNTRIES = ("204", "206", "208", "214", "222", "232", "244", "262", "268", "272")
SUBSCRIBED, UNSUBSCRIBED = "subscribed", "unsubscribed"
_LEAVING = ("unsub", "cancel", "stop", "end", "exit", "terminat", "2")


def currency_of(mcc: str | None) -> str:
    """The currency of a mobile country code; pounds where it is not known."""
    return "EUR" if mcc in _EURO_COUNTRIES else CURRENCY_BY_MCC.get(mcc or "", "GBP")


class Subscribers:
    """Every number exists; it is written down when something happens to it."""

    def __init__(self, database: Database, clock: Clock, knobs: Knobs) -> None:
        self._database = database
        self._clock = clock
        self._knobs = knobs

    def number(self, msisdn: str) -> dict[str, Any]:
        """The row of a number: balance_minor, barred, mcc, mnc, alias."""
        with self._database.transaction():
            found = self._database.row("SELECT * FROM numbers WHERE msisdn = ?", msisdn)
            if found is None:
                alias = base64.b64encode(secrets.token_bytes(18)).decode("ascii")
                self._database.insert("numbers", msisdn=msisdn, balance_minor=self._knobs["balance_minor"], alias=alias)
                found = self._database.row("SELECT * FROM numbers WHERE msisdn = ?", msisdn) or {}
            return found

    def of_alias(self, alias: str) -> str | None:
        """The number behind an encrypted alias that a webhook carried."""
        found = self._database.row("SELECT msisdn FROM numbers WHERE alias = ?", alias)
        return found["msisdn"] if found else None

    def known(self) -> list[str]:
        """Numbers that something happened to."""
        return [row["msisdn"] for row in self._database.rows("SELECT msisdn FROM numbers ORDER BY msisdn")]

    def see_network(self, msisdn: str, mcc: str, mnc: str) -> None:
        """Remember the network that the last call named."""
        self.number(msisdn)
        self._database.run("UPDATE numbers SET mcc = ?, mnc = ? WHERE msisdn = ?", mcc, mnc, msisdn)

    def add_to_balance(self, msisdn: str, minor: int) -> int:
        """Add minor units (or take them, when negative); returns the new balance."""
        with self._database.transaction():
            self.number(msisdn)
            self._database.run("UPDATE numbers SET balance_minor = balance_minor + ? WHERE msisdn = ?", minor, msisdn)
            return int(self.number(msisdn)["balance_minor"])

    def set_barred(self, msisdn: str, barred: bool) -> None:
        """Bar the number from billing, or lift the bar."""
        with self._database.transaction():
            self.number(msisdn)
            self._database.run("UPDATE numbers SET barred = ? WHERE msisdn = ?", int(barred), msisdn)

    def send_sms(self, msisdn: str, kind: str, text: str, pin: str | None = None) -> None:
        """Put a message of kind pin, receipt or info into the inbox."""
        with self._database.transaction():
            self.number(msisdn)
            self._database.insert("sms", msisdn=msisdn, kind=kind, text=text, pin=pin, at=self._clock.stamp())

    def inbox(self, msisdn: str) -> list[dict[str, Any]]:
        """Messages, oldest first."""
        return self._database.rows("SELECT id, kind, text, pin, at FROM sms WHERE msisdn = ? ORDER BY id", msisdn)

    def log(self, method: str, msisdn: str, product: str, activity_type: str, reference: str | None) -> None:
        """Journal one LogActivity, UpdateActivity or STOP; repeats are welcome."""
        with self._database.transaction():
            self.number(msisdn)
            self._database.insert(
                "activities",
                at=self._clock.stamp(),
                method=method,
                msisdn=msisdn,
                product=product,
                activity_type=activity_type,
                reference=reference,
            )

    def activities(self, msisdn: str | None) -> list[dict[str, Any]]:
        """The journal of activities, of one number or of all, oldest first."""
        if msisdn is None:
            return self._database.rows("SELECT * FROM activities ORDER BY id")
        return self._database.rows("SELECT * FROM activities WHERE msisdn = ? ORDER BY id", msisdn)

    def subscriptions(self, msisdn: str) -> list[dict[str, Any]]:
        """What the provider was told of this number, per product: the last word counts."""
        found: dict[str, dict[str, Any]] = {}
        for row in self.activities(msisdn):
            before = found.get(row["product"], {})
            leaving = row["method"] != "LogActivity" and row["activity_type"].lower().startswith(_LEAVING)
            found[row["product"]] = {
                "productId": row["product"],
                "status": UNSUBSCRIBED if leaving else SUBSCRIBED,
                "activityType": row["activity_type"],
                "reference": row["reference"] or before.get("reference"),
                "at": row["at"],
            }
        return list(found.values())
