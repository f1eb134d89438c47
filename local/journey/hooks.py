"""The partner's webhook endpoint in the journey: a receiver on loopback that believes only what is signed for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import override

from kit.reference import Receiver, Server
from local.seed import PARTNER, secret_box
from local.world import Deployed
from pinbill import bootstrap_webhooks
from pinbill.store.clocks import SystemClock
from pinbill.store.table import Table
from pinbill_client.webhooks import Event, Receipt, Verifier

NO_SECRET_YET = "whsec_" + "A" * 43 + "="


class Hook(Receiver):
    """Keeps the types of what it was told."""

    def __init__(self) -> None:
        super().__init__(NO_SECRET_YET)
        self._told: list[tuple[str, str]] = []

    @override
    def note(self, event: Event, receipt: Receipt) -> None:
        super().note(event, receipt)
        if receipt.is_new:
            self._told.append((str(event.subscription_id), event.type))

    def told(self, subscription_id: str) -> list[str]:
        """The types of a subscription's events, in the order in which they came."""
        return [type for id, type in self._told if id == subscription_id]


@contextmanager
def hooked(world: Deployed) -> Iterator[Hook]:
    """An endpoint of the partner's for as long as the context lasts. Those of earlier runs are nobody's any more."""
    table = Table(world.client("dynamodb"), world.outputs["TableName"])
    manage = bootstrap_webhooks.manage_webhooks(table, SystemClock(), secret_box(world), loopback=True)
    for old in manage.listed(PARTNER):
        if old.url.startswith("http://127.0.0.1"):
            manage.remove(PARTNER, old.id)
    hook = Hook()
    with Server(hook) as server:
        made = manage.add(PARTNER, f"{server.url}/hook")
        hook.verifier = Verifier(made.secret)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield hook
        finally:
            manage.remove(PARTNER, made.endpoint.id)
            server.shutdown()
            thread.join()
