"""The calls that the functions make of AWS's services, named and answered as those of boto3's clients."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pinbill.aws.clients import UNHURRIED
from pinbill.aws.direct_client import DirectClient, unreadable
from pinbill.aws.signature import DYNAMODB, KMS, SECRETS_MANAGER, SQS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DirectDynamoDB(DirectClient):
    """Each call is sent once: retries are the table's own."""

    service = DYNAMODB

    def as_client(self) -> "DynamoDBClient":
        return cast("DynamoDBClient", self)

    def get_item(self, **given: Any) -> Any:
        return self._call("GetItem", given)

    def batch_get_item(self, **given: Any) -> Any:
        return self._call("BatchGetItem", given)

    def query(self, **given: Any) -> Any:
        return self._call("Query", given)

    def put_item(self, **given: Any) -> Any:
        return self._call("PutItem", given)

    def update_item(self, **given: Any) -> Any:
        return self._call("UpdateItem", given)

    def delete_item(self, **given: Any) -> Any:
        return self._call("DeleteItem", given)

    def transact_write_items(self, **given: Any) -> Any:
        return self._call("TransactWriteItems", given)


class DirectKms(DirectClient):
    service = KMS

    def generate_data_key(self, **given: Any) -> Any:
        return _bytes_in(self._call_again("GenerateDataKey", given), "Plaintext", "CiphertextBlob")

    def decrypt(self, **given: Any) -> Any:
        return _bytes_in(self._call_again("Decrypt", given), "Plaintext")


class DirectSecretsManager(DirectClient):
    service = SECRETS_MANAGER
    waits = UNHURRIED

    def get_secret_value(self, **given: Any) -> Any:
        return self._call_again("GetSecretValue", given)


class DirectSqs(DirectClient):
    service = SQS

    def send_message_batch(self, **given: Any) -> Any:
        return self._call_again("SendMessageBatch", given)


def _bytes_in(answer: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The answer with these as bytes, which travel as text."""
    try:
        return {**answer, **{name: base64.b64decode(answer[name], validate=True) for name in names}}
    except (KeyError, ValueError, TypeError):
        raise unreadable("the answer holds no key") from None
