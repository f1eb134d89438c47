"""Independent steps."""

import pytest

from pinbill.errors import StoreUnavailable
from pinbill.usecases.each import each


def test_a_step_that_fails_keeps_no_other_from_being_done_and_is_told_at_the_end() -> None:
    done: list[str] = []

    def fail(error: Exception) -> None:
        raise error

    with pytest.raises(StoreUnavailable):
        each(
            [
                lambda: done.append("first"),
                lambda: fail(StoreUnavailable()),
                lambda: done.append("second"),
                lambda: fail(KeyError()),
                lambda: done.append("third"),
            ]
        )

    assert done == ["first", "second", "third"]


def test_what_the_steps_return_comes_in_their_order() -> None:
    assert each([lambda: 1, lambda: 2]) == [1, 2]
