"""The evidence pack of a subscription: one JSON document of all that is known of it, each entry chained to the last.

A changed, missing or moved entry is found by kit/verify_evidence.py, which shares no code with this.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ops.table_scan import Account
from pinbill.domain.attempts import Attempt
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.journal import Entry
from pinbill.domain.money import Money
from pinbill.domain.subscription import Subscription

FORMAT = "pinbill-evidence/1"
BEGINNING = "0" * 64  # in place of the hash before the first
type Content = Mapping[str, Any]


def pack(account: Account, plan: Plan, service: Service, now: datetime) -> Content:
    """Numbers are masked; a PIN was never there."""
    subscription = account.subscription
    entries, last = [], BEGINNING
    for number, (kind, content) in enumerate(_contents(account, plan, service), 1):
        entry = {"number": number, "kind": kind, "content": content, "previous": last}
        last = _hash(entry)
        entries.append({**entry, "hash": last})
    head = {
        "format": FORMAT,
        "subscription": subscription.id,
        "made_at": _time(now),
        "entries": len(entries),
        "last": last,
    }
    return {**head, "head": _hash(head), "chain": entries}


def as_json(document: Content) -> Iterator[str]:
    yield json.dumps(document, indent=1, sort_keys=True)


def _contents(account: Account, plan: Plan, service: Service) -> Iterator[tuple[str, Content]]:
    yield "terms", _terms(account.subscription)
    yield "rules", _rules(plan, service)
    for entry in account.entries:
        yield "journal", _entry(entry)


def _terms(subscription: Subscription) -> Content:
    return {
        "partner": subscription.partner,
        "plan": subscription.plan_id,
        "service": subscription.service_id,
        "rail": subscription.rail.value,
        "msisdn": subscription.msisdn.masked,
        "mandate": subscription.mandate.masked if subscription.mandate else None,
        "price": _money(subscription.price),
        "every": f"{subscription.recurrence.count} {subscription.recurrence.unit}",
        "zone": subscription.zone,
        "trial_days": subscription.trial_days,
        "created_at": _time(subscription.created_at),
        "state": subscription.state.value,
        "sequence": subscription.seq,
    }


def _rules(plan: Plan, service: Service) -> Content:
    """Those of today; what was required when it was agreed to, the entries show."""
    caps, notice = plan.caps, plan.notice
    return {
        "consent": {"request": sorted(plan.consent.request), "confirm": sorted(plan.consent.confirm)},
        "caps": {
            "per_charge": _money(caps.per_charge) if caps.per_charge else None,
            "per_month": _money(caps.per_month) if caps.per_month else None,
            "because": caps.because or None,
        },
        "notice_seconds": int(notice.least.total_seconds()) if notice else None,
        "notice_exempt": plan.notice_exempt or None,
        "receipt_owed_by": service.receipt_owed_by,
        "receipt_because": service.receipt_because or None,
    }


def _entry(entry: Entry) -> Content:
    return {
        "sequence": entry.seq,
        "at": _time(entry.at),
        "kind": entry.kind.value,
        "state": entry.state.value,
        "detail": dict(entry.detail),
        "attempt": _attempt(entry.attempt) if entry.attempt else None,
    }


def _attempt(attempt: Attempt) -> Content:
    return {
        "id": attempt.id,
        "kind": attempt.kind.value,
        "period": attempt.obligation.period,
        "amount": _money(attempt.amount),
        "claimed_at": _time(attempt.claimed_at),
        "state": attempt.state.value,
        "code": attempt.code,
        "failure": attempt.failure.value if attempt.failure else None,
        "provider_reference": attempt.provider_reference,
        "settled_at": _time(attempt.settled_at) if attempt.settled_at else None,
        "settled_by": attempt.settled_by.value if attempt.settled_by else None,
        "covered_by": attempt.covered_by,
        "receipt_by_partner": attempt.receipt_by_partner,
        "decision": f"{attempt.decision.by}: {attempt.decision.reason}" if attempt.decision else None,
    }


def _money(money: Money) -> Content:
    return {"minor": money.minor, "currency": money.currency}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(content: Content) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
