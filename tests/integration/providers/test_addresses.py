"""Only the configured address is called, and nothing of the machine's surroundings is used for it."""

from pathlib import Path

import pytest

from pinbill.errors import SettingInvalid
from pinbill.providers.http import Answer, Endpoint, Failure, Transport
from tests.integration.providers.raw_server import OK, answering, free_port, raw_server


def transport(url: str) -> Transport:
    return Transport(Endpoint(url, "", connect_timeout=10.0, read_timeout=10.0))


def test_cookies_proxies_and_netrc_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    cookie = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: session=1; Path=/\r\n\r\n")

    with raw_server(answering(cookie, cookie)) as server:
        client = transport(server.url)
        answers = [client.post("/bill", {"X-Key": "k"}, b"{}") for _ in range(2)]

    assert [isinstance(each, Answer) for each in answers] == [True, True]
    heads = [request.lower() for request in server.requests]
    assert len(heads) == 2
    assert not [head for head in heads if b"cookie" in head or b"authorization" in head or b"proxy" in head]
    assert all(b"x-key: k" in head for head in heads)


@pytest.mark.parametrize("path", ["bill", "@provider.invalid/bill", ".provider.invalid/bill", ":1/bill", ""])
def test_nothing_but_the_configured_address_is_called(path: str) -> None:
    with raw_server(answering(OK)) as server:
        failed = transport(server.url).post(path, {}, b"{}")

    assert isinstance(failed, Failure)
    assert failed.not_sent
    assert server.connections == 0


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("ftp://provider.test", "/dcb"),
        ("https://user:pass@provider.test", "/dcb"),
        ("https://provider.test/path", "/dcb"),
        ("https://provider.test?x=1", "/dcb"),
        ("provider.test", "/dcb"),
        ("https://provider.test", "dcb"),
        ("https://provider.test", "/dcb/"),
        ("https://provider.test", "/../dcb?"),
    ],
)
def test_an_endpoint_is_a_plain_address(url: str, prefix: str) -> None:
    with pytest.raises(SettingInvalid) as caught:
        Endpoint(url, prefix)

    assert "pass" not in str(caught.value)


def test_a_last_slash_of_the_base_url_is_no_matter() -> None:
    with raw_server(answering(OK)) as server:
        Transport(Endpoint(server.url + "/", "/dcb")).get("/Method", {}, {"count": "5"})

    assert server.requests[0].startswith(b"GET /dcb/Method?count=5 HTTP/1.1\r\n")
