"""Who calls AWS for this process: our own clients where Lambda says all that they need, or else boto3's."""

import os
from typing import TYPE_CHECKING, Any, cast

from pinbill.aws.clients import client_config
from pinbill.aws.direct_client import DirectClient
from pinbill.aws.lambda_environment import LambdaEnvironment
from pinbill.aws.services import DirectDynamoDB, DirectKms, DirectSecretsManager, DirectSqs

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_sqs.client import SQSClient


class Aws:
    """Makes clients. `endpoint` None means AWS itself."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint
        self._lambda = LambdaEnvironment.found(os.environ, endpoint)

    def dynamodb(self) -> "DynamoDBClient":
        """Our own in any case: calls by boto3's cost what a renewal must not."""
        if self._lambda is not None:
            return self._direct(self._lambda, DirectDynamoDB).as_client()
        import boto3  # noqa: PLC0415  # most of a start's time, here and below

        client = boto3.client("dynamodb", endpoint_url=self._endpoint)
        assert boto3.DEFAULT_SESSION is not None  # it has made the client
        return DirectDynamoDB.like(client, boto3.DEFAULT_SESSION).as_client()

    def kms(self) -> DirectKms:
        return self._made(DirectKms)

    def secrets_manager(self) -> DirectSecretsManager:
        return self._made(DirectSecretsManager)

    def sqs(self) -> "SQSClient":
        return cast("SQSClient", self._made(DirectSqs))

    def _made[Client: DirectClient](self, kind: type[Client]) -> Client:
        """Or boto3's, which is called and answers alike."""
        if self._lambda is not None:
            return self._direct(self._lambda, kind)
        import boto3  # noqa: PLC0415

        client: Any = boto3.client
        config = client_config(waits=kind.waits)
        return cast("Client", client(kind.service.name, config=config, endpoint_url=self._endpoint))

    @staticmethod
    def _direct[Client: DirectClient](found: LambdaEnvironment, kind: type[Client]) -> Client:
        return kind(found.address(kind.service), found.region, lambda: found.keys)
