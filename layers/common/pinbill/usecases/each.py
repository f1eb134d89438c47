"""Independent steps: one that fails does not keep the others from being done."""

from collections.abc import Callable, Iterable


def each[T](steps: Iterable[Callable[[], T]]) -> list[T]:
    """Do every step and return what they return. Raises what failed first, once all have been tried."""
    done: list[T] = []
    failures: list[Exception] = []
    for step in steps:
        try:
            done.append(step())
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return done
