"""Settings: every variable that is missing or wrong is named, and no value is ever shown."""

from __future__ import annotations

from datetime import time

import pytest

from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Pace, Window
from pinbill.errors import SettingInvalid
from pinbill.settings import (
    AllowanceSettings,
    BillWorkerSettings,
    DispatchSettings,
    PartnerClassSettings,
    ProviderSettings,
    QuotaSettings,
    Settings,
    ShardSettings,
    TableSettings,
)

GOOD: dict[type[Settings], dict[str, str]] = {
    TableSettings: {"PINBILL_STAGE": "sandbox", "PINBILL_TABLE": "pinbill-table"},
    ShardSettings: {"PINBILL_DUE_SHARDS": "4"},
    ProviderSettings: {
        "PINBILL_STAGE": "sandbox",
        "PINBILL_PROVIDER_SECRET": "pinbill/sandbox/providers",
        "PINBILL_INFOMEDIA_BASE_URL": "https://infomedia.example",
        "PINBILL_INFOMEDIA_PREFIX": "/dcbsb",
        "PINBILL_SIGNZY_BASE_URL": "https://api-preproduction.signzy.app",
        "PINBILL_SIGNZY_PREFIX": "/api/v3/eNach/eMandates",
        "PINBILL_PROVIDER_CONNECT_TIMEOUT": "3",
        "PINBILL_PROVIDER_READ_TIMEOUT": "20.5",
    },
    QuotaSettings: {
        "PINBILL_BILL_QUEUE_URL": "https://sqs.example/queue",
        "PINBILL_INFOMEDIA_RATE": "5",
        "PINBILL_SIGNZY_RATE": "0.5",
    },
    DispatchSettings: {"PINBILL_RUN_INTERVAL": "300"},
    BillWorkerSettings: {
        "PINBILL_WORKER_THREADS": "16",
        "PINBILL_PROVIDER_CONNECT_TIMEOUT": "3",
        "PINBILL_PROVIDER_READ_TIMEOUT": "60",
    },
}
EVERY = [(part, name) for part, variables in GOOD.items() for name in variables]
WRONG = {
    "PINBILL_STAGE": ["prod", "Production", ""],
    "PINBILL_TABLE": ["", "x"],
    "PINBILL_DUE_SHARDS": ["0", "65", "4.5", "four"],
    "PINBILL_PROVIDER_SECRET": [""],
    "PINBILL_INFOMEDIA_BASE_URL": ["infomedia.example", "https://x/", "https://x/y", "https://u:p@x", "ftp://x"],
    "PINBILL_INFOMEDIA_PREFIX": ["dcbsb", "/dcbsb/", "/../x", ""],
    "PINBILL_SIGNZY_BASE_URL": ["", "https://x?y", "https://x:port"],
    "PINBILL_SIGNZY_PREFIX": ["/a//b", "/a b"],
    "PINBILL_PROVIDER_CONNECT_TIMEOUT": ["0", "-1", "soon"],
    "PINBILL_PROVIDER_READ_TIMEOUT": ["0", ""],
    "PINBILL_BILL_QUEUE_URL": ["queue", ""],
    "PINBILL_INFOMEDIA_RATE": ["0", "-5", "fast", "inf", "nan"],
    "PINBILL_SIGNZY_RATE": ["0"],
    "PINBILL_RUN_INTERVAL": ["59", "401", "300.5"],
    "PINBILL_WORKER_THREADS": ["0", "65"],
}


@pytest.mark.parametrize("part", GOOD, ids=lambda part: part.__name__)
def test_good_variables_are_taken(part: type[Settings]) -> None:
    loaded = part.load(GOOD[part] | {"PINBILL_OTHER": "x", "PATH": "x"})

    assert {f"PINBILL_{name.upper()}" for name in type(loaded).model_fields} >= set(GOOD[part])


@pytest.mark.parametrize(("part", "name"), EVERY, ids=lambda value: getattr(value, "__name__", value))
def test_a_missing_variable_is_named(part: type[Settings], name: str) -> None:
    variables = {known: value for known, value in GOOD[part].items() if known != name}

    with pytest.raises(SettingInvalid, match=name):
        part.load(variables)


@pytest.mark.parametrize(("part", "name"), EVERY, ids=lambda value: getattr(value, "__name__", value))
def test_a_wrong_variable_is_named_without_its_value(part: type[Settings], name: str) -> None:
    for value in WRONG[name]:
        with pytest.raises(SettingInvalid, match=name) as caught:
            part.load(GOOD[part] | {name: value})

        assert len(value) < 5 or value not in caught.value.detail
        assert caught.value.__suppress_context__


def test_a_value_that_looks_like_a_credential_stays_out_of_the_error() -> None:
    with pytest.raises(SettingInvalid) as caught:
        ProviderSettings.load(
            GOOD[ProviderSettings] | {"PINBILL_INFOMEDIA_BASE_URL": "https://user:s3cret-word@infomedia.example"}
        )

    assert "s3cret-word" not in f"{caught.value!r} {caught.value.detail}"


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingInvalid) as caught:
        QuotaSettings.load({"PINBILL_INFOMEDIA_RATE": "0", "PINBILL_SIGNZY_WINDOWS": "soon"})

    assert caught.value.detail.count("PINBILL_") == 4


@pytest.mark.parametrize(("stage", "allowed"), [("local", 1), ("sandbox", 1), ("staging", 0), ("production", 0)])
def test_a_test_clock_exists_only_where_nobody_is_billed_for_real(stage: str, allowed: bool) -> None:
    variables = {"PINBILL_STAGE": stage, "PINBILL_TABLE": "pinbill-table", "PINBILL_TEST_CLOCK": "true"}

    if allowed:
        assert TableSettings.load(variables).test_clock is True
    else:
        with pytest.raises(SettingInvalid, match="PINBILL_TEST_CLOCK"):
            TableSettings.load(variables)


PRODUCTS = {
    "simulated": ("/dcbsb", "http://127.0.0.1:8420"),
    "sandbox": ("/dcbsb", "https://api-preproduction.signzy.app"),
    "production": ("/dcb", "https://api.signzy.app"),
}
BILLED_AT = [("local", "simulated"), ("sandbox", "sandbox"), ("staging", "sandbox"), ("production", "production")]


def providers(stage: str, **other: str) -> dict[str, str]:
    """The variables of a stage that bills where it should, but for these."""
    prefix, signzy = PRODUCTS[dict(BILLED_AT)[stage]]
    infomedia = "http://127.0.0.1:8420" if stage == "local" else "https://infomedia.example"
    return (
        GOOD[ProviderSettings]
        | {"PINBILL_STAGE": stage, "PINBILL_INFOMEDIA_PREFIX": prefix}
        | {"PINBILL_INFOMEDIA_BASE_URL": infomedia, "PINBILL_SIGNZY_BASE_URL": signzy}
        | other
    )


@pytest.mark.parametrize("stage", dict(BILLED_AT))
def test_each_stage_bills_at_its_own_products(stage: str) -> None:
    assert ProviderSettings.load(providers(stage)).stage == stage


@pytest.mark.parametrize(
    ("stage", "name", "value"),
    [
        ("production", "PINBILL_INFOMEDIA_PREFIX", "/dcbsb"),
        ("production", "PINBILL_SIGNZY_BASE_URL", "https://api-preproduction.signzy.app"),
        ("production", "PINBILL_SIGNZY_BASE_URL", "http://127.0.0.1:8420"),
        ("production", "PINBILL_INFOMEDIA_BASE_URL", "http://127.0.0.1:8420"),
        ("staging", "PINBILL_INFOMEDIA_BASE_URL", "http://localhost:8420"),
        ("sandbox", "PINBILL_SIGNZY_BASE_URL", "http://127.0.0.1:8420"),
        ("sandbox", "PINBILL_INFOMEDIA_PREFIX", "/dcb"),
        ("sandbox", "PINBILL_SIGNZY_BASE_URL", "https://api.signzy.app"),
        ("local", "PINBILL_INFOMEDIA_PREFIX", "/dcb"),
        ("local", "PINBILL_SIGNZY_BASE_URL", "https://api.signzy.app"),
    ],
)
def test_a_stage_that_would_bill_whom_it_must_not_does_not_start(stage: str, name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name):
        ProviderSettings.load(providers(stage, **{name: value}))


@pytest.mark.parametrize("use", ["READS", "WRITES"])
def test_an_allowance_of_a_day_is_not_less_than_that_of_a_minute(use: str) -> None:
    figures = {f"PINBILL_{each}_A_{span}": "100" for each in ("READS", "WRITES") for span in ("MINUTE", "DAY")}

    with pytest.raises(SettingInvalid, match=f"PINBILL_{use}_A_DAY"):
        AllowanceSettings.load(figures | {f"PINBILL_{use}_A_DAY": "99"})


def test_without_a_word_about_it_there_is_no_test_clock() -> None:
    assert TableSettings.load(GOOD[TableSettings]).test_clock is False


def test_what_is_loaded_cannot_be_changed() -> None:
    loaded = ShardSettings.load(GOOD[ShardSettings])

    with pytest.raises(ValueError, match="frozen"):
        loaded.due_shards = 8  # type: ignore[misc]  # what is tested


UPI = "Asia/Kolkata 00:00-10:00 13:00-17:00 21:30-00:00"


def test_windows_are_a_zone_and_times_of_day() -> None:
    signzy = QuotaSettings.load(GOOD[QuotaSettings] | {"PINBILL_SIGNZY_WINDOWS": UPI}).paces[RailName.SIGNZY]

    assert signzy.zone == "Asia/Kolkata"
    assert signzy.windows[2] == Window(time(21, 30), time(0))
    assert QuotaSettings.load(GOOD[QuotaSettings]).paces[RailName.INFOMEDIA] == Pace(5)


@pytest.mark.parametrize(
    "windows",
    [
        "00:00-10:00",
        "Asia/Kolkata",
        "Asia/Nowhere 00:00-10:00",
        "UTC 10-12",
        "UTC 10:00-25:00",
        "UTC 10:00-10:00",
        "UTC 9:00-10:00",
    ],
)
def test_other_windows_are_refused_with_what_is_expected(windows: str) -> None:
    with pytest.raises(SettingInvalid, match=r"PINBILL_SIGNZY_WINDOWS: .*expected"):
        QuotaSettings.load(GOOD[QuotaSettings] | {"PINBILL_SIGNZY_WINDOWS": windows})


@pytest.mark.parametrize("classes", ["acme", "acme=Large", "acme=a beta=b c0=c d0=d e0=e f0=f", "acme=a acme=b"])
def test_classes_of_partners_that_cannot_be_read_are_refused_by_name(classes: str) -> None:
    with pytest.raises(SettingInvalid, match="PINBILL_PARTNER_CLASSES: ") as caught:
        PartnerClassSettings.load({"PINBILL_PARTNER_CLASSES": classes})

    assert caught.value.__suppress_context__


def test_classes_of_partners_may_be_left_out() -> None:
    assert PartnerClassSettings.load({}).classes.of("acme") == "standard"
    assert PartnerClassSettings.load({"PINBILL_PARTNER_CLASSES": "acme=large"}).classes.of("acme") == "large"
