"""Who listens to a table is told of each write that was applied, once, and of none that was not."""

import secrets
from collections.abc import Sequence
from typing import Any

import pytest

from pinbill.errors import StoreUnavailable
from pinbill.store.items import Item
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.retrying import Retry
from pinbill.store.table import ABSENT, Action, Delete, Put, Table
from tests.contracts.raw_table import RawTable
from tests.integration.store.lossy import LOSSES, LossyClient, throttled

ROW: Item = {"pk": "P#acme#S#SUB1", "sk": "SUB", "version": 1}
OTHER: Item = {"pk": "P#acme#S#SUB1", "sk": "J#0000000001"}


@pytest.fixture
def stamps() -> Sequence[str]:
    """Of three writes. Tables of an account share them for ten minutes, so that no other test may have the same."""
    return [secrets.token_urlsafe(12) for _ in range(3)]


class Heard:
    """A table behind a client that loses answers, and what it told."""

    def __init__(self, raw: RawTable) -> None:
        self.client = LossyClient(raw.client)
        self.told: list[tuple[Sequence[Action], str]] = []
        client: Any = self.client
        retry = Retry(tries=3, sleep=lambda seconds: None)
        self.table = Table(client, raw.name, retry, written=lambda actions, stamp: self.told.append((actions, stamp)))


@pytest.fixture
def heard(raw: RawTable) -> Heard:
    return Heard(raw)


def test_a_write_is_told_with_its_rows_and_its_stamp(heard: Heard, stamps: Sequence[str]) -> None:
    one: list[Action] = [Put(ROW, ABSENT)]
    both: list[Action] = [Put({**ROW, "version": 2}), Put(OTHER, ABSENT)]
    gone: list[Action] = [Delete({"pk": OTHER["pk"], "sk": OTHER["sk"]})]

    for stamp, actions in zip(stamps, (one, both, gone), strict=True):
        heard.table.write(actions, stamp)

    assert heard.told == list(zip((one, both, gone), stamps, strict=True))


@pytest.mark.parametrize("rows", [[ROW], [ROW, OTHER]], ids=["alone", "together"])
def test_a_write_whose_condition_failed_is_not_told(heard: Heard, stamps: Sequence[str], rows: list[Item]) -> None:
    heard.table.write([Put(rows[0], ABSENT)], stamps[0])

    with pytest.raises(ConditionFailed):
        heard.table.write([Put(row, ABSENT) for row in rows], stamps[1])

    assert [stamp for _, stamp in heard.told] == [stamps[0]]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("rows", [[ROW], [ROW, OTHER]], ids=["alone", "together"])
def test_a_write_whose_answer_was_lost_is_told_once_when_it_is_known_again(
    heard: Heard, stamps: Sequence[str], rows: list[Item], loss: str
) -> None:
    heard.client.lose(LOSSES[loss]())

    heard.table.write([Put(row, ABSENT) for row in rows], stamps[0])

    assert [stamp for _, stamp in heard.told] == [stamps[0]]


def test_a_write_of_which_nothing_is_known_is_not_told(heard: Heard, stamps: Sequence[str]) -> None:
    for _ in range(3):
        heard.client.refuse(throttled("PutItem"))

    with pytest.raises(StoreUnavailable):
        heard.table.write([Put(ROW, ABSENT)], stamps[0])

    assert heard.told == []
