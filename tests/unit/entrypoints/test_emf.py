"""Lines in CloudWatch's embedded metric format, held to what its specification allows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.entrypoints.emf import MOST_VALUES, Metric, lines
from pinbill.usecases.measures import FINER, FORMS, Measure, Unit

AT = 1_793_000_000_000
RAIL = {"rail": "infomedia"}


def read(text: str) -> dict[str, Any]:
    """One line as CloudWatch reads it. Fails for what the specification does not allow."""
    line: dict[str, Any] = json.loads(text)
    assert "\n" not in text
    assert isinstance(line["_aws"]["Timestamp"], int)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    assert directive["Namespace"] == "Pinbill"
    for dimensions in directive["Dimensions"]:
        assert 1 <= len(dimensions) <= 30
        assert all(isinstance(line[name], str) and line[name] for name in dimensions)
    assert 1 <= len(directive["Metrics"]) <= 100
    for metric in directive["Metrics"]:
        assert metric["Unit"] in ("Count", "Seconds", "Milliseconds", "None")
        values = line[metric["Name"]]
        assert all(type(value) in (int, float) for value in (values if isinstance(values, list) else [values]))
        assert not isinstance(values, list) or 1 < len(values) <= 100
    return line


def told(dimensions: Mapping[str, str], **metrics: Sequence[float]) -> list[dict[str, Any]]:
    given = [Metric(name, Unit.COUNT, values) for name, values in metrics.items()]
    return [read(text) for text in lines("pinbill-staging", AT, dimensions, given)]


def test_a_line_in_full() -> None:
    [text] = lines("pinbill-staging", AT, RAIL, [Metric("Owed", Unit.COUNT, [3]), Metric("Age", Unit.SECONDS, [0.5])])

    assert text == (
        '{"_aws":{"Timestamp":1793000000000,"CloudWatchMetrics":[{"Namespace":"Pinbill","Dimensions":[["service",'
        '"rail"]],"Metrics":[{"Name":"Owed","Unit":"Count"},{"Name":"Age","Unit":"Seconds"}]}]},'
        '"service":"pinbill-staging","rail":"infomedia","Owed":3,"Age":0.5}'
    )


def test_a_metric_without_dimensions_has_its_service() -> None:
    [line] = told({}, Gaps=[0])

    assert (line["service"], line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]) == ("pinbill-staging", [["service"]])


@pytest.mark.parametrize("count", [1, 2, MOST_VALUES, MOST_VALUES + 1, 3 * MOST_VALUES])
def test_every_value_is_on_one_line_and_none_has_too_many(count: int) -> None:
    found = told(RAIL, Age=list(range(count)), Owed=[5])

    pages = [line["Age"] if isinstance(line["Age"], list) else [line["Age"]] for line in found]
    assert list(chain(*pages)) == list(range(count))
    assert [line.get("Owed") for line in found] == [5] + [None] * (len(found) - 1)
    assert len(found) == -(-count // MOST_VALUES)


@given(
    st.dictionaries(st.sampled_from(["rail", "outcome", "mode", *FINER]), st.sampled_from(["a", "b"])),
    st.dictionaries(st.sampled_from([*Measure]), st.lists(st.floats(0, 1e9), min_size=1, max_size=350), min_size=1),
)
def test_whatever_is_measured_can_be_read(dimensions: dict[str, str], measured: dict[Measure, list[float]]) -> None:
    metrics = [Metric(what.value, FORMS[what].unit, values) for what, values in measured.items()]

    found = [read(text) for text in lines("pinbill", AT, dimensions, metrics)]

    for what, values in measured.items():
        each = [line[what.value] for line in found if what.value in line]
        assert sum(len(value) if isinstance(value, list) else 1 for value in each) == len(values)
