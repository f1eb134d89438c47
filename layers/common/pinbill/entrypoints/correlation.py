"""What ties the log lines of a request together: its correlation id, and the subscription that it is about.

The caller's own id is taken where it is fit to be logged, else API Gateway's.
"""

import re
from collections.abc import Mapping
from typing import Any

HEADER = "X-Correlation-Id"
LONGEST = 64
FORM = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:-]{{0,{LONGEST - 1}}}")
# Seven digits in a row may be a mobile number or a PIN; in a UUID or a trace id they are chance.
NUMBER = re.compile(r"[0-9]{7}")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
SUBSCRIPTION = re.compile(r"[0-9a-f]{24}")
RANDOM = re.compile(rf"{UUID}|[0-9a-f]{{32}}", re.IGNORECASE)


def correlation_of(event: Mapping[str, Any]) -> str | None:
    """What goes into the log and back to the caller; None where there is neither an own id nor one of the gateway."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    own, key = headers.get(HEADER.lower()), headers.get("x-api-key")
    if own and is_fit(own) and not (key and key in own):
        return str(own)
    found: str | None = (event.get("requestContext") or {}).get("requestId")
    return found


def subscription_of(event: Mapping[str, Any]) -> str | None:
    """The id in the request's path, if it is one of ours: else a caller may have put a number there."""
    found = (event.get("pathParameters") or {}).get("subscription_id")
    return found if found and SUBSCRIPTION.fullmatch(found) else None


def is_fit(own: str) -> bool:
    """Short, of plain characters, and nothing that may be a number."""
    return bool(FORM.fullmatch(own)) and (bool(RANDOM.fullmatch(own)) or not NUMBER.search(own))
