"""What partners send: times in ISO 8601 with their distance to UTC; a field that is null is one that is left out."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from pinbill.entrypoints.requests import Body, ConsentBody, PauseBody, ResumeBody

NINE = datetime(2027, 1, 31, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-31T09:00:00Z",
        "2027-01-31T09:00:00+00:00",
        "2027-01-31T14:30:00+05:30",
        "2027-01-31 09:00Z",
        "2027-01-31T09:00:00.000Z",
        "20270131T090000Z",
    ],
)
def test_a_time_is_read_with_its_distance_to_utc(text: str) -> None:
    read = PauseBody.model_validate({"resume_at": text}).resume_at

    assert read == NINE
    assert read.tzinfo is UTC


@pytest.mark.parametrize("body", [{}, {"resume_at": None}])
def test_a_pause_needs_no_end(body: dict[str, Any]) -> None:
    assert PauseBody.model_validate(body).resume_at is None


@pytest.mark.parametrize(
    "value",
    [
        "2027-01-31T09:00:00",
        "2027-01-31",
        "2027-02-30T09:00:00Z",
        "2027-01-31T25:00:00Z",
        "09:00:00Z",
        "tomorrow",
        "",
        "1801386000",
        1801386000,
        1801386000.5,
        True,
        ["2027-01-31T09:00:00Z"],
        {"at": "2027-01-31T09:00:00Z"},
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2027-01-31T09:00:00Z" * 400,
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_time_or_names_no_distance_is_refused_by_its_field(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        PauseBody.model_validate({"resume_at": value})

    assert [error["loc"] for error in refused.value.errors()] == [("resume_at",)]


@pytest.mark.parametrize("body", [{"resume_at": "2027-01-31T09:00:00Z"}, {"now": True}])
def test_a_resume_takes_no_fields(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ResumeBody.model_validate(body)


OPTIONAL = sorted(
    (
        (body, name)
        for body in Body.__subclasses__()
        for name, field in body.model_fields.items()
        if not field.is_required() and field.default is None
    ),
    key=str,
)


@pytest.mark.parametrize(("body", "name"), OPTIONAL, ids=lambda value: getattr(value, "__name__", value))
def test_an_optional_field_that_is_null_is_one_that_is_left_out(body: type[Body], name: str) -> None:
    def refused(value: dict[str, None]) -> list[Any]:
        try:
            body.model_validate(value)
        except ValidationError as error:
            return [(each["loc"], each["type"]) for each in error.errors()]
        return []

    assert refused({name: None}) == refused({})


@pytest.mark.parametrize("field", ["text", "page"])
def test_what_is_kept_of_a_consent_holds_no_number(field: str) -> None:
    assert getattr(ConsentBody.model_validate({field: "v-123456"}), field) == "v-123456"
    with pytest.raises(ValidationError) as refused:
        ConsentBody.model_validate({field: "v-1234567"})

    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
