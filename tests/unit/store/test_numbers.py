"""What finds a number or a mandate without naming it."""

from pinbill.store.numbers import Numbers
from tests.fakes.samples import msisdn


def test_a_fingerprint_is_half_of_the_keyed_hash_of_the_number() -> None:
    numbers = Numbers(lambda: b"key")
    # openssl dgst -sha256 -hmac key
    assert numbers.fingerprint(msisdn(123)) == "d828cfeae6a562ec193d32362a3e2d4a"


def test_fingerprints_differ_by_number_and_by_key() -> None:
    one, other = Numbers(lambda: b"key"), Numbers(lambda: b"another key")
    fingerprints = {one.fingerprint(msisdn(1)), one.fingerprint(msisdn(2)), other.fingerprint(msisdn(1))}
    assert len(fingerprints) == 3


def test_a_mandates_fingerprint_has_sixteen_characters_and_is_that_of_no_number() -> None:
    numbers = Numbers(lambda: b"key")
    number = msisdn(1)
    fingerprint = numbers.of_mandate(number.e164)
    assert len(fingerprint) == 16
    assert fingerprint != numbers.of_mandate("900000001")
    assert not bytes.fromhex(numbers.fingerprint(number)).startswith(fingerprint.encode()[:4])


def test_the_key_is_fetched_at_its_first_use_and_once() -> None:
    fetched: list[bytes] = []

    def key() -> bytes:
        fetched.append(b"key")
        return b"key"

    numbers = Numbers(key)
    assert fetched == []
    numbers.fingerprint(msisdn(1))
    numbers.of_mandate("900000001")
    assert fetched == [b"key"]


def test_the_key_is_not_shown() -> None:
    numbers = Numbers(lambda: b"a secret key")
    numbers.fingerprint(msisdn(1))
    assert "secret" not in repr(numbers)
