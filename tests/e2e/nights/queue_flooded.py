"""Dead letters: bills that were left lying, one of them twice, and a message of somebody else's."""

from __future__ import annotations

import json

from tests.e2e.nights.rehearsal import PARTNER, WEEK, Night

PLAN = "darts-weekly"


def rehearse(night: Night) -> None:
    desk = night.desk
    night.sell(PLAN)
    ids = night.subscribed(PLAN, 2)
    desk.move_clock(WEEK)
    queues, url = desk.world.client("sqs"), desk.world.outputs["BillDeadLetterQueueUrl"]
    queues.purge_queue(QueueUrl=url)
    groups = [json.dumps({"v": 1, "rail": "infomedia", "subscriptions": [[PARTNER, id]]}) for id in ids]
    for body in (*groups, groups[0], '{"load": "test"}'):
        queues.send_message(QueueUrl=url, MessageBody=body)
    kept = night.folder / "discarded.jsonl"
    night.type()
    night.billed(ids, 2)
    night.type(KEPT=str(kept))

    [discarded] = map(json.loads, kept.read_text().splitlines())
    assert discarded["body"] == '{"load": "test"}'
