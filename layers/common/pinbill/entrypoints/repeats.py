"""The Idempotency-Key of a request, as the use cases take it: hashed, with what it is to be known again by."""

import hashlib
import json
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header

from pinbill.domain.repeats import LONGEST_KEY, Keyed
from pinbill.entrypoints.requests import Body
from pinbill.errors import IdempotencyKeyRequired

HEADER = "Idempotency-Key"
NEEDED = "x-needed"  # tells the contract that a request without it is refused
IdempotencyKey = Annotated[str | None, Header(alias=HEADER)]
NeededKey = Annotated[str | None, Header(alias=HEADER, json_schema_extra={NEEDED: True})]


def keyed(operation: str, key: str | None, body: Body) -> Keyed | None:
    """None without a key. Raises IdempotencyKeyRequired for one that is empty or too long: it would protect nothing.

    A field with its default counts as left out, so that no field that comes later makes another body of an old one.
    """
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY:
        raise IdempotencyKeyRequired
    content = body.model_dump(mode="json", exclude=set(body.not_compared), exclude_defaults=True)
    return Keyed(_hash([operation, key]), _hash(content))


def _hash(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
