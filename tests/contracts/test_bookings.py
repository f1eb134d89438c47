"""What every keeper of call times promises: none is given away twice."""

from datetime import timedelta

from pinbill.domain.catalog import RailName
from pinbill.usecases.ports.billing import Bookings
from tests.fakes.clock import START

PHONE, BANK = RailName.INFOMEDIA, RailName.SIGNZY
MICROSECOND, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)


def test_before_the_first_booking_nothing_is_given_away(bookings: Bookings) -> None:
    assert bookings.free_from(PHONE) is None


def test_what_was_booked_is_read_back_to_the_microsecond(bookings: Bookings) -> None:
    assert bookings.book(PHONE, None, START + MICROSECOND)
    assert bookings.free_from(PHONE) == START + MICROSECOND
    assert bookings.book(PHONE, START + MICROSECOND, START + MINUTE)
    assert bookings.free_from(PHONE) == START + MINUTE


def test_of_two_that_book_the_same_times_one_gets_them(bookings: Bookings) -> None:
    assert bookings.book(PHONE, None, START)
    assert not bookings.book(PHONE, None, START + MINUTE)
    assert bookings.book(PHONE, START, START + MINUTE)
    assert not bookings.book(PHONE, START, START + 2 * MINUTE)
    assert bookings.free_from(PHONE) == START + MINUTE


def test_times_that_nobody_gave_away_are_not_taken_for_given(bookings: Bookings) -> None:
    assert not bookings.book(PHONE, START, START + MINUTE)
    assert bookings.free_from(PHONE) is None


def test_rails_have_times_of_their_own(bookings: Bookings) -> None:
    assert bookings.book(PHONE, None, START)
    assert bookings.free_from(BANK) is None
    assert bookings.book(BANK, None, START + MINUTE)
    assert bookings.free_from(PHONE) == START
