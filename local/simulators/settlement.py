"""What time brings about: payments become final and late debits land, by the simulators' clock."""

import json

from local.simulators import infomedia_operations, signzy_operations
from local.simulators.world import World

_TICK_SECONDS = 0.2


def settle(world: World) -> dict[str, int]:
    """Do everything that has fallen due, in the order of its time; returns counts."""
    with world.database.transaction():
        now = world.clock.stamp()
        late = world.database.rows(
            "SELECT * FROM late_debits WHERE landed = 0 AND due_at <= ? ORDER BY due_at, id", now
        )
        for row in late:
            world.database.run("UPDATE late_debits SET landed = 1 WHERE id = ?", row["id"])
            payload = json.loads(row["payload"])
            if row["provider"] == "infomedia":
                infomedia_operations.land(world, row["method"], payload, row["due_at"])
            else:
                signzy_operations.land(world, payload, row["due_at"])
        due = world.database.rows(
            "SELECT * FROM payments WHERE status IN ('INITIALIZED', 'PENDING') AND due_at <= ? ORDER BY due_at, id", now
        )
        early = [
            delivery
            for row in due
            for delivery in signzy_operations.finish(
                world, row["id"], row["planned_status"], row["planned_reason"], row["due_at"]
            )
        ]
    for delivery in early:
        world.callbacks.deliver(delivery)
    return {"landed": len(late), "settled": len(due)}


def run(world: World) -> None:
    """Settle again and again until told to stop."""
    while not world.stopping.wait(_TICK_SECONDS):
        settle(world)
