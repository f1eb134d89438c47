"""Settings that a person or a test changes while the simulators run."""

import json
from typing import Any

from local.simulators.database import Database

DEFAULTS: dict[str, Any] = {
    "pin_digits": 6,
    "pin_life_seconds": 600,
    "pin_tries": 3,
    "balance_minor": 100_000,
    "settle_after_seconds": 86_400,
    "first_payment_status": "PENDING",
    "hold_seconds": 65,
    "callback_delay_seconds": 0.2,
    "callback_infomedia": None,
    "callback_signzy": None,
    "infomedia_charge_webhook": False,
    "infomedia_number": "msisdn",
    "signzy_encoding": "json",
}
CHOICES: dict[str, tuple[str, ...]] = {
    "first_payment_status": ("PENDING", "INITIALIZED"),
    "infomedia_number": ("msisdn", "mx"),
    "signzy_encoding": ("json", "form"),
}
CALLBACK_KNOBS = ("callback_infomedia", "callback_signzy")


class Knobs:
    """Named settings with defaults, kept in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._values: dict[str, Any] = {}
        self.reload()

    def reload(self) -> None:
        """Read the kept values again, after a wipe."""
        kept = self._database.rows("SELECT name, value FROM settings WHERE name LIKE 'knob:%'")
        self._values = DEFAULTS | {row["name"].removeprefix("knob:"): json.loads(row["value"]) for row in kept}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def all(self) -> dict[str, Any]:
        """Every knob with its value."""
        return dict(self._values)

    def set(self, wanted: dict[str, Any]) -> None:
        """Turn all of these knobs or none. Raises ValueError on an unknown name or an impossible value."""
        for name, value in wanted.items():
            if name not in DEFAULTS:
                raise ValueError(f"unknown setting {name}")
            _check(name, value)
        with self._database.transaction():
            for name, value in wanted.items():
                self._database.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", f"knob:{name}", json.dumps(value))
            self._values = self._values | wanted


def _check(name: str, value: Any) -> None:
    default = DEFAULTS[name]
    if name in CHOICES:
        fits = value in CHOICES[name]
    elif isinstance(default, bool):
        fits = isinstance(value, bool)
    elif isinstance(default, int | float):
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    else:
        fits = value is None or isinstance(value, str)
    if not fits:
        raise ValueError(f"impossible value for {name}")
