"""The catalog keeps what it has read for a minute, and nothing else."""

from dataclasses import replace

import pytest

from pinbill.errors import PlanNotFound
from pinbill.store.catalog import CACHE_SECONDS, DynamoCatalog
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.table import Table
from tests.fakes.samples import PARTNER, PHONE_PLAN, PHONE_SERVICE


class Ticks:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def catalog(table: Table, ticks: Ticks) -> DynamoCatalog:
    return DynamoCatalog(table, ticks)


@pytest.fixture
def writer(table: Table) -> CatalogWriter:
    return CatalogWriter(table)


def test_an_answer_is_kept_for_a_minute_and_no_longer(
    catalog: DynamoCatalog, writer: CatalogWriter, ticks: Ticks
) -> None:
    retired = replace(PHONE_PLAN, retired=True)
    writer.put_plan(PHONE_PLAN)
    assert catalog.plan(PARTNER, PHONE_PLAN.id) == PHONE_PLAN
    assert catalog.plans(PARTNER) == [PHONE_PLAN]
    writer.put_plan(retired)
    ticks.now += CACHE_SECONDS - 0.001
    assert catalog.plan(PARTNER, PHONE_PLAN.id) == PHONE_PLAN
    assert catalog.plans(PARTNER) == [PHONE_PLAN]
    ticks.now += 0.001
    assert catalog.plan(PARTNER, PHONE_PLAN.id) == retired
    assert catalog.plans(PARTNER) == [retired]


def test_what_was_not_found_is_found_as_soon_as_it_is_written(catalog: DynamoCatalog, writer: CatalogWriter) -> None:
    with pytest.raises(PlanNotFound):
        catalog.plan(PARTNER, PHONE_PLAN.id)
    writer.put_plan(PHONE_PLAN)
    assert catalog.plan(PARTNER, PHONE_PLAN.id) == PHONE_PLAN


def test_a_replaced_callback_token_stops_within_the_minute(
    catalog: DynamoCatalog, writer: CatalogWriter, ticks: Ticks
) -> None:
    writer.put_service(replace(PHONE_SERVICE, callback_hash="1" * 64))
    assert catalog.service_by_callback("1" * 64) is not None
    writer.put_service(replace(PHONE_SERVICE, callback_hash="2" * 64))
    ticks.now += 2 * CACHE_SECONDS
    assert catalog.service_by_callback("1" * 64) is None
    ticks.now -= 2 * CACHE_SECONDS  # the old answer is not merely out of date, it is gone
    assert catalog.service_by_callback("1" * 64) is None


def test_a_partner_without_plans_is_kept_too(catalog: DynamoCatalog, writer: CatalogWriter) -> None:
    assert catalog.plans(PARTNER) == []
    writer.put_plan(PHONE_PLAN)
    assert catalog.plans(PARTNER) == []


def test_kinds_of_answers_are_kept_apart(catalog: DynamoCatalog, writer: CatalogWriter) -> None:
    writer.put_plan(replace(PHONE_PLAN, id="news"))
    writer.put_service(PHONE_SERVICE)
    assert catalog.plan(PARTNER, "news").id == "news"
    assert catalog.service(PARTNER, "news") == PHONE_SERVICE
