"""Everything that the simulators know and can do, put together once."""

import threading
from pathlib import Path

from local.simulators.callbacks import Callbacks
from local.simulators.calls import CallJournal
from local.simulators.clock import Clock
from local.simulators.credentials import Credentials, IssuedKeys
from local.simulators.database import Database
from local.simulators.faults import FaultBook
from local.simulators.knobs import Knobs
from local.simulators.ledger import Ledger
from local.simulators.mandates import Mandates
from local.simulators.pins import Pins
from local.simulators.subscribers import Subscribers
from local.simulators.transport import Transport


class World:
    """The state of both providers; `folder` None keeps it in memory."""

    def __init__(self, folder: Path | None = None, credentials: Credentials | None = None) -> None:
        self.credentials = credentials or Credentials()
        self.issued = IssuedKeys()
        self.stopping = threading.Event()
        self.database = Database(folder)
        self.clock = Clock(self.database)
        self.knobs = Knobs(self.database)
        self.ledger = Ledger(self.database)
        self.calls = CallJournal(self.database, self.clock)
        self.faults = FaultBook(self.database)
        self.subscribers = Subscribers(self.database, self.clock, self.knobs)
        self.pins = Pins(self.database, self.clock, self.knobs, self.subscribers)
        self.callbacks = Callbacks(self.database, self.clock, self.knobs)
        self.mandates = Mandates(self.database, self.clock)
        self.transport = Transport(self.stopping, lambda: float(self.knobs["hold_seconds"]))

    def reset(self) -> None:
        """Forget everything; ids go on counting."""
        with self.database.transaction():
            self.database.wipe()
            self.clock.set_offset(0)
            self.knobs.reload()

    def close(self) -> None:
        """Release the database."""
        self.database.close()
