"""Telemetry: every observation is a log line, counts are written once, libraries do not talk."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pinbill.entrypoints.telemetry import TALKATIVE, LogTelemetry, crash
from pinbill.usecases.ports import Observation
from tests.unit.entrypoints.rest_api import Log

NUMBER = "+447700900123"


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Test")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "pinbill")


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


def test_counts_are_summed_by_name_and_dimensions_and_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = LogTelemetry(Log().logger())
    for outcome, value in (("paid", 1), ("paid", 2), ("declined", 1)):
        telemetry.observe(Observation.ATTEMPT_SETTLED, value, {"outcome": outcome})
    telemetry.observe(Observation.RUN_FINISHED)

    telemetry.flush()
    telemetry.flush()

    written = [(line.get("outcome"), line.get("AttemptSettled"), line.get("RunFinished")) for line in metrics(capsys)]
    assert written == [("paid", [3.0], None), ("declined", [1.0], None), (None, None, [1.0])]


def test_a_metric_holds_its_dimensions_and_none_of_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = LogTelemetry(Log().logger())
    telemetry.observe(Observation.ATTEMPT_UNKNOWN, 1, {"rail": "infomedia"}, attempt="SUB1-1")

    telemetry.flush()

    [line] = metrics(capsys)
    assert set(line) == {"_aws", "rail", "service", "AttemptUnknown"}
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["rail", "service"]]


def test_observations_of_many_threads_are_all_counted(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = LogTelemetry(Log().logger())

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: telemetry.observe(Observation.CALLBACK_RECEIVED), range(400)))
    telemetry.flush()

    assert [line["CallbackReceived"] for line in metrics(capsys)] == [[400.0]]


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
