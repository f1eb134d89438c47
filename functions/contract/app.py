"""GET /v1/openapi.json and /v1/docs: the contract for machines and for people. No key, no table, no secret."""

import pinbill.loading

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import Response

from pinbill import bootstrap
from pinbill.entrypoints.http import JSON, PublicApi, http_handler

HERE = Path(__file__).parent
OPENAPI, PAGE = (HERE / "openapi.json").read_text(), (HERE / "docs.html").read_text()
HTML = "text/html; charset=utf-8"
STYLES = re.findall("<style>(.*?)</style>", PAGE, re.DOTALL)
HASHES = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in STYLES)
HEADERS = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
PAGE_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src {HASHES}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

services = bootstrap.contract()
api = PublicApi(services.logger)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.get(
    "/v1/openapi.json",
    responses={200: {"description": "OpenAPI 3.1.", "content": {JSON: {"schema": {"type": "object"}}}}},
)
def openapi() -> Response[Any]:
    """Read this contract. Needs no key."""
    return Response(200, JSON, OPENAPI, dict(HEADERS))


@api.get(
    "/v1/docs",
    responses={200: {"description": "HTML.", "content": {"text/html": {"schema": {"type": "string"}}}}},
)
def docs() -> Response[Any]:
    """Read this contract as a page. Needs no key."""
    return Response(200, HTML, PAGE, HEADERS | PAGE_HEADERS)


pinbill.loading.done()
