"""What Lambda itself tells a function of its credentials, region and services, without botocore's asking around for it.

To import boto3 and to make a client takes longer than all else that a function does at its start. Whatever is not as
Lambda sets it is left to boto3: a profile, a FIPS or dual-stack setting, an endpoint of somebody's own, another
partition of AWS.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from pinbill.aws.signature import Service

# The regions whose addresses end in amazonaws.com; others are said by boto3, which knows them all.
ORDINARY_REGION = re.compile(r"(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-[0-9]")
LEFT_TO_BOTO3 = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
    # SnapStart's: they end, and are asked for anew.
    *("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
)
ENDPOINTS = (
    *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_KMS"),
    *("AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_SQS"),
)


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """The credentials of a function's role. They outlive the process that was given them."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class LambdaEnvironment:
    """`endpoint` is the address of all services, where it is not AWS's own."""

    keys: RoleKeys
    region: str
    endpoint: str | None

    @classmethod
    def found(cls, environ: Mapping[str, str], endpoint: str | None = None) -> Self | None:
        """With `endpoint` for the addresses, if there is one. None where boto3 has to be asked."""
        region = environ.get("AWS_DEFAULT_REGION") or environ.get("AWS_REGION") or ""
        access, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
        in_lambda = bool(environ.get("AWS_LAMBDA_FUNCTION_NAME"))
        if not (in_lambda and access and secret and ORDINARY_REGION.fullmatch(region)):
            return None
        if any(environ.get(name) for name in (*LEFT_TO_BOTO3, *(() if endpoint else ENDPOINTS))):
            return None
        keys = RoleKeys(access, secret, environ.get("AWS_SESSION_TOKEN") or None)
        return cls(keys, region, endpoint)

    def address(self, service: Service) -> str:
        return self.endpoint or f"https://{service.name}.{self.region}.amazonaws.com"
