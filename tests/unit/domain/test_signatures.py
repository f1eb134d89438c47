"""Signatures by the Standard Webhooks specification: its own vector, and what it asks of rotation."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from pinbill.domain.signatures import SECRET_BYTES, secret_text, signed_headers

# The vector of the specification's own libraries ("sign function works"), the same in each of their languages, for
# example in libraries/javascript/src/webhook.test.ts of github.com/standard-webhooks/standard-webhooks.
SECRET = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_specifications_own_vector() -> None:
    headers = signed_headers([SECRET], MESSAGE, AT, BODY)

    assert headers == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_each_secret_signs_and_signatures_stand_apart_by_a_space() -> None:
    other = bytes(SECRET_BYTES)

    first, second = signed_headers([other, SECRET], MESSAGE, AT, BODY)["webhook-signature"].split(" ")

    expected = hmac.new(other, b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + BODY, hashlib.sha256).digest()
    assert (first, second) == ("v1," + base64.b64encode(expected).decode(), SIGNATURE)


def test_a_time_is_told_in_whole_seconds() -> None:
    headers = signed_headers([SECRET], MESSAGE, AT.replace(microsecond=999_999), BODY)

    assert headers["webhook-timestamp"] == "1614265330"


def test_a_secret_is_shown_in_the_specifications_form() -> None:
    assert secret_text(SECRET) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert 24 <= SECRET_BYTES <= 64
