"""The API Gateway adapter of the authorizer."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from pinbill.entrypoints.callers import context_of
from pinbill.entrypoints.correlation import correlation_of
from pinbill.errors import Unauthenticated
from pinbill.usecases.authorize import Authorize

NOBODY = "nobody"


def authorizer_handler(
    authorize: Authorize, logger: Logger
) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        logger.append_keys(request_id=context.aws_request_id, correlation_id=correlation_of(event))
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        try:
            caller = authorize(headers.get("x-api-key"))
        except Unauthenticated as error:
            logger.info("key_refused", extra={"why": error.detail})
            # The template answers it with 401. An exception would do so too, and count as a failure of this function:
            # whoever sends wrong keys could set off its alarm.
            return _answer(NOBODY, "Deny", event["methodArn"])
        return {**_answer(caller.partner, "Allow", event["methodArn"]), "context": context_of(caller)}

    return lambda_handler


def _answer(who: str, effect: str, method_arn: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": _stage(method_arn)}
    return {"principalId": who, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def _stage(method_arn: str) -> str:
    """Every method of the stage: the answer is cached for the key and must serve its other paths too."""
    return "/".join(method_arn.split("/")[:2]) + "/*"
