"""What the operator's command writes: services and plans. The caller has validated them."""

from pinbill.domain.catalog import Plan, Service
from pinbill.store import keys
from pinbill.store.catalog_items import plan_out, service_out
from pinbill.store.table import Action, Delete, Put, Table


class CatalogWriter:
    """Functions see a change within the minute for which they keep the catalog."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put_service(self, service: Service) -> None:
        """Write the service together with the row of its callback token; an earlier token stops to work."""
        key = keys.service(service.partner, service.id)
        earlier = (self._table.get(key) or {}).get("callback_hash")
        actions: list[Action] = [Put(service_out(service))]
        if service.callback_hash:
            row = {"partner": service.partner, "service": service.id}
            actions.append(Put({**keys.callback(service.callback_hash), **row}))
        if earlier and earlier != service.callback_hash:
            actions.append(Delete(keys.callback(earlier)))
        self._write(actions)

    def put_plan(self, plan: Plan) -> None:
        self._write([Put(plan_out(plan))])

    def _write(self, actions: list[Action]) -> None:
        self._table.write(actions, self._table.new_write_id())
