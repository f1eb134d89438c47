"""The row that leads from a callback token to its service: gone with its token, and void where it is left over."""

from dataclasses import replace

import pytest

from pinbill.store import keys
from pinbill.store.catalog import DynamoCatalog
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.table import Put, Table
from tests.fakes.samples import PARTNER, PHONE_SERVICE

OLD, NEW = "1" * 64, "2" * 64


@pytest.mark.parametrize("replacement", [NEW, None])
def test_the_row_of_a_replaced_token_is_deleted(table: Table, replacement: str | None) -> None:
    writer = CatalogWriter(table)
    writer.put_service(replace(PHONE_SERVICE, callback_hash=OLD))
    writer.put_service(replace(PHONE_SERVICE, callback_hash=replacement))
    assert table.get(keys.callback(OLD)) is None


def test_a_service_written_again_keeps_its_token(table: Table) -> None:
    service = replace(PHONE_SERVICE, callback_hash=OLD)
    CatalogWriter(table).put_service(service)
    CatalogWriter(table).put_service(service)
    assert DynamoCatalog(table, lambda: 0.0).service_by_callback(OLD) == service


def test_a_row_left_over_from_a_replaced_token_leads_nowhere(table: Table) -> None:
    CatalogWriter(table).put_service(replace(PHONE_SERVICE, callback_hash=NEW))
    table.write([Put({**keys.callback(OLD), "partner": PARTNER, "service": PHONE_SERVICE.id})], "W1")
    assert DynamoCatalog(table, lambda: 0.0).service_by_callback(OLD) is None
