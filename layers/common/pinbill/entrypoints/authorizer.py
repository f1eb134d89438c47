"""The API Gateway adapter of the authorizer."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from pinbill.entrypoints.callers import context_of
from pinbill.errors import Unauthenticated
from pinbill.usecases.authorize import Authorize


def authorizer_handler(
    authorize: Authorize, logger: Logger
) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        try:
            caller = authorize(headers.get("x-api-key"))
        except Unauthenticated as error:
            logger.info("key_refused", extra={"why": error.detail})
            # API Gateway turns exactly this text into its 401.
            raise Exception("Unauthorized") from None  # noqa: TRY002
        return {
            "principalId": caller.partner,
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": _stage(event["methodArn"])}
                ],
            },
            "context": context_of(caller),
        }

    return lambda_handler


def _stage(method_arn: str) -> str:
    """Every method of the stage: the answer is cached for the key and must serve its other paths too."""
    return "/".join(method_arn.split("/")[:2]) + "/*"
