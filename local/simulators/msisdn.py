"""Reading, comparing and masking mobile numbers."""

import re

_DIGITS = re.compile(r"\d{8,15}")
_IN_TEXT = re.compile(r"\d{8,15}")


def normalise(text: str) -> str | None:
    """International digits without the plus, or None when the text is no number.

    A plus in a query string arrives as a space, so surrounding spaces are dropped.
    """
    digits = text.strip().removeprefix("+")
    return digits if _DIGITS.fullmatch(digits) else None


def mask(text: str) -> str:
    """The text with the middle of every number in it replaced by stars."""
    return _IN_TEXT.sub(lambda found: found[0][:4] + "*" * (len(found[0]) - 6) + found[0][-2:], text)
