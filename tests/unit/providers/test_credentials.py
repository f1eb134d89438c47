"""The provider secret: parsed once, never printed, read again after a key was not accepted."""

import json
from dataclasses import dataclass, field

import boto3
import pytest
from moto import mock_aws

from pinbill.aws.access import Aws
from pinbill.errors import SecretUnreadable
from pinbill.providers.credentials import SHORTEST_REREAD_SECONDS, Credentials, SecretsManager

NUMBER_KEY = "ab" * 32
SECRET = {
    "infomedia": {"default": {"key": "im-key", "user": "im-user", "password": "im-pass"}},
    "signzy": {"default": {"access_key": "sz-key"}, "big": {"access_key": "sz-key-2", "client_id": "ops@acme.test"}},
    "number_key": NUMBER_KEY,
}
VALUES = ("im-key", "im-user", "im-pass", "sz-key", "ops@acme.test", NUMBER_KEY)


@dataclass
class FakeSource:
    """Answers `cached`, or `stored` when read past the cache; counts its reads."""

    stored: str = json.dumps(SECRET)
    cached: str = json.dumps(SECRET)
    reads: list[bool] = field(default_factory=list)

    def read(self, fresh: bool) -> str:
        self.reads.append(fresh)
        if fresh:
            self.cached = self.stored
        return self.cached


def test_accounts_are_found_by_name() -> None:
    credentials = Credentials(FakeSource())

    assert credentials.infomedia("default").key.get_secret_value() == "im-key"
    assert credentials.signzy("default").client_id is None
    client_id = credentials.signzy("big").client_id
    assert client_id is not None
    assert client_id.get_secret_value() == "ops@acme.test"
    assert credentials.number_key() == bytes.fromhex(NUMBER_KEY)


def test_no_value_is_in_any_repr() -> None:
    credentials = Credentials(FakeSource())
    shown = [repr(credentials.infomedia("default")), repr(credentials.signzy("big")), repr(credentials)]
    shown += [str(credentials.infomedia("default")), str(credentials.signzy("big")), str(credentials)]

    assert not [value for value in VALUES for text in shown if value in text]


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "not json im-key",
        "[]",
        '{"infomedia": {"default": {"key": "im-key", "user": "im-user"}}}',
        '{"infomedia": {"default": {"key": "im-key", "user": "im-user", "password": ""}}}',
        '{"infomedia": {"default": {"key": "im-key\\n", "user": "im-user", "password": "im-pass"}}}',
        '{"infomedia": {"default": {"key": 17, "user": "im-user", "password": "im-pass"}}}',
        '{"infomedia": {"default": "im-key"}}',
    ],
)
def test_a_secret_that_is_not_valid_is_an_error_without_its_values(secret: str) -> None:
    with pytest.raises(SecretUnreadable) as caught:
        Credentials(FakeSource(cached=secret)).infomedia("default")

    shown = f"{caught.value!r} {caught.value.detail} {caught.value.__cause__!r}"
    assert not [value for value in VALUES if value in shown]
    assert caught.value.__suppress_context__


def test_an_account_that_is_not_in_the_secret_is_named_by_the_error() -> None:
    with pytest.raises(SecretUnreadable, match="'other'"):
        Credentials(FakeSource()).signzy("other")


@pytest.mark.parametrize("key", [None, "", "zz", "ab" * 31])
def test_a_number_key_that_is_missing_or_short_is_an_error_that_leaves_calls_possible(key: str | None) -> None:
    source = FakeSource(cached=json.dumps(SECRET | {"number_key": key}))
    credentials = Credentials(source)

    with pytest.raises(SecretUnreadable):
        credentials.number_key()
    assert credentials.infomedia("default").user.get_secret_value() == "im-user"


def test_a_key_that_was_not_accepted_is_read_anew_at_the_next_use() -> None:
    changed = SECRET | {"signzy": {"default": {"access_key": "sz-new"}}}
    source = FakeSource(stored=json.dumps(changed))
    credentials = Credentials(source)
    assert credentials.signzy("default").access_key.get_secret_value() == "sz-key"

    credentials.forget()

    assert credentials.signzy("default").access_key.get_secret_value() == "sz-new"
    assert source.reads == [False, True]


def test_a_key_that_stays_wrong_does_not_make_every_call_read_the_secret() -> None:
    now = [1000.0]
    source = FakeSource()
    credentials = Credentials(source, monotonic=lambda: now[0])

    for _ in range(5):
        credentials.forget()
        credentials.signzy("default")
    now[0] += SHORTEST_REREAD_SECONDS
    credentials.signzy("default")

    assert source.reads == [True, False, False, False, False, True]


@pytest.mark.parametrize(
    "broken",
    ["not json", "{}", '{"signzy": {}}', json.dumps(SECRET | {"number_key": "short"})],
    ids=["no JSON", "nothing in it", "no account", "short number key"],
)
def test_a_secret_that_was_repaired_serves_the_next_use(broken: str) -> None:
    credentials = Credentials(FakeSource(cached=broken))
    with pytest.raises(SecretUnreadable):
        (credentials.number_key(), credentials.signzy("default"))

    assert credentials.signzy("default").access_key.get_secret_value() == "sz-key"
    assert credentials.number_key() == bytes.fromhex(NUMBER_KEY)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("aws")
def test_secrets_manager_is_read_through_its_cache_and_past_it() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager")
        client.create_secret(Name="pinbill/test", SecretString="one")
        source = SecretsManager("pinbill/test", Aws().secrets_manager)
        first = source.read(fresh=False)
        client.put_secret_value(SecretId="pinbill/test", SecretString="two")

        assert [first, source.read(fresh=False), source.read(fresh=True)] == ["one", "one", "two"]


@pytest.mark.usefixtures("aws")
def test_a_secret_that_is_not_there_is_unreadable_and_found_once_it_is() -> None:
    with mock_aws():
        source = SecretsManager("pinbill/late", Aws().secrets_manager)
        with pytest.raises(SecretUnreadable):
            source.read(fresh=False)
        boto3.client("secretsmanager").create_secret(Name="pinbill/late", SecretString="here")

        assert source.read(fresh=False) == "here"


def test_without_a_region_the_secret_is_unreadable_and_nothing_else_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    with pytest.raises(SecretUnreadable):
        SecretsManager("pinbill/test", Aws().secrets_manager).read(fresh=False)
