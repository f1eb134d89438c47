"""The simulators' clock: real time plus an offset that a person or a test moves."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from local.simulators.database import Database

_INDIA = ZoneInfo("Asia/Kolkata")


def stamp(moment: datetime) -> str:
    """UTC text of fixed width, so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def indian_time(text: str) -> str:
    """A stamp as Signzy prints times: `yyyy-MM-dd HH:mm:ss`, taken to be Indian time."""
    return datetime.fromisoformat(text).astimezone(_INDIA).strftime("%Y-%m-%d %H:%M:%S")


class Clock:
    """Now, with an offset in seconds that survives a restart."""

    def __init__(self, database: Database) -> None:
        self._database = database
        found = database.row("SELECT value FROM settings WHERE name = 'clock_offset'")
        self._offset = float(found["value"]) if found else 0.0

    @property
    def offset_seconds(self) -> float:
        """How far ahead of real time the simulators are."""
        return self._offset

    def now(self) -> datetime:
        """The simulators' present, aware UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._offset)

    def stamp(self) -> str:
        """The simulators' present as text."""
        return stamp(self.now())

    def after(self, seconds: float) -> str:
        """The moment so many seconds from now, as text."""
        return stamp(self.now() + timedelta(seconds=seconds))

    def set_offset(self, seconds: float) -> None:
        """Move the clock; what fell due is settled by the caller."""
        with self._database.transaction():
            self._database.run("INSERT OR REPLACE INTO settings VALUES ('clock_offset', ?)", str(seconds))
            self._offset = seconds
