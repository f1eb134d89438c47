"""Environments are started when they are needed, taken again, made anew for a change, and never left behind."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from local.emulator.function import Function
from local.emulator.pool import Pool
from local.emulator.tools import Tools
from tests.e2e.waiting import wait_until
from tests.integration.emulator.conftest import EVENT_ID, Waiting, event


def counted(pool: Pool, function: Function) -> Any:
    return pool.invoke(function, event("count"), EVENT_ID).payload


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_nothing_is_started_before_the_first_event_and_one_environment_for_many(pool: Pool, function: Function) -> None:
    before = pool.idle

    counts = [counted(pool, function) for _ in range(3)]

    assert (before, counts, len(pool.idle)) == ((), [1, 2, 3], 1)


def test_events_at_once_have_an_environment_each(pool: Pool, function: Function, tmp_path: Path) -> None:
    def run(given: bytes) -> Any:
        return pool.invoke(function, given, EVENT_ID)

    waiting = [Waiting(tmp_path / name, run) for name in ("first", "second")]
    for one in waiting:
        one.until_it_works()  # both of them, before either is told to go on
    for one, word in zip(waiting, ("a", "b"), strict=True):
        one.say(word)

    assert [one.answer().payload for one in waiting] == ["a", "b"]
    assert len(pool.idle) == 2


def test_a_function_waits_for_room_beyond_its_most(tools: Tools, function: Function, tmp_path: Path) -> None:
    pool = Pool(tools, most_idle=2, most_of_one=1)
    waiting = Waiting(tmp_path / "pipes", lambda given: pool.invoke(function, given, EVENT_ID))
    waiting.until_it_works()
    with ThreadPoolExecutor(1) as threads:
        second = threads.submit(counted, pool, function)
        waiting.say("go on")

        assert waiting.answer().payload == "go on"
        assert second.result() == 2  # of the same process, once it was free
    pool.close()


def test_a_change_of_a_function_is_seen_by_the_next_event_and_ends_what_was_before(
    pool: Pool, function: Function
) -> None:
    counted(pool, function)
    (before,) = pool.idle
    changed = replace(function, revision="second", variables={"OWN": "changed"})

    shown = pool.invoke(changed, event("show"), EVENT_ID).payload

    assert shown["environ"]["OWN"] == "changed"
    assert not is_running(before.pid)
    assert [one.function for one in pool.idle] == [changed]


def test_versions_of_a_function_stand_side_by_side(pool: Pool, function: Function) -> None:
    other = replace(function, version="2")

    assert [counted(pool, one) for one in (function, other, function, other)] == [1, 1, 2, 2]


def test_no_more_than_the_most_are_kept_and_the_longest_idle_ends(pool: Pool, function: Function) -> None:
    for version in ("1", "2", "1", "3"):
        counted(pool, replace(function, version=version))

    assert [one.function.version for one in pool.idle] == ["1", "3"]


def test_after_one_that_ended_the_next_event_has_a_new_one(pool: Pool, function: Function) -> None:
    counted(pool, function)
    ended = pool.invoke(function, event("exit"), EVENT_ID)

    assert (ended.is_error, pool.idle) == (True, ())
    assert counted(pool, function) == 1


def test_one_that_was_killed_while_it_was_idle_is_not_taken(pool: Pool, function: Function) -> None:
    counted(pool, function)
    (before,) = pool.idle
    os.kill(before.pid, signal.SIGKILL)
    wait_until("it to end", lambda: not before.is_usable)

    assert counted(pool, function) == 1


def test_what_is_idle_or_at_work_when_it_closes_does_not_stay(pool: Pool, function: Function, tmp_path: Path) -> None:
    counted(pool, replace(function, version="2"))
    (idle,) = pool.idle
    waiting = Waiting(tmp_path / "pipes", lambda given: pool.invoke(function, given, EVENT_ID))
    waiting.until_it_works()

    pool.close()
    waiting.say("go on")

    assert waiting.answer().payload == "go on"
    assert not is_running(idle.pid)
    assert pool.idle == ()
