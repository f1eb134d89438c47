"""What the commands' arguments have in common."""

import argparse
from collections.abc import Callable, Iterable

type Lines = Iterable[str]
type Commands = argparse._SubParsersAction[argparse.ArgumentParser]


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
