"""The local AWS holds a role to leading keys and encryption contexts, and writes down who asked for what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.world import LocalAws, Ports
from local.world.environment import REGION
from tests.contracts.engines import create_table

TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
MINE, OTHERS = {"pk": {"S": "MINE#1"}, "sk": {"S": "A"}}, {"pk": {"S": "OTHERS#1"}, "sk": {"S": "A"}}


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calls") / "calls.jsonl"


@pytest.fixture(scope="module")
def aws(calls: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), Ports.free().aws, calls) as aws:
        yield aws


@pytest.fixture(scope="module")
def table(aws: LocalAws) -> str:
    return create_table(aws.client("dynamodb"))


@pytest.fixture(scope="module")
def keeper(aws: LocalAws, table: str) -> boto3.Session:
    """The credentials of a role that may read and write rows of MINE# only, and use keys for one thing."""
    rows = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["MINE#*"]}}
    context = {"StringEquals": {"kms:EncryptionContext:for": "tests"}}
    actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": f"arn:aws:dynamodb:*:*:table/{table}", "Condition": rows},
        {"Effect": "Allow", "Action": ["kms:GenerateDataKey"], "Resource": "*", "Condition": context},
        {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"},
    ]
    iam = aws.client("iam")
    role = iam.create_role(RoleName="keeper", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="keeper", PolicyName="rows", PolicyDocument=document)
    found = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    return boto3.Session(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], REGION)


def asked(aws: LocalAws, keeper: boto3.Session, service: str, operation: str, **given: Any) -> str:
    """ "yes", or the code of the refusal."""
    make: Any = keeper.client
    try:
        getattr(make(service, endpoint_url=aws.url), operation)(**given)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "yes"


def test_a_role_reaches_rows_of_its_own_keys_only(aws: LocalAws, keeper: boto3.Session, table: str) -> None:
    def query(key: str) -> str:
        values = {":pk": {"S": key}}
        given = {"TableName": table, "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values}
        return asked(aws, keeper, "dynamodb", "query", **given)

    assert asked(aws, keeper, "dynamodb", "put_item", TableName=table, Item=MINE) == "yes"
    assert asked(aws, keeper, "dynamodb", "get_item", TableName=table, Key=MINE) == "yes"
    assert query("MINE#1") == "yes"
    assert asked(aws, keeper, "dynamodb", "put_item", TableName=table, Item=OTHERS) == "AccessDeniedException"
    assert asked(aws, keeper, "dynamodb", "get_item", TableName=table, Key=OTHERS) == "AccessDeniedException"
    assert query("OTHERS#1") == "AccessDeniedException"


def test_a_transaction_is_refused_for_one_row_of_another_key(aws: LocalAws, keeper: boto3.Session, table: str) -> None:
    def write(*items: Any) -> str:
        puts = [{"Put": {"TableName": table, "Item": item}} for item in items]
        return asked(aws, keeper, "dynamodb", "transact_write_items", TransactItems=puts)

    assert write(MINE) == "yes"
    assert write(MINE, OTHERS) == "AccessDeniedException"


def test_a_key_is_used_for_what_its_context_says_only(aws: LocalAws, keeper: boto3.Session) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]

    def new_key(**context: str) -> str:
        given = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}
        return asked(aws, keeper, "kms", "generate_data_key", **given)

    assert new_key(**{"for": "tests"}) == "yes"
    assert new_key(**{"for": "something else"}) == "AccessDeniedException"


def test_a_batch_of_messages_is_allowed_as_a_message_is(aws: LocalAws, keeper: boto3.Session) -> None:
    url = aws.client("sqs").create_queue(QueueName="batches")["QueueUrl"]
    entries = [{"Id": "1", "MessageBody": "x"}]

    assert asked(aws, keeper, "sqs", "send_message_batch", QueueUrl=url, Entries=entries) == "yes"


def test_every_call_of_a_role_is_written_down_once_and_none_of_an_operator(
    aws: LocalAws, keeper: boto3.Session, table: str, calls: Path
) -> None:
    for _ in range(2):
        asked(aws, keeper, "dynamodb", "get_item", TableName=table, Key=MINE)
    asked(aws, keeper, "dynamodb", "get_item", TableName=table, Key=OTHERS)
    aws.client("dynamodb").get_item(TableName=table, Key={**OTHERS, "sk": {"S": "operator"}})

    noted = [json.loads(line) for line in calls.read_text().splitlines()]

    reads = [call for call in noted if call["action"] == "dynamodb:GetItem"]
    assert {call["role"] for call in noted} == {"keeper"}
    assert {(*call["keys"], call["denied"]) for call in reads} == {("MINE#1", False), ("OTHERS#1", True)}
    assert len(reads) == 2
