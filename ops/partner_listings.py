"""Partners, their keys and what they used, as an operator reads them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from ops.listing import columns
from pinbill.domain.allowances import FIGURES, Allowance, Use
from pinbill.domain.partners import ALL_SCOPES, ApiKey, Partner, PartnerChange
from pinbill.usecases.ports.counting import DayOfUse

PARTNERS = ("partner", "name", "", "live keys")
KEYS = ("key", "label", "scopes", "created", "", "last used")
UNUSED = "-"


def partners(found: Iterable[Partner], now: datetime) -> Iterator[str]:
    rows = [(each.id, each.name, each.standing.value, str(len(each.live_keys(now)))) for each in found]
    if rows:
        yield from columns(PARTNERS, rows)
    else:
        yield "there is no partner yet: partner create ID --name NAME --by YOU"


def partner(
    found: Partner, default: Allowance, days: Sequence[DayOfUse], changes: Iterable[PartnerChange], now: datetime
) -> Iterator[str]:
    """All that is known of one."""
    yield f"{found.id}: {found.name}, {found.standing}; created {_time(found.created_at)} by {found.created_by}"
    yield ""
    yield "allowance"
    yield from allowance(found.allowance, default, days, now)
    if found.guards:
        own = " ".join(f"{name}={value}" for name, value in sorted(found.guards.items()))
        yield f"  guards of PINs, its own: {own}"
    yield ""
    yield from keys(found, days, now)
    yield ""
    yield "changes"
    for change in changes:
        why = f": {change.because}" if change.because else ""
        yield f"  {_time(change.at)} {change.by}  {change.what}{why}"


def keys(found: Partner, days: Sequence[DayOfUse], now: datetime) -> Iterator[str]:
    rows = [_key(key, days, now) for key in found.keys]
    if rows:
        yield from columns(KEYS, rows)
    else:
        yield f"{found.id} has no key yet: key create {found.id} --by YOU"


def allowance(own: Mapping[str, int], default: Allowance, days: Sequence[DayOfUse], now: datetime) -> Iterator[str]:
    whole = default.with_own(own)
    today = {day.use: day.requests for day in days if day.day == now.date()}
    for name in FIGURES:
        whose = "its own" if name in own else "by default"
        use, _, span = name.partition("_a_")
        used = f", {today.get(Use(use), 0)} used today" if span == "day" else ""
        yield f"  {getattr(whole, name):>8} {use} a {span}, {whose}{used}"
    yield f"  {whole.limit(Use.CANCELS).a_minute:>8} cancels a minute, {today.get(Use.CANCELS, 0)} used today"


def _key(key: ApiKey, days: Sequence[DayOfUse], now: datetime) -> tuple[str, ...]:
    made = f"{_time(key.created_at)} by {key.created_by}"
    return key.id, key.label or UNUSED, _scopes(key), made, _end(key, now), _last_used(key, days)


def _scopes(key: ApiKey) -> str:
    return "all" if key.scopes == ALL_SCOPES else " ".join(sorted(key.scopes))


def _end(key: ApiKey, now: datetime) -> str:
    if key.revoked_at:
        return f"revoked {_time(key.revoked_at)} by {key.revoked_by}"
    if key.ends_at:
        return f"{'ends' if now < key.ends_at else 'ended'} {_time(key.ends_at)}"
    return "live"


def _last_used(key: ApiKey, days: Sequence[DayOfUse]) -> str:
    """By the day: no more is counted."""
    used = [day for day in days if day.by_key.get(key.id)]
    if not used:
        return UNUSED
    last = max(day.day for day in used)
    return f"{last}, {sum(day.by_key[key.id] for day in used if day.day == last)} requests"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"
