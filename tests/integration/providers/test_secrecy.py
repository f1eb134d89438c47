"""No number, PIN, key or mandate is in a log line, a result or a repr, whatever goes wrong."""

import logging
from typing import Any

import pytest

from pinbill.providers.infomedia.client import InfomediaClient
from pinbill.providers.signzy.client import SignzyClient
from tests.integration.providers.raw_server import Script, answering, raw_server, resetting
from tests.integration.providers.rig import NUMBER, SECRET, Rig, infomedia_client, signzy_client

PIN, MANDATE = "918273", "7700112233"
SECRETS = [
    NUMBER[1:],
    NUMBER[3:],
    PIN,
    MANDATE,
    "sandbox-key",
    "sandbox-user",
    "sandbox-pass",
    "sandbox-access-key",
    "ops@acme.test",
]


def everything(rig: Rig, infomedia: InfomediaClient, signzy: SignzyClient) -> list[object]:
    """One of every call, with what it was given and what it came to."""
    orders = [rig.bill_order(), rig.bill_order(PIN), rig.charge_order(MANDATE)]
    check, query, subscriber = rig.pin_check(PIN), rig.query(MANDATE), rig.subscriber()
    return [
        infomedia.bill(orders[0]),
        infomedia.bill(orders[1]),
        infomedia.send_pin(rig.pin_order()),
        infomedia.check_pin(check),
        infomedia.log_activity(subscriber, "SUB1"),
        infomedia.close_activity(subscriber, "SUB1"),
        signzy.bill(orders[2]),
        signzy.find_payment(query),
        signzy.find_payment(rig.query(MANDATE, "5000001")),
        orders[:2],
        check,
        infomedia,
        signzy,
    ]


def test_the_secrets_that_are_looked_for_are_those_in_use() -> None:
    used = [*SECRET["infomedia"]["default"].values(), *SECRET["signzy"]["default"].values()]

    assert set(used) <= set(SECRETS)


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("missing_txid", {}),
    ("hang", {}),
    ("drop_before_debit", {"how": "rst"}),
    ("http_500", {}),
    ("garbage", {}),
    ("truncated", {"how": "body"}),
    ("truncated", {"how": "connection"}),
    ("wrong_json", {}),
    ("redirect", {}),
    ("throttle", {}),
    ("refuse", {}),
    ("string_types", {}),
]


@pytest.mark.parametrize(("fault", "args"), FAULTS, ids=[f"{name}{args or ''}" for name, args in FAULTS])
def test_a_failing_call_shows_no_secret(
    rig: Rig, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], fault: str, args: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    rig.mandate(reference=int(MANDATE))
    rig.fault(fault, **args)

    hasty = rig.awaiting(fault)
    shown = everything(rig, hasty.infomedia, hasty.signzy)

    _check(shown, caplog, capfd)
    assert rig.arrived("GetPayment")  # the last one
    assert len({call["method"] for call in rig.calls()}) == 9


HEADERS_WITH_A_DEFECT = b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\n{}"
TRANSPORTS: dict[str, Script] = {
    "reset": resetting,
    "no HTTP": answering(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "headers with a defect": answering(HEADERS_WITH_A_DEFECT),
    "echo in the headers": answering(
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\nX-Echo: " + PIN.encode() + b"\r\n\r\n{}"
    ),
}


@pytest.mark.parametrize("script", TRANSPORTS.values(), ids=TRANSPORTS)
def test_a_broken_connection_shows_no_secret(
    rig: Rig,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    script: Script,
) -> None:
    caplog.set_level(logging.DEBUG)
    with raw_server(script) as server:
        shown = everything(rig, infomedia_client(server.url), signzy_client(server.url))

    _check(shown, caplog, capfd)
    assert len(server.requests) == 9


def test_a_server_that_is_not_there_shows_no_secret(
    rig: Rig, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for url in ("http://127.0.0.1:1", "https://provider.invalid"):
        _check(everything(rig, infomedia_client(url), signzy_client(url)), caplog, capfd)


def _check(shown: list[object], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    out, err = capfd.readouterr()
    logged = "\n".join(f"{record.getMessage()} {record.exc_text or ''} {record.args}" for record in caplog.records)
    texts = [logged, caplog.text, out, err, *map(repr, shown), *map(str, shown)]
    assert not [secret for secret in SECRETS for text in texts if secret in text]
