"""GET /v1/callbacks/infomedia/{token} and POST /v1/callbacks/signzy/{token}: what the providers report."""

import pinbill.loading

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from pinbill import bootstrap
from pinbill.domain.catalog import RailName
from pinbill.entrypoints.http import CallbackApi, http_handler, reply

services, readers = bootstrap.callback()
api = CallbackApi(services.logger)
lambda_handler = http_handler(api, services.logger, services.telemetry)


@api.get("/v1/callbacks/infomedia/<token>")
def infomedia(token: Annotated[str, Path()]) -> Response[Any]:
    service = services.run.service(token, RailName.INFOMEDIA)
    services.run(service, lambda: readers.infomedia(api.parameters))
    return reply(200, {"status": "received"})


@api.post("/v1/callbacks/signzy/<token>")
def signzy(token: Annotated[str, Path()]) -> Response[Any]:
    service = services.run.service(token, RailName.SIGNZY)
    services.run(service, lambda: readers.signzy(api.raw_body))
    return reply(200, {"status": "received"})


pinbill.loading.done()
