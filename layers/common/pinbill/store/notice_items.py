"""The notice of a debit as a part of its subscription's item, and back."""

from collections.abc import Mapping
from typing import Any

from pinbill.domain.notices import Notice
from pinbill.store.items import Item, money_in, money_out, present, time_in, time_in_or_none, time_out, time_out_or_none


def notice_out(notice: Notice | None) -> Item | None:
    if notice is None:
        return None
    return present(
        {
            "period": notice.period,
            "amount": money_out(notice.amount),
            "starts": time_out(notice.starts),
            "bills_at": time_out(notice.bills_at),
            "announced": time_out(notice.announced_at),
            "given": time_out_or_none(notice.given_at),
            "opted_out": time_out_or_none(notice.opted_out_at),
        }
    )


def notice_in(item: Mapping[str, Any] | None) -> Notice | None:
    if item is None:
        return None
    return Notice(
        period=int(item["period"]),
        amount=money_in(item["amount"]),
        starts=time_in(item["starts"]),
        bills_at=time_in(item["bills_at"]),
        announced_at=time_in(item["announced"]),
        given_at=time_in_or_none(item.get("given")),
        opted_out_at=time_in_or_none(item.get("opted_out")),
    )
