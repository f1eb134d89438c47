"""The search for planted numbers and secrets finds each of them in each form: one that finds nothing proves nothing."""

import base64
import hashlib
import json
import zlib
from urllib.parse import quote

import pytest

from pinbill.store.redo import RedoLog
from pinbill.store.table import Put
from tests.e2e.canary import Hit, hits, unpacked

E164, DIGITS, NATIONAL = "+447700900123", "447700900123", "07700900123"
SECRET = "whsec_9f8e7d6c5b4a"
NOISE = '{"id": "69a1b2c30123456789abcdef", "at": 1794567890123456, "text": "%s", "more": "5f1c9a"}'

FORMS = {
    "E.164": E164,
    "national": NATIONAL,
    "0044": f"00{DIGITS}",
    "spaced": "+44 7700 900 123",
    "spaced with its trunk zero": "(07700) 900123",
    "dashed": "07700-900-123",
    "base64": base64.b64encode(E164.encode()).decode(),
    "base64 within something else": base64.b64encode(f'{{"a": 1, "msisdn": "{DIGITS}"}}'.encode()).decode(),
    "base64 for URLs, one on": base64.urlsafe_b64encode(f"x{NATIONAL}?>".encode()).decode(),
    "hex": E164.encode().hex(),
    "upper-case hex": NATIONAL.encode().hex().upper(),
    "URL": quote(E164, safe=""),
    "URL, every character": "".join(f"%{byte:02X}" for byte in NATIONAL.encode()),
    "reversed": E164[::-1],
    "md5": hashlib.md5(DIGITS.encode(), usedforsecurity=False).hexdigest(),
    "sha1": hashlib.sha1(E164.encode(), usedforsecurity=False).hexdigest(),
    "sha256": hashlib.sha256(NATIONAL.encode()).hexdigest(),
    "sha256 in base64": base64.b64encode(hashlib.sha256(E164.encode()).digest()).decode(),
    "a part, seven digits": E164[-7:],
    "a part, eleven digits": DIGITS[:-1],
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_number_is_found_in_every_form(form: str) -> None:
    assert hits(NOISE % FORMS[form]) != []


SECRET_FORMS = {
    "plain": SECRET,
    "base64": base64.b64encode(f"key={SECRET}".encode()).decode(),
    "hex": SECRET.encode().hex(),
    "URL": quote(f"a b {SECRET}"),
    "reversed": SECRET[::-1],
    "md5": hashlib.md5(SECRET.encode(), usedforsecurity=False).hexdigest(),
    "sha1": hashlib.sha1(SECRET.encode(), usedforsecurity=False).hexdigest(),
    "sha256": hashlib.sha256(SECRET.encode()).hexdigest(),
}


@pytest.mark.parametrize("form", sorted(SECRET_FORMS))
def test_a_secret_is_found_in_every_form(form: str) -> None:
    assert hits(NOISE % SECRET_FORMS[form], [SECRET]) != []
    assert hits(NOISE % SECRET_FORMS[form], ["another secret"]) == []


def test_of_a_callback_token_the_hash_may_be_kept_and_nothing_else() -> None:
    token = "Zk3pQ9sLm2Xy7TcA-k3pQ9sLm2Xy7Tc_"
    assert hits(NOISE % hashlib.sha256(token.encode()).hexdigest(), [token]) == []
    assert hits(NOISE % token, [token]) != []


def test_an_api_key_is_found_without_being_told_of_it() -> None:
    key = f"pinbill_local_{'a' * 10}{'b' * 30}cccccc"
    assert hits(NOISE % key) == [Hit("plain API key", "pinbill_loca")]


@pytest.mark.parametrize(
    "text",
    [
        "+44********23",
        "7700901",
        "900123",
        "1794567890123456",
        "69a1b2c30123456789abcdef",
        hashlib.sha256(b"+447700901123").hexdigest(),
        "4.50 GBP, 2026-11-05T10:00:00.123456Z#SUB1",
    ],
)
def test_what_is_no_number_of_the_range_is_passed_over(text: str) -> None:
    assert hits(NOISE % text) == []


def test_every_text_of_a_row_is_looked_at_also_what_is_packed_in_it() -> None:
    packed = base64.b85encode(zlib.compress(json.dumps([E164]).encode(), 9)).decode()
    row = {"M": {"a": {"L": [{"S": packed}, {"B": NATIONAL.encode()}, {"N": "5"}]}}}
    found = [hit for text in unpacked(row) for hit in hits(text)]
    assert {hit.form for hit in found} >= {"plain E.164", "plain national"}


@pytest.mark.parametrize("value", [E164, NATIONAL.encode(), {"in": [E164]}], ids=["text", "bytes", "deeper"])
def test_what_a_redo_line_holds_packed_is_looked_at(value: object) -> None:
    lines: list[str] = []
    log = RedoLog(lines.append)
    log.note([Put({"pk": "P#acme#S#SUB1", "sk": "SUB", "told": value})], "W1")
    log.flush()
    assert [hit for line in lines for text in unpacked(line) for hit in hits(text)]


def test_a_hit_does_not_repeat_what_it_found() -> None:
    assert not [hit for text in FORMS.values() for hit in hits(text) if "900123" in hit.start]
