"""What is taken from Lambda's environment is what boto3 would find there, and whatever is unusual is left to boto3."""

import boto3
import pytest

from pinbill.aws.lambda_environment import ENDPOINTS, LEFT_TO_BOTO3, LambdaEnvironment
from pinbill.aws.signature import DYNAMODB, KMS, SECRETS_MANAGER, SQS, Service

LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "pinbill-read",
    "AWS_REGION": "eu-west-2",
    "AWS_DEFAULT_REGION": "eu-west-2",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "no-secret",
    "AWS_SESSION_TOKEN": "no-token",
}


@pytest.mark.parametrize("region", ["eu-west-2", "us-east-1", "ap-southeast-3", "me-central-1", "il-central-1"])
@pytest.mark.parametrize("service", [DYNAMODB, KMS, SECRETS_MANAGER, SQS], ids=lambda service: service.name)
def test_the_address_the_region_and_the_keys_are_those_of_boto3(
    service: Service, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = LAMBDA | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    client = session.client(service.name)  # type: ignore[call-overload]
    theirs = session.get_credentials()
    assert theirs is not None

    found = LambdaEnvironment.found(environ)

    assert found is not None
    assert (found.address(service), found.region) == (client.meta.endpoint_url, client.meta.region_name)
    keys = theirs.get_frozen_credentials()
    assert (found.keys.access_key, found.keys.secret_key, found.keys.token) == (
        keys.access_key,
        keys.secret_key,
        keys.token,
    )


def test_an_endpoint_of_ours_is_taken_as_it_is() -> None:
    found = LambdaEnvironment.found(LAMBDA | {"AWS_ENDPOINT_URL": "http://other"}, "http://127.0.0.1:4566")

    assert found is not None
    assert found.address(DYNAMODB) == found.address(KMS) == "http://127.0.0.1:4566"


@pytest.mark.parametrize("name", [*LEFT_TO_BOTO3, *ENDPOINTS])
def test_what_lambda_does_not_set_is_left_to_boto3(name: str) -> None:
    assert LambdaEnvironment.found(LAMBDA | {name: "anything"}) is None


@pytest.mark.parametrize("name", ["AWS_LAMBDA_FUNCTION_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_what_is_missing_is_left_to_boto3(name: str) -> None:
    assert LambdaEnvironment.found({key: value for key, value in LAMBDA.items() if key != name}) is None


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1", "local", ""])
def test_the_regions_of_other_partitions_are_left_to_boto3(region: str) -> None:
    assert LambdaEnvironment.found(LAMBDA | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}) is None


def test_no_key_is_in_a_repr() -> None:
    shown = repr(LambdaEnvironment.found(LAMBDA))

    assert "no-secret" not in shown
    assert "no-token" not in shown
