"""Our signatures are botocore's, byte for byte."""

import string
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from pinbill.aws.signature import DYNAMODB, KMS, SECRETS_MANAGER, SQS, Service, Signer, host_of

URLS = (
    "https://dynamodb.eu-west-2.amazonaws.com",
    "https://dynamodb-fips.us-gov-west-1.amazonaws.com:443",
    "https://vpce-0123-abcd.dynamodb.eu-west-2.vpce.amazonaws.com:8443",
    "http://127.0.0.1:4566",
    "http://localhost:80/",
    "http://[::1]:8000",
)
REGIONS = ("eu-west-2", "us-gov-west-1")
SECRETS = st.text(string.ascii_letters + string.digits + "+/=", min_size=1, max_size=40)
CREDENTIALS = st.builds(Credentials, SECRETS, SECRETS, st.none() | SECRETS)
SERVICES = (DYNAMODB, KMS, SECRETS_MANAGER, SQS)
OPERATIONS = st.sampled_from(["PutItem", "Query"])
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
TIMES = st.timedeltas(timedelta(), timedelta(days=29_000)).map(lambda later: EARLIEST + later)


def _by_botocore(
    service: Service, url: str, region: str, operation: str, body: bytes, by: Credentials, at: datetime
) -> dict[str, str]:
    """The headers of botocore's own request at that time."""
    stamp = f"{at:%Y%m%dT%H%M%SZ}"
    target = f"{service.api}.{operation}"
    headers = {"Content-Type": service.content_type, "X-Amz-Date": stamp, "X-Amz-Target": target}
    if by.token:
        headers["X-Amz-Security-Token"] = by.token
    request = AWSRequest("POST", url, headers, body)
    request.context["timestamp"] = stamp
    auth = SigV4Auth(by, service.name, region)
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    signed = auth.signed_headers(auth.headers_to_sign(request))
    authorization = f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={signed}, Signature={signature}"
    return {name.lower(): value for name, value in {**headers, "Authorization": authorization}.items()}


def _sent(signer: Signer, operation: str, body: bytes, by: Credentials, at: datetime) -> dict[str, str]:
    lines = signer.head(operation, body, by.get_frozen_credentials(), at).decode().removesuffix("\r\n").split("\r\n")
    return dict(line.split(":", 1) for line in lines)


@given(
    st.sampled_from(SERVICES),
    st.sampled_from(URLS),
    st.sampled_from(REGIONS),
    OPERATIONS,
    st.binary(max_size=200),
    CREDENTIALS,
    TIMES,
)
def test_a_signed_request_is_as_botocores(
    service: Service, url: str, region: str, operation: str, body: bytes, by: Credentials, at: datetime
) -> None:
    sent = _sent(Signer(service, host_of(url), region), operation, body, by, at)
    host = sent.pop("host")
    assert sent == _by_botocore(service, url, region, operation, body, by, at)
    assert host in url


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_is_spoken_to_as_botocore_speaks_to_it(service: Service) -> None:
    model = boto3.client(service.name, region_name=REGIONS[0]).meta.service_model  # type: ignore[call-overload]
    said = model.metadata
    assert said["protocol"] == "json"
    assert (service.api, service.content_type) == (
        said["targetPrefix"],
        f"application/x-amz-json-{said['jsonVersion']}",
    )
    assert service.name == model.signing_name


@given(st.lists(st.tuples(CREDENTIALS, TIMES), min_size=2, max_size=6))
def test_a_signer_that_kept_a_key_signs_as_a_new_one(uses: list[tuple[Credentials, datetime]]) -> None:
    kept = Signer(KMS, "localhost", REGIONS[0])
    for by, at in [*uses, *uses]:
        assert _sent(kept, "T", b"{}", by, at) == _sent(Signer(KMS, "localhost", REGIONS[0]), "T", b"{}", by, at)


def test_the_key_follows_the_day_and_the_credentials() -> None:
    signer, at = Signer(KMS, "localhost", REGIONS[0]), datetime(2026, 11, 5, 23, 59, 59, tzinfo=UTC)
    first, second = Credentials("A", "first"), Credentials("A", "second")
    uses = [(first, at), (first, at + timedelta(seconds=1)), (second, at), (first, at)]
    for by, when in uses:
        sent = _sent(signer, "T", b"{}", by, when)
        theirs = _by_botocore(KMS, "http://localhost", REGIONS[0], "T", b"{}", by, when)
        assert sent["authorization"] == theirs["authorization"]


@pytest.mark.parametrize("url", URLS)
def test_the_host_is_the_one_that_botocore_signs(url: str) -> None:
    request = AWSRequest("POST", url, {}, b"")
    assert SigV4Auth(Credentials("A", "B"), "kms", REGIONS[0]).headers_to_sign(request)["host"] == host_of(url)
