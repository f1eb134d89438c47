"""The opaque cursor of a journal listing: the sequence number of the last entry that was given out."""

import base64
import binascii
import re

from pinbill.errors import CursorInvalid
from pinbill.store.keys import SEQ_DIGITS

SEQ = re.compile(rf"[1-9][0-9]{{0,{SEQ_DIGITS - 1}}}")


def cursor_of(seq: int) -> str:
    return base64.urlsafe_b64encode(str(seq).encode()).decode().rstrip("=")


def seq_of(cursor: str) -> int:
    """Raises CursorInvalid for everything that `cursor_of` does not give."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise CursorInvalid from None
    if not SEQ.fullmatch(text) or cursor_of(int(text)) != cursor:
        raise CursorInvalid
    return int(text)
