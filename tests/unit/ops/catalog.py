"""A catalog file that is good, to be made bad in one place."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from pinbill.store.table import Table

GOOD: dict[str, Any] = {
    "services": [
        {
            "partner": "acme",
            "id": "news",
            "rail": "infomedia",
            "name": "Acme News",
            "product_id": 101,
            "billing_product_id": 202,
        },
        {"partner": "acme", "id": "films", "rail": "signzy", "name": "Acme Films"},
    ],
    "plans": [
        {
            "partner": "acme",
            "id": "news-monthly",
            "service": "news",
            "name": "Acme News monthly",
            "price": {"amount": "4.50", "currency": "GBP"},
            "every": {"unit": "month"},
            "zone": "Europe/London",
            "countries": ["44"],
        },
        {
            "partner": "acme",
            "id": "films-monthly",
            "service": "films",
            "name": "Acme Films monthly",
            "price": {"amount": "199.00", "currency": "INR"},
            "every": {"unit": "month"},
            "zone": "Asia/Kolkata",
            "notice": {"exempt": "a NACH mandate"},
        },
    ],
}
GONE = "(left out)"


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good catalog with another value at a path such as "plans.0.price.amount", or without it (GONE)."""
    catalog = copy.deepcopy(GOOD)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = catalog
    for step in way:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return catalog


def write(folder: Path, catalog: Any) -> Path:
    file = folder / "catalog.json"
    file.write_text(catalog if isinstance(catalog, str) else json.dumps(catalog))
    return file


def everything(table: Table) -> str:
    """The whole table as text."""
    client, name = table._client, table.name
    return str(client.scan(TableName=name)["Items"])
