"""Recurring billing as it is usually written: an index by due date, a loop, and Powertools Idempotency around the bill.

Here to be compared with; nothing like it ships.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import requests
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.dynamodb_expressions import Item

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TABLE, IDEMPOTENCY_TABLE, INDEX = "usual-subscriptions", "usual-idempotency", "by_due_date"
TIMEOUT_SECONDS = 30
SET = re.compile(r"(#\w+) = (:\w+)")


class Updating(InMemoryDynamoDB):
    """Also takes UpdateItem, as far as this design and Powertools use it: SET of whole attributes."""

    def update_item(
        self,
        *,
        TableName: str,
        Key: Item,
        UpdateExpression: str,
        ExpressionAttributeNames: Mapping[str, str],
        ExpressionAttributeValues: Item,
    ) -> dict[str, Any]:
        return self._request(
            "UpdateItem",
            self._update,
            {
                "TableName": TableName,
                "Key": Key,
                "asked": SET.findall(UpdateExpression),
                "names": ExpressionAttributeNames,
                "values": ExpressionAttributeValues,
            },
        )

    def _update(
        self, TableName: str, Key: Item, asked: list[tuple[str, str]], names: Mapping[str, str], values: Item
    ) -> dict[str, Any]:
        table = self._table(TableName)
        stored = table.items.get(table.place_of_key(Key), Key)
        return self._put(TableName=TableName, Item={**stored, **{names[name]: values[value] for name, value in asked}})


def create_tables(engine: InMemoryDynamoDB) -> None:
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    strings = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "due_date", "due_at")]
    index = {
        "IndexName": INDEX,
        "KeySchema": [
            {"AttributeName": "due_date", "KeyType": "HASH"},
            {"AttributeName": "due_at", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }
    for name, indexes in ((TABLE, [index]), (IDEMPOTENCY_TABLE, [])):
        engine.create_table(
            TableName=name, KeySchema=keys, AttributeDefinitions=strings, GlobalSecondaryIndexes=indexes
        )


def subscriptions(count: int, today: datetime) -> Iterator[Item]:
    for number in range(count):
        due_at = (today + timedelta(seconds=number)).isoformat()
        yield {
            "pk": {"S": f"usual{number:08}"},
            "sk": {"S": "SUBSCRIPTION"},
            "due_date": {"S": due_at[:10]},
            "due_at": {"S": due_at},
            "period": {"N": "24"},
            "msisdn": {"S": f"447700900{number % 1000:03}"},
            "amount": {"S": "4.50"},
            "product": {"S": "202"},
        }


def _ample() -> int:
    return 900_000


class UsualDesign:
    """One Lambda function, once a day."""

    def __init__(self, engine: Updating, provider_url: str, today: datetime) -> None:
        self._engine = engine
        self._url = f"{provider_url}/dcb/SendBill"
        self._today = today.astimezone(UTC).date().isoformat()
        self._session = requests.Session()
        self._bill = self._made_idempotent()
        self.failed = 0

    def run(self) -> int:
        """Bill whoever is due today; returns how many were billed."""
        billed = 0
        for subscription in list(self._due()):
            try:
                self._bill(order={**subscription, "id": subscription["pk"]["S"], "period": subscription["period"]["N"]})
            except Exception:  # so that one failure does not end the run; it stays due, and the next run repeats it
                self.failed += 1
            else:
                billed += 1
        return billed

    def _due(self) -> Iterator[Item]:
        given: dict[str, Any] = {
            "TableName": TABLE,
            "IndexName": INDEX,
            "KeyConditionExpression": "due_date = :today",
            "ExpressionAttributeValues": {":today": {"S": self._today}},
            "Limit": 100,
        }
        while True:
            page = self._engine.query(**given)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            given["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _made_idempotent(self) -> Callable[..., object]:
        store = DynamoDBPersistenceLayer(
            IDEMPOTENCY_TABLE,
            key_attr="pk",
            sort_key_attr="sk",
            static_pk_value="bill",
            boto3_client=self._engine.as_client(),
        )
        config = IdempotencyConfig(event_key_jmespath="[id, period]", expires_after_seconds=24 * 3600)
        config.register_lambda_context(cast("LambdaContext", SimpleNamespace(get_remaining_time_in_millis=_ample)))

        @idempotent_function(  # type: ignore[untyped-decorator]
            data_keyword_argument="order", persistence_store=store, config=config
        )
        def bill(order: Mapping[str, Any]) -> dict[str, str]:
            answer = self._session.post(
                self._url,
                json={
                    "mx": order["msisdn"]["S"],
                    "amount": order["amount"]["S"],
                    "bpid": order["product"]["S"],
                    "pt": order["id"],
                },
                timeout=TIMEOUT_SECONDS,
            )
            answer.raise_for_status()
            due_at = datetime.fromisoformat(order["due_at"]["S"]) + timedelta(days=30)
            self._engine.update_item(
                TableName=TABLE,
                Key={"pk": order["pk"], "sk": order["sk"]},
                UpdateExpression="SET #period = :period, #due_date = :due_date, #due_at = :due_at",
                ExpressionAttributeNames={"#period": "period", "#due_date": "due_date", "#due_at": "due_at"},
                ExpressionAttributeValues={
                    ":period": {"N": str(int(order["period"]) + 1)},
                    ":due_date": {"S": due_at.isoformat()[:10]},
                    ":due_at": {"S": due_at.isoformat()},
                },
            )
            return {"txid": answer.json()["d"]["txid"]}

        idempotent: Callable[..., object] = bill
        return idempotent
