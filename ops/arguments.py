"""What the commands' arguments have in common."""

import argparse
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

type Lines = Iterable[str]
type Commands = argparse._SubParsersAction[argparse.ArgumentParser]


class Found(Exception):
    """Something is not as it must be; it was listed."""


def said(text: str) -> str:
    """A name or a reason, for the record."""
    if not 2 <= len(text.strip()) <= 500:
        raise argparse.ArgumentTypeError("2 to 500 characters")
    return text.strip()


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """The type of an argument that is a whole number within these bounds."""

    def number(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return number


def time_of(text: str) -> datetime:
    """A time, of UTC where it says nothing else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time, such as 2026-11-05T10:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
