"""The HTTP adapter: a Powertools resolver whose every failure becomes a problem document."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, override

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from pinbill import errors
from pinbill.entrypoints.callers import caller_in
from pinbill.entrypoints.correlation import HEADER, correlation_of, subscription_of
from pinbill.entrypoints.problems import CONTENT_TYPE, INTERNAL_ERROR, headers_of, problem, problem_of, status_of
from pinbill.entrypoints.routes import ROUTES, Routes
from pinbill.entrypoints.telemetry import LogTelemetry, crash
from pinbill.usecases.admit import Admit

LARGEST_BODY = 8 * 1024
JSON = "application/json"

# Pydantic's names for what is wrong, as the codes that partners see.
FIELD_CODES = {"missing": "field_missing", "extra_forbidden": "field_unknown"}
# A name that we do not know came from outside and may be a number or a PIN in the wrong place.
FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,39}")
UNNAMED = "(a name that is not repeated here)"


class ProblemApi(APIGatewayRestResolver):
    """One function's routes; whatever fails is answered as a problem document."""

    def __init__(self, logger: Logger) -> None:
        super().__init__(enable_validation=True)
        self._logger = logger
        self.exception_handler(errors.PinbillError)(self._pinbill_error)
        self.exception_handler(RequestValidationError)(self._invalid)
        self.exception_handler(Exception)(self._crashed)
        self.not_found(self._no_route)

    def _pinbill_error(self, error: errors.PinbillError) -> Response[Any]:
        status = status_of(error)
        log = self._logger.error if status >= 500 else self._logger.info
        log("request_failed", extra={"code": error.code, "status": status, "detail": error.detail})
        return answer(status, problem_of(error), headers_of(error))

    def _invalid(self, error: RequestValidationError) -> Response[Any]:
        """Name each wrong field; what it held stays out of the answer and the log."""
        if any(one["loc"][0] == "response" for one in error.errors()):
            return self._crashed(error)  # our own answer has another form, and what was asked for has been done
        wrong = [
            {
                "field": _field(one),
                "code": FIELD_CODES.get(one["type"], "field_invalid"),
                "detail": one["msg"],
            }
            for one in error.errors()
        ]
        code, base = wrong[0]["code"], errors.InvalidInput
        detail = f"{wrong[0]['field']}: {wrong[0]['detail']}"
        fields = [one["field"] for one in wrong]
        self._logger.info("request_failed", extra={"code": code, "status": 400, "fields": fields})
        return answer(400, problem(400, code, detail, base.next_step, errors=wrong))

    def _crashed(self, error: Exception) -> Response[Any]:
        """A defect of ours, in the words of API Gateway's own answer."""
        self._logger.error("request_crashed", extra=crash(error))
        return answer(500, INTERNAL_ERROR)

    def _no_route(self, error: NotFoundError) -> Response[Any]:
        return answer(404, problem_of(errors.NotFound()))

    @property
    def seconds_left(self) -> float:
        """How long this invocation may still take."""
        return float(self.lambda_context.get_remaining_time_in_millis()) / 1000


class PartnerApi(ProblemApi):
    """Routes behind the authorizer. The partner is who the authorizer says, never what a request claims."""

    def __init__(self, logger: Logger, admit: Admit, routes: Routes = ROUTES) -> None:
        super().__init__(logger)
        self._admit = admit
        self._needs = routes

    @override
    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Refuse who may not do this, and a body that is no small JSON object, before anything reads it."""
        try:
            self._check_caller(event)
            checked = _checked(event) if event.get("httpMethod") == "POST" else event
        except errors.PinbillError as error:
            return _proxy(self._pinbill_error(error))
        except Exception as error:
            return _proxy(self._crashed(error))
        return super().resolve(checked, context)

    def _check_caller(self, event: Mapping[str, Any]) -> None:
        """Raises NotFound for a route that nobody has said the needs of."""
        caller = caller_in(event)
        needs = self._needs.get((str(event.get("httpMethod")), str(event.get("resource"))))
        if needs is None:
            raise errors.NotFound
        self._admit(caller, needs.scope, needs.use)

    @property
    def key(self) -> str:
        """The id of the caller's key, which is no secret. Raises Unauthenticated likewise."""
        return caller_in(self.current_event.raw_event).key_id

    @property
    def partner(self) -> str:
        """Raises Unauthenticated when no authorizer ran: a route without one must not fall back to anybody."""
        return caller_in(self.current_event.raw_event).partner


class PublicApi(ProblemApi):
    """Routes for everybody, without a key."""


class CallbackApi(ProblemApi):
    """Routes for the providers, who send what they like: parameters and bodies are read raw."""

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query parameters, decoded, in no order; a name may come twice."""
        given = self.current_event.raw_event.get("multiValueQueryStringParameters") or {}
        return [(name, value) for name, values in given.items() for value in values]

    @property
    def raw_body(self) -> bytes:
        return (self.current_event.decoded_body or "").encode()


def _field(one: Mapping[str, Any]) -> str:
    """The path of a wrong field: our own name for it, or the sender's if it is a plain word."""
    names = [str(part) for part in one["loc"][1:]] or [str(one["loc"][0])]
    if one["type"] == "extra_forbidden" and not FIELD_NAME.fullmatch(names[-1]):
        names[-1] = UNNAMED
    return ".".join(names)


def _checked(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request as the resolver reads it: an empty body counts as {}, and its media type is in lower case."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    check_body(event, headers.get("content-type") or JSON)
    return {**event, "headers": {**headers, "content-type": JSON}, "body": event.get("body") or "{}"}


def check_body(event: Mapping[str, Any], content_type: str) -> None:
    """Of a POST, before it is read. Raises BodyTooLarge, UnsupportedMediaType or MalformedJson."""
    body = event.get("body")
    if not body:
        return
    if len(body.encode()) > LARGEST_BODY:
        raise errors.BodyTooLarge
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise errors.UnsupportedMediaType
    try:
        document = json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)
    # Nested too deeply, an integer of thousands of digits, bytes that are no text: the parser has an error for each.
    except (ValueError, RecursionError):
        raise errors.MalformedJson from None
    if not isinstance(document, dict):
        raise errors.MalformedJson


def reply[Model](status: int, body: Model) -> Response[Model]:
    """A model as a JSON response."""
    return Response(status_code=status, content_type=JSON, body=body)


def answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[Any]:
    """A problem document as a response. Powertools writes only application/json itself."""
    text = json.dumps(body)
    return Response(status_code=status, content_type=CONTENT_TYPE, body=text, headers=dict(headers or {}))


def _proxy(response: Response[Any]) -> dict[str, Any]:
    """The form in which a REST API takes an answer."""
    return {
        "statusCode": response.status_code,
        "multiValueHeaders": {name: [value] for name, value in response.headers.items()},
        "body": response.body,
        "isBase64Encoded": False,
    }


def http_handler(
    api: ProblemApi, logger: Logger, telemetry: LogTelemetry
) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    """The Lambda handler of `api`: ids in every log line and one in the answer, counts at the end, no event logged."""

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        request = event.get("requestContext", {})
        authorizer = request.get("authorizer") or {}
        correlation = correlation_of(event)
        logger.append_keys(
            request_id=context.aws_request_id,
            correlation_id=correlation,
            gateway_request_id=request.get("requestId"),
            partner=authorizer.get("partner"),
            key=authorizer.get("key"),
            route=f"{event.get('httpMethod')} {event.get('resource')}",
            subscription=subscription_of(event),
        )
        try:
            answered = api.resolve(event, context)
        finally:
            telemetry.flush()
        if correlation:
            answered["multiValueHeaders"][HEADER] = [correlation]
        return answered

    return lambda_handler
