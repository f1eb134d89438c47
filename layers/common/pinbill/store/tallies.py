"""The Tallies port on DynamoDB, in the table of counters: a row for each number, and for each partner one a day and one
a prefix.

A number's row is read, decided on and written on the condition that nobody else has: its figures are of spans that
slide, which no single update could test. The others are one conditional update, and no more: of many at once exactly
the figure is counted. All rows stay below a kilobyte, so that each write is one unit, also one that is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, override

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.number_use import NumberUse, Sent, Tried
from pinbill.domain.pin_guards import CELLS, DAY, Step, Tally
from pinbill.errors import StoreUnavailable
from pinbill.store.items import Item
from pinbill.store.keys import Key
from pinbill.store.numbers import Numbers
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.retrying import Transient
from pinbill.store.table import ABSENT, Put, Table, equals
from pinbill.usecases.ports.counting import Tallies

KEPT = DAY + timedelta(hours=1)
VERSION, TTL, COUNTS = "version", "ttl", "+"


class DynamoTallies(Tallies):
    def __init__(self, table: Table, numbers: Numbers, real_time: Callable[[], float]) -> None:
        self._table = table
        self._numbers = numbers
        self._real_time = real_time

    @override
    def number(self, msisdn: Msisdn) -> NumberUse:
        row = self._table.get(self._number_key(msisdn))
        return _use_in(row) if row else NumberUse()

    @override
    def put_number(self, msisdn: Msisdn, use: NumberUse) -> bool:
        gone = int(self._real_time() + KEPT.total_seconds())
        row = {**self._number_key(msisdn), **_use_out(use), VERSION: use.version + 1, TTL: gone}
        try:
            condition = equals(VERSION, use.version) if use.version else ABSENT
            self._table.write([Put(row, condition)], self._table.new_write_id())
        except ConditionFailed:
            return False
        return True

    @override
    def is_full(self, tally: Tally, steps: Sequence[Step]) -> Step | None:
        return _first_full(self._table.get(tally_key(tally)) or {}, steps)

    @override
    def add(self, tally: Tally, steps: Sequence[Step], *, in_vain: bool = False) -> Step | None:
        names = {f"n{at}": step.name for at, step in enumerate(steps)} | {TTL: TTL}
        values: dict[str, int] = {"gone": int(tally.gone.timestamp())}
        tests: list[str] = []
        for at, step in enumerate(steps):
            values |= {f"by{at}": step.by, f"bound{at}": step.bound}
            test = f"#n{at} {'<' if step.by > 0 else '>'} :bound{at}"
            tests.append(f"(attribute_not_exists(#n{at}) OR {test})" if step.may_go(0) else test)
        if in_vain:
            tests.append("attribute_not_exists(pk) AND attribute_exists(pk)")
        counts = ", ".join(f"#n{at} :by{at}" for at in range(len(steps)))
        update = f"ADD {counts} SET #{TTL} = :gone"
        try:
            self._table.update_once(tally_key(tally), update, names, values, " AND ".join(tests))
        except ConditionFailed as failed:
            return _first_full(failed.stored[0] or {}, steps)
        except Transient:
            raise StoreUnavailable from None
        return None

    @override
    def cell(self, address: str) -> int:
        return self._numbers.cell_of(address, CELLS)

    def _number_key(self, msisdn: Msisdn) -> Key:
        return {"pk": f"NUMBER#{self._numbers.fingerprint(msisdn)}", "sk": "NUMBER"}


def tally_key(tally: Tally) -> Key:
    return {"pk": f"{tally.kind.upper()}#{tally.name}", "sk": tally.begin.date().isoformat()}


def _first_full(row: Mapping[str, Any], steps: Sequence[Step]) -> Step | None:
    return next((step for step in steps if not step.may_go(int(row.get(step.name, 0)))), None)


def _use_out(use: NumberUse) -> Item:
    """Short texts, for a row has a size."""
    return {
        "sent": [f"{_out(one.at)} {one.partner} {one.service}{COUNTS * one.counts}" for one in use.sent],
        "tried": [f"{_out(one.at)} {one.partner} {one.weight} {one.mark}" for one in use.tried],
    }


def _use_in(row: Mapping[str, Any]) -> NumberUse:
    sent, tried = ([text.split(" ") for text in row[name]] for name in ("sent", "tried"))
    return NumberUse(
        tuple(Sent(_in(at), partner, service.rstrip(COUNTS), COUNTS in service) for at, partner, service in sent),
        tuple(Tried(_in(at), partner, int(weight), int(mark)) for at, partner, weight, mark in tried),
        int(row[VERSION]),
    )


def _out(at: datetime) -> str:
    return f"{int(at.timestamp()):x}"


def _in(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds, 16), UTC)
