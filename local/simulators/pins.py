"""PINs: made and sent by SMS, checked with a limit of tries and a life, used once.

The codes of a PIN error (P1 to P4) are the simulators' own: Infomedia publishes none.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from local.simulators.clock import Clock
from local.simulators.database import Database
from local.simulators.knobs import Knobs
from local.simulators.subscribers import Subscribers

PIN_ERRORS = {
    "P1": "PIN incorrect",
    "P2": "PIN expired",
    "P3": "PIN attempts exceeded",
    "P4": "no PIN requested",
}


@dataclass(frozen=True, slots=True)
class PinCheck:
    """Either the id of the PIN that fits, or the code of the error."""

    pin_id: int | None
    error: str | None


class Pins:
    """One live PIN per number and product; a new one replaces the last."""

    def __init__(self, database: Database, clock: Clock, knobs: Knobs, subscribers: Subscribers) -> None:
        self._database = database
        self._clock = clock
        self._knobs = knobs
        self._subscribers = subscribers

    def send(self, msisdn: str, product: str, wording: str) -> None:
        """Make a PIN and send it; `wording` is what it is for."""
        digits = int(self._knobs["pin_digits"])
        pin = f"{secrets.randbelow(10**digits):0{digits}d}"
        with self._database.transaction():
            self._database.run(
                "UPDATE pins SET used = 1 WHERE msisdn = ? AND product = ? AND used = 0", msisdn, product
            )
            self._database.insert(
                "pins",
                msisdn=msisdn,
                product=product,
                pin=pin,
                expires_at=self._clock.after(self._knobs["pin_life_seconds"]),
            )
            self._subscribers.send_sms(msisdn, "pin", f"{pin} is your PIN for {wording}. Do not share it.", pin)

    def fix(self, msisdn: str, pin: str, life_seconds: float) -> int:
        """Give the number's live PINs this value, a new life and all tries; returns how many there were."""
        return self._database.run(
            "UPDATE pins SET pin = ?, wrong = 0, expires_at = ? WHERE msisdn = ? AND used = 0",
            pin,
            self._clock.after(life_seconds),
            msisdn,
        )

    def check(self, msisdn: str, product: str, pin: str) -> PinCheck:
        """Check what the user typed, and count a wrong try.

        A PIN asked for under another product of the number (its SID, when the bill names the BPID) serves as well.
        """
        with self._database.transaction():
            live = self._database.rows("SELECT * FROM pins WHERE msisdn = ? AND used = 0 ORDER BY id", msisdn)
            live = [row for row in live if row["product"] == product] or live
            if not live:
                return PinCheck(None, "P4")
            open_ = [row for row in live if row["wrong"] < self._knobs["pin_tries"]]
            if not open_:
                return PinCheck(None, "P3")
            fresh = [row for row in open_ if row["expires_at"] > self._clock.stamp()]
            if not fresh:
                return PinCheck(None, "P2")
            return self._compare(fresh, pin)

    def _compare(self, fresh: list[dict[str, Any]], pin: str) -> PinCheck:
        for row in fresh:
            if hmac.compare_digest(row["pin"].encode(), pin.encode()):
                return PinCheck(row["id"], None)
        for row in fresh:
            self._database.run("UPDATE pins SET wrong = wrong + 1 WHERE id = ?", row["id"])
        return PinCheck(None, "P1")

    def use(self, pin_id: int) -> None:
        """Spend the PIN: it was validated or billed."""
        self._database.run("UPDATE pins SET used = 1 WHERE id = ?", pin_id)
