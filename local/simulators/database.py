"""The simulators' state: one SQLite connection behind one lock, so that every operation is atomic."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ROW = "id INTEGER PRIMARY KEY AUTOINCREMENT"
_TABLES = {
    "settings": "name TEXT PRIMARY KEY, value TEXT NOT NULL",
    "ledger": f"""{_ROW}, provider TEXT NOT NULL, method TEXT NOT NULL, msisdn TEXT, mandate INTEGER,
        amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, reference TEXT, transaction_id TEXT NOT NULL,
        product TEXT, at TEXT NOT NULL, state TEXT NOT NULL""",
    "calls": f"""{_ROW}, at TEXT NOT NULL, provider TEXT NOT NULL, environment TEXT NOT NULL, method TEXT NOT NULL,
        msisdn TEXT, mandate INTEGER, reference TEXT, outcome TEXT NOT NULL, http_status INTEGER,
        authorised INTEGER NOT NULL, fault TEXT""",
    "faults": f"""{_ROW}, provider TEXT, methods TEXT NOT NULL, msisdn TEXT, mandate INTEGER, fault TEXT NOT NULL,
        args TEXT NOT NULL, remaining INTEGER, skip INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0""",
    "magic_uses": "subject TEXT, step INTEGER, seen INTEGER NOT NULL, PRIMARY KEY (subject, step)",
    "numbers": """msisdn TEXT PRIMARY KEY, balance_minor INTEGER NOT NULL, barred INTEGER NOT NULL DEFAULT 0,
        mcc TEXT, mnc TEXT, alias TEXT UNIQUE""",
    "sms": f"{_ROW}, msisdn TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, pin TEXT, at TEXT NOT NULL",
    "pins": f"""{_ROW}, msisdn TEXT NOT NULL, product TEXT NOT NULL, pin TEXT NOT NULL, expires_at TEXT NOT NULL,
        wrong INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL DEFAULT 0""",
    "activities": f"""{_ROW}, at TEXT NOT NULL, method TEXT NOT NULL, msisdn TEXT NOT NULL, product TEXT NOT NULL,
        activity_type TEXT NOT NULL, reference TEXT""",
    "mandates": """id INTEGER PRIMARY KEY, msisdn TEXT, max_amount_minor INTEGER NOT NULL, mode TEXT NOT NULL,
        type TEXT NOT NULL, status TEXT NOT NULL, added_at TEXT NOT NULL, callback_url TEXT, request TEXT NOT NULL""",
    "payments": """id INTEGER PRIMARY KEY, mandate INTEGER NOT NULL, amount_minor INTEGER NOT NULL,
        cycle INTEGER NOT NULL, status TEXT NOT NULL, added_at TEXT NOT NULL, due_at TEXT NOT NULL,
        reference_id INTEGER, failure_reason TEXT NOT NULL DEFAULT '', planned_status TEXT NOT NULL,
        planned_reason TEXT NOT NULL, callback_fault TEXT""",
    "late_debits": f"""{_ROW}, provider TEXT NOT NULL, method TEXT NOT NULL, due_at TEXT NOT NULL,
        payload TEXT NOT NULL, landed INTEGER NOT NULL DEFAULT 0""",
    "deliveries": f"""{_ROW}, provider TEXT NOT NULL, event TEXT NOT NULL, url TEXT, verb TEXT NOT NULL,
        encoding TEXT NOT NULL, params TEXT NOT NULL, not_before REAL NOT NULL, state TEXT NOT NULL,
        http_status INTEGER, error TEXT, fault TEXT, at TEXT NOT NULL""",
}
_EXTRAS = (
    "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ledger_msisdn ON ledger (msisdn)",
    "CREATE INDEX IF NOT EXISTS ledger_transaction ON ledger (transaction_id)",
    "CREATE INDEX IF NOT EXISTS sms_msisdn ON sms (msisdn)",
    "CREATE INDEX IF NOT EXISTS pins_msisdn ON pins (msisdn)",
    "CREATE INDEX IF NOT EXISTS activities_msisdn ON activities (msisdn)",
    "CREATE INDEX IF NOT EXISTS payments_mandate ON payments (mandate, id)",
    "CREATE INDEX IF NOT EXISTS payments_due ON payments (due_at) WHERE status IN ('INITIALIZED', 'PENDING')",
    "CREATE INDEX IF NOT EXISTS late_due ON late_debits (due_at) WHERE landed = 0",
    "CREATE INDEX IF NOT EXISTS deliveries_queued ON deliveries (not_before) WHERE state = 'queued'",
    "CREATE TRIGGER IF NOT EXISTS ledger_never_changes BEFORE UPDATE ON ledger "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END",
    "CREATE TRIGGER IF NOT EXISTS ledger_never_forgets BEFORE DELETE ON ledger "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END",
)


class Database:
    """One connection, one lock: a transaction is the only way in, and transactions nest by joining."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if folder is None else str(folder / "simulators.sqlite3")
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._lock = threading.RLock()
        self._depth = 0
        with self.transaction():
            self._create()

    def _create(self) -> None:
        for table, columns in _TABLES.items():
            self._connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
        for statement in _EXTRAS:
            self._connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens wholly or not at all, and alone. Never wait for the network inside."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth = 0

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Every row of the answer, as dictionaries."""
        with self.transaction():
            return [dict(row) for row in self._connection.execute(sql, values)]

    def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """The first row of the answer, if there is one."""
        with self.transaction():
            found = self._connection.execute(sql, values).fetchone()
            return None if found is None else dict(found)

    def run(self, sql: str, *values: Any) -> int:
        """Run one statement that changes something; returns the number of rows changed."""
        with self.transaction():
            return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, **columns: Any) -> int:
        """Add one row; returns its id."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        with self.transaction():
            sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names are written in this package
            done = self._connection.execute(sql, tuple(columns.values()))
            return int(done.lastrowid or 0)

    def next_number(self, counter: str, first: int) -> int:
        """The next value of a counter that never repeats itself, even across a reset."""
        with self.transaction():
            self.run(
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + 1", counter, first
            )
            found = self.row("SELECT value FROM counters WHERE name = ?", counter)
            return int(found["value"]) if found else first

    def wipe(self) -> None:
        """Forget everything but the counters, so that an id is never given out twice."""
        with self.transaction():
            for table in _TABLES:
                self._connection.execute(f"DROP TABLE {table}")
            self._create()

    def close(self) -> None:
        """Close the connection once the transaction in progress has ended."""
        with self._lock:
            self._connection.close()
