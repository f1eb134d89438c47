"""Telemetry: every observation is a log line, counts are written once, libraries do not talk."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pinbill.entrypoints.telemetry import TALKATIVE, LogTelemetry, crash
from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.telemetry import Observation
from tests.unit.entrypoints.rest_api import Log

NUMBER = "+447700900123"


@pytest.fixture
def levels() -> Iterator[None]:
    """The levels of the root logger and of the libraries, as they were."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in TALKATIVE)]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_observation_is_a_log_line_with_its_fields_and_dimensions() -> None:
    log = Log()

    LogTelemetry(log.logger()).observe(Observation.ATTEMPT_SETTLED, 1, {"rail": "signzy"}, attempt="SUB1-1", code="00")

    [line] = log.lines
    assert (line["message"], line["rail"], line["attempt"], line["code"]) == (
        "AttemptSettled",
        "signzy",
        "SUB1-1",
        "00",
    )


def test_a_log_line_goes_without_the_class_of_its_partner_which_it_names() -> None:
    log = Log()

    which = {"rail": "signzy", "partner_class": "large"}
    LogTelemetry(log.logger()).observe(Observation.ATTEMPT_SETTLED, 1, which, partner="acme")

    [line] = log.lines
    assert (line["rail"], line["partner"], "partner_class" in line) == ("signzy", "acme", False)


def test_what_is_counted_is_added_up_and_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = LogTelemetry(Log().logger())
    for guard, value in (("number", 1), ("number", 2), ("prefix", 1)):
        telemetry.observe(Observation.SMS_REFUSED, value, {"guard": guard})
    telemetry.measure(Measure.AMOUNT_PAID, 4.5, {"rail": "infomedia", "currency": "GBP"})
    telemetry.measure(Measure.AMOUNT_PAID, 0.3, {"rail": "infomedia", "currency": "GBP"})

    telemetry.flush()
    telemetry.flush()

    written = [(line.get("guard"), line.get("SmsRefused"), line.get("AmountPaid")) for line in metrics(capsys)]
    assert written == [("number", 3, None), ("prefix", 1, None), (None, None, 4.8)]


def test_what_is_measured_is_kept_value_by_value(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = LogTelemetry(Log().logger())
    for milliseconds in (120, 80, 120):
        telemetry.measure(Measure.PROVIDER_MILLISECONDS, milliseconds, {"rail": "signzy", "operation": "Charge"})

    telemetry.flush()

    assert [line["ProviderMilliseconds"] for line in metrics(capsys)] == [[120, 80, 120]]


def test_what_is_measured_is_no_log_line() -> None:
    log = Log()

    LogTelemetry(log.logger()).measure(Measure.OWED, 1, {"rail": "signzy"})

    assert log.lines == []


def test_metrics_of_the_same_dimensions_share_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logger = Log().logger()
    telemetry = LogTelemetry(logger)
    telemetry.measure(Measure.RUN_SECONDS, 0.1239, {"mode": "run"})
    telemetry.measure(Measure.HANDED_OUT, 7, {"rail": "signzy"})
    telemetry.observe(Observation.RUN_FINISHED, 1, {"mode": "run"}, subscriptions=7)
    before = int(time.time() * 1000)

    telemetry.flush()

    run, rail = metrics(capsys)
    stamps = [line["_aws"].pop("Timestamp") for line in (run, rail)]
    assert before <= stamps[0] == stamps[1] <= int(time.time() * 1000)
    told = [{"Name": "RunSeconds", "Unit": "Seconds"}, {"Name": "RunFinished", "Unit": "Count"}]
    assert run == {
        "_aws": {"CloudWatchMetrics": [{"Namespace": "Pinbill", "Dimensions": [["service", "mode"]], "Metrics": told}]},
        "service": logger.service,
        "mode": "run",
        "RunSeconds": 0.124,
        "RunFinished": 1,
    }
    assert (rail["rail"], rail["HandedOut"], "mode" in rail) == ("signzy", 7, False)


def test_a_metric_holds_its_dimensions_and_none_of_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = LogTelemetry(Log().logger())
    telemetry.observe(Observation.BILLING_HALTED, 1, {"rail": "infomedia"}, partner="acme", because="too many unknown")

    telemetry.flush()

    [line] = metrics(capsys)
    assert set(line) == {"_aws", "rail", "service", "BillingHalted"}


def test_a_class_of_partners_is_a_finer_metric_beside_the_broad_one(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = LogTelemetry(Log().logger())
    for partner_class in ("standard", "large", "standard"):
        which = {"rail": "signzy", "outcome": "paid", "partner_class": partner_class}
        telemetry.observe(Observation.ATTEMPT_SETTLED, 1, which)

    telemetry.flush()

    standard, large = metrics(capsys)
    [directive] = standard["_aws"]["CloudWatchMetrics"]
    broad, finer = directive["Dimensions"]
    assert set(broad) == {"service", "rail", "outcome"}
    assert set(finer) == {"service", "rail", "outcome", "partner_class"}
    assert (standard["partner_class"], standard["AttemptSettled"]) == ("standard", 2)
    assert (large["partner_class"], large["AttemptSettled"]) == ("large", 1)


def test_observations_of_many_threads_are_all_counted(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = LogTelemetry(Log().logger())

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: telemetry.observe(Observation.CALLBACK_RECEIVED), range(400)))
    telemetry.flush()

    assert [line["CallbackReceived"] for line in metrics(capsys)] == [400]


def test_what_comes_first_is_written_before_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = LogTelemetry(Log().logger(), lambda: print('{"first": true}'))  # noqa: T201
    telemetry.observe(Observation.RUN_FINISHED)

    telemetry.flush()

    first, counts = metrics(capsys)
    assert first == {"first": True}
    assert counts["RunFinished"] == 1


@pytest.mark.usefixtures("levels")
def test_libraries_stay_silent_about_requests_when_the_function_is_set_to_debug() -> None:
    logging.getLogger().setLevel(logging.DEBUG)

    LogTelemetry(Log().logger())

    for name in ("botocore.endpoint", "botocore.parsers", "botocore.auth", "urllib3.connectionpool", "boto3.resources"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("aws_lambda_powertools.event_handler").isEnabledFor(logging.DEBUG)


@pytest.mark.usefixtures("levels")
def test_libraries_say_no_more_than_the_function_where_it_is_set_to_less() -> None:
    logging.getLogger().setLevel(logging.ERROR)

    LogTelemetry(Log().logger())

    assert not logging.getLogger("botocore.credentials").isEnabledFor(logging.INFO)


def test_what_is_logged_of_a_defect_is_its_kind_and_place_without_its_message() -> None:
    def breaks() -> None:
        raise ValueError(NUMBER)

    with pytest.raises(ValueError, match="7700900123") as caught:
        breaks()

    told = crash(caught.value)
    assert told["error"] == "ValueError"
    assert any("in breaks" in frame for frame in told["where"])
    assert NUMBER not in json.dumps(told)
