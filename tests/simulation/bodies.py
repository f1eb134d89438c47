"""Bodies of actors: what one does, and what may end it."""

from collections.abc import Callable

from tests.simulation.scheduler import Crash
from tests.simulation.violation import Violation

type Body = Callable[[], None]


def watched(body: Body) -> Body:
    """Only crashes, and the errors that callers are told of, may end an actor: all else is a defect."""

    def run() -> None:
        try:
            body()
        except (Crash, Violation) as end:
            if isinstance(end, Violation):
                raise
        except Exception as error:
            raise Violation("no_unexpected_error", f"{type(error).__name__}: {error}") from error

    return run
