"""What the commands' arguments have in common."""

import argparse
from collections.abc import Iterable

type Lines = Iterable[str]
type Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def said(text: str) -> str:
    """A name or a reason, for the record."""
    if not 2 <= len(text.strip()) <= 500:
        raise argparse.ArgumentTypeError("2 to 500 characters")
    return text.strip()
