"""What every keeper of bookmarks promises: one position a stream, for each reading and rail."""

import pytest

from pinbill.domain.catalog import RailName
from pinbill.usecases.ports.due import Bookmarks, Reading

PHONE, BANK = RailName.INFOMEDIA, RailName.SIGNZY
STREAMS = ["acme#0", "acme#11", "acme#news#Europe/London#month1", "acm#0"]


def test_a_stream_that_was_never_read_has_no_bookmark(bookmarks: Bookmarks) -> None:
    assert bookmarks.all(Reading.RUN, PHONE) == {}


@pytest.mark.parametrize("reading", list(Reading))
@pytest.mark.parametrize("rail", list(RailName))
def test_the_last_position_of_each_stream_is_kept(bookmarks: Bookmarks, reading: Reading, rail: RailName) -> None:
    for n, stream in enumerate(STREAMS):
        bookmarks.save(reading, rail, stream, f"position {n}")
    bookmarks.save(reading, rail, STREAMS[1], "further")
    kept = {stream: f"position {n}" for n, stream in enumerate(STREAMS)} | {STREAMS[1]: "further"}
    assert bookmarks.all(reading, rail) == kept
    others = [(each, at) for each in Reading for at in RailName if (each, at) != (reading, rail)]
    assert [bookmarks.all(*other) for other in others] == [{}] * len(others)


def test_a_stream_that_starts_over_has_no_bookmark_and_the_others_keep_theirs(bookmarks: Bookmarks) -> None:
    bookmarks.save(Reading.SWEEP, PHONE, "acme#0", "far")
    bookmarks.save(Reading.SWEEP, PHONE, "acme#1", "near")
    bookmarks.save(Reading.SWEEP, PHONE, "acme#0", None)
    assert bookmarks.all(Reading.SWEEP, PHONE) == {"acme#1": "near"}


def test_a_stream_without_a_bookmark_may_start_over(bookmarks: Bookmarks) -> None:
    bookmarks.save(Reading.SWEEP, PHONE, "acme#0", None)
    assert bookmarks.all(Reading.SWEEP, PHONE) == {}


def test_a_bookmark_may_move_back(bookmarks: Bookmarks) -> None:
    """Of two runs at once the slower one saves last."""
    bookmarks.save(Reading.RUN, BANK, "acme#0", "2")
    bookmarks.save(Reading.RUN, BANK, "acme#0", "1")
    assert bookmarks.all(Reading.RUN, BANK) == {"acme#0": "1"}
