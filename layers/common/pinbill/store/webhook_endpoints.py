"""The WebhookEndpoints port on DynamoDB: one partition a partner, one row an endpoint."""

from collections.abc import Mapping, Sequence
from typing import Any, override

from pinbill.domain.webhooks import Disabled, SigningSecret, WebhookEndpoint
from pinbill.errors import WebhookNotFound
from pinbill.store import webhook_keys as keys
from pinbill.store.items import Item, present, time_in, time_in_or_none, time_out, time_out_or_none
from pinbill.store.keys import NAME
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.table import ABSENT, Delete, Put, Table, equals
from pinbill.usecases.ports.webhooks import WebhookEndpoints

VERSION = "version"


class DynamoWebhookEndpoints(WebhookEndpoints):
    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def of(self, partner: str) -> Sequence[WebhookEndpoint]:
        rows = self._table.query("pk = :pk", {"pk": keys.endpoints_pk(partner)})
        return sorted((_endpoint_in(partner, row) for row in rows), key=lambda each: (each.created_at, each.id))

    @override
    def endpoint(self, partner: str, id: str) -> WebhookEndpoint:
        row = self._table.get(keys.endpoint(partner, id)) if NAME.fullmatch(id) else None
        if row is None:
            raise WebhookNotFound
        return _endpoint_in(partner, row)

    @override
    def put(self, endpoint: WebhookEndpoint) -> bool:
        condition = equals(VERSION, endpoint.version) if endpoint.version else ABSENT
        try:
            self._table.write([Put(_endpoint_out(endpoint), condition)], self._table.new_write_id())
        except ConditionFailed:
            return False
        return True

    @override
    def remove(self, endpoint: WebhookEndpoint) -> None:
        self._table.write([Delete(keys.endpoint(endpoint.partner, endpoint.id))], self._table.new_write_id())


def _endpoint_out(endpoint: WebhookEndpoint) -> Item:
    return present(
        {
            **keys.endpoint(endpoint.partner, endpoint.id),
            VERSION: endpoint.version + 1,
            "url": endpoint.url,
            "created": time_out(endpoint.created_at),
            "secrets": [
                present({"sealed": each.sealed, "until": time_out_or_none(each.until)}) for each in endpoint.secrets
            ],
            "services": list(endpoint.services) or None,
            "generation": endpoint.generation,
            "disabled_at": time_out_or_none(endpoint.disabled_at),
            "disabled": endpoint.disabled.value if endpoint.disabled else None,
        }
    )


def _endpoint_in(partner: str, row: Mapping[str, Any]) -> WebhookEndpoint:
    return WebhookEndpoint(
        partner=partner,
        id=row["sk"].removeprefix(keys.ENDPOINT),
        url=row["url"],
        created_at=time_in(row["created"]),
        secrets=tuple(SigningSecret(each["sealed"], time_in_or_none(each.get("until"))) for each in row["secrets"]),
        services=tuple(row.get("services", ())),
        generation=int(row["generation"]),
        disabled_at=time_in_or_none(row.get("disabled_at")),
        disabled=Disabled(row["disabled"]) if "disabled" in row else None,
        version=int(row[VERSION]),
    )
