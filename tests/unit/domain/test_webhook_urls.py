"""Where events may be sent: nothing but public https hosts by name, in whatever clothes an address comes."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.webhook_urls import WebhookUrl, is_public
from pinbill.errors import WebhookUrlInvalid

GOOD = {
    "https://hooks.example.com": WebhookUrl("hooks.example.com", 443, "/"),
    "https://hooks.example.com/": WebhookUrl("hooks.example.com", 443, "/"),
    "https://Hooks.Example.COM:443/pinbill?token=a%20b&c=d": WebhookUrl(
        "hooks.example.com", 443, "/pinbill?token=a%20b&c=d"
    ),
    "https://xn--bcher-kva.example/": WebhookUrl("xn--bcher-kva.example", 443, "/"),
    "https://a.b.c.d.example.xn--p1ai/x": WebhookUrl("a.b.c.d.example.xn--p1ai", 443, "/x"),
    "https://example.com?x=1": WebhookUrl("example.com", 443, "/?x=1"),
}
BAD = [
    "",
    "hooks.example.com",
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "https://",
    "https:///path",
    "https://localhost/",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://0177.0.0.1/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254.",
    "https://1.1.1.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fd00:ec2::254]/",
    "https://[64:ff9b::7f00:1]/",
    "https://user@example.com/",
    "https://user:pass@example.com/",
    "https://example.com@127.0.0.1/",
    "https://example.com:8443/",
    "https://example.com:80/",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://example.com:x/",
    "https://example.com/#fragment",
    "https://example.com#@evil.example/",
    "https://example.com\\@evil.example/",
    "https://example.com./",
    "https://.example.com/",
    "https://example..com/",
    "https://-example.com/",
    "https://exa_mple.com/",
    "https://exämple.com/",
    "https://example.com/ä",
    "https://example.com/a b",
    "https://example.com/\r\nX: y",
    " https://example.com/",
    "https://example.com/\t",
    "https://①②⑦.⓪.⓪.①/",
    "https://example.com/" + "x" * 500,
    "https://" + "a" * 64 + ".com/",
]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - an address to be refused
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "::127.0.0.1",
    "example.com",
    "",
]


@pytest.mark.parametrize("text", GOOD)
def test_a_public_https_address_by_name_is_taken(text: str) -> None:
    assert WebhookUrl.parse(text) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("loopback", [False, True])
def test_anything_else_is_refused(text: str, *, loopback: bool) -> None:
    if loopback and text.startswith(("https://127.0.0.1/", "https://localhost/")):
        pytest.skip("this is what the local stage is for")
    with pytest.raises(WebhookUrlInvalid):
        WebhookUrl.parse(text, loopback=loopback)


@pytest.mark.parametrize("text", ["http://127.0.0.1:8901/hook", "http://localhost:8901/hook?x=1", "https://127.0.0.1/"])
def test_only_the_local_stage_may_call_this_machine(text: str) -> None:
    assert WebhookUrl.parse(text, loopback=True).is_loopback
    with pytest.raises(WebhookUrlInvalid):
        WebhookUrl.parse(text)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_the_public_internet_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_any_other_address_may_not(address: str) -> None:
    assert not is_public(address)


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_judged_alike_in_every_form_that_carries_it(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    carried = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]

    assert {is_public(str(each)) for each in carried} == {is_public(str(plain))}


@given(st.text(max_size=60))
def test_no_text_makes_the_rules_fail(text: str) -> None:
    for prefix in ("", "https://", "https://example.com/", "https://example.com:"):
        try:
            found = WebhookUrl.parse(prefix + text)
        except WebhookUrlInvalid:
            continue
        assert (found.port, found.is_tls) == (443, True)
        assert found.target.isascii()
        assert found.target.startswith("/")
