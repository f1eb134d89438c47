"""A subscription as one item, and back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pinbill.domain.catalog import RailName
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.periods import Schedule
from pinbill.domain.sealed import ERASED, Sealed
from pinbill.domain.states import State
from pinbill.domain.subscription import (
    QUIET_TIMERS,
    Activity,
    Delivery,
    Mandate,
    PinSession,
    Spent,
    Subscription,
    Timer,
)
from pinbill.store import keys
from pinbill.store.items import (
    Item,
    attempt_in,
    attempt_out,
    money_in,
    money_out,
    present,
    recurrence_in,
    recurrence_out,
    seconds_out,
    time_in,
    time_in_or_none,
    time_out,
    time_out_or_none,
)
from pinbill.store.notice_items import notice_in, notice_out
from pinbill.usecases.ports.due import QUIET


def subscription_out(subscription: Subscription, shards: int) -> Item:
    """The whole item, with its places in the indexes."""
    return present(
        {
            **keys.subscription(subscription.partner, subscription.id),
            **_due(subscription, shards),
            **_slot(subscription),
            **_open(subscription),
            "version": subscription.version,
            "seq": subscription.seq,
            "state": subscription.state.value,
            "plan": subscription.plan_id,
            "service": subscription.service_id,
            "rail": subscription.rail.value,
            **_number_out(subscription.msisdn),
            "fp": subscription.fingerprint or None,
            "network": list(subscription.network) if subscription.network else None,
            "price": money_out(subscription.price),
            "every": recurrence_out(subscription.recurrence),
            "zone": subscription.zone,
            "trial_days": subscription.trial_days or None,
            "created": time_out(subscription.created_at),
            "mandate": _mandate_out(subscription.mandate),
            "pin": _pin_out(subscription.pin),
            **_schedule_out(subscription),
            "next": subscription.next_period,
            "attempts": subscription.attempts,
            "tries": subscription.tries or None,
            "attempt": attempt_out(subscription.open_attempt) if subscription.open_attempt else None,
            "past_due": time_out_or_none(subscription.past_due_since),
            "low": subscription.lacks_funds or None,
            "paused_at": time_out_or_none(subscription.paused_at),
            "interrupted_since": time_out_or_none(subscription.interrupted_since),
            "activity": None if subscription.activity is Activity.NONE else subscription.activity.value,
            "activity_tries": subscription.activity_tries or None,
            "cancel_at": time_out_or_none(subscription.cancel_at),
            "ended_at": time_out_or_none(subscription.ended_at),
            "end_reason": subscription.end_reason,
            "timers": {timer.value: time_out(at) for timer, at in subscription.timers.items()},
            "notice_lead": seconds_out(subscription.notice_lead) if subscription.notice_lead is not None else None,
            "notice": notice_out(subscription.notice),
            "spent": [subscription.spent.minor, time_out(subscription.spent.since)] if subscription.spent else None,
        }
    )


def subscription_in(item: Mapping[str, Any]) -> Subscription:
    partner, id = keys.partner_and_id(item["pk"])
    network = item.get("network")
    return Subscription(
        partner=partner,
        id=id,
        plan_id=item["plan"],
        service_id=item["service"],
        rail=RailName(item["rail"]),
        msisdn=_number_in(item),
        fingerprint=item.get("fp", ""),
        price=money_in(item["price"]),
        recurrence=recurrence_in(item["every"]),
        zone=item["zone"],
        trial_days=int(item.get("trial_days", 0)),
        created_at=time_in(item["created"]),
        state=State(item["state"]),
        version=int(item["version"]),
        seq=int(item["seq"]),
        network=(network[0], network[1]) if network else None,
        mandate=_mandate_in(item.get("mandate")),
        pin=_pin_in(item.get("pin")),
        schedule=_schedule_in(item),
        next_period=int(item["next"]),
        attempts=int(item["attempts"]),
        tries=int(item.get("tries", 0)),
        open_attempt=attempt_in(item["attempt"]) if "attempt" in item else None,
        past_due_since=time_in_or_none(item.get("past_due")),
        lacks_funds=item.get("low", False),
        paused_at=time_in_or_none(item.get("paused_at")),
        interrupted_since=time_in_or_none(item.get("interrupted_since")),
        activity=Activity(item.get("activity", Activity.NONE)),
        activity_tries=int(item.get("activity_tries", 0)),
        cancel_at=time_in_or_none(item.get("cancel_at")),
        ended_at=time_in_or_none(item.get("ended_at")),
        end_reason=item.get("end_reason"),
        timers={Timer(timer): time_in(at) for timer, at in item["timers"].items()},
        notice_lead=timedelta(seconds=int(item["notice_lead"])) if "notice_lead" in item else None,
        notice=notice_in(item.get("notice")),
        spent=Spent(int(item["spent"][0]), time_in(item["spent"][1])) if "spent" in item else None,
    )


def _due(subscription: Subscription, shards: int) -> Item:
    """Its row in the due index, while it waits for what no slot brings up."""
    due = subscription.due_row
    if due is None:
        return {}
    at, timer = due
    shard = QUIET if timer in QUIET_TIMERS else keys.shard_of(subscription.id, shards)
    return {
        "due_pk": keys.due_pk(subscription.rail, subscription.partner, shard),
        "due_sk": keys.due_sk(at, subscription.id),
        "due_kind": timer.value,
    }


def _slot(subscription: Subscription) -> Item:
    """Its row in the index of renewals, the same for as long as it renews."""
    if subscription.slot is None:
        return {}
    return {
        "slot_pk": keys.slot_pk(subscription.cohort),
        "slot_sk": keys.slot_sk(subscription.slot, subscription.id),
    }


def _open(subscription: Subscription) -> Item:
    """Its place on the operator's list, while it is on it."""
    if subscription.decide_by is None:
        return {}
    return {
        "open_pk": keys.open_pk(subscription.rail),
        "open_sk": keys.open_sk(subscription.decide_by, subscription.partner, subscription.id),
    }


def _number_out(number: Msisdn | Sealed) -> Item:
    """In the clear only what was stored so before numbers were sealed; nothing once it was erased."""
    if isinstance(number, Msisdn):
        return {"msisdn": number.e164}
    return {} if number.is_erased else {"msisdn": number.kept, "mask": number.masked}


def _number_in(item: Mapping[str, Any]) -> Msisdn | Sealed:
    match item.get("msisdn"):
        case bytes() as kept:
            return Sealed(item["mask"], kept)
        case str() as plain:
            return Msisdn(plain)
    return ERASED


def _mandate_out(mandate: Mandate | None) -> Item | None:
    if mandate is None:
        return None
    reference = mandate.reference
    shown = reference.masked if isinstance(reference, Sealed) and not reference.is_erased else None
    kept = reference.kept if isinstance(reference, Sealed) else reference
    found = {"reference": kept or None, "mask": shown, "fp": mandate.fingerprint or None}
    return present({**found, "maximum": money_out(mandate.maximum)})


def _mandate_in(item: Mapping[str, Any] | None) -> Mandate | None:
    if item is None:
        return None
    reference = item.get("reference")
    held = Sealed(item["mask"], reference) if isinstance(reference, bytes) else reference or ERASED
    return Mandate(held, money_in(item["maximum"]), item.get("fp", ""))


def _pin_out(pin: PinSession | None) -> Item | None:
    if pin is None:
        return None
    return {
        "sent_at": time_out(pin.sent_at),
        "expires_at": time_out(pin.expires_at),
        "sends": pin.sends,
        "tries": pin.tries,
        "delivery": pin.delivery.value,
    }


def _pin_in(item: Mapping[str, Any] | None) -> PinSession | None:
    if item is None:
        return None
    return PinSession(
        sent_at=time_in(item["sent_at"]),
        expires_at=time_in(item["expires_at"]),
        sends=int(item["sends"]),
        tries=int(item["tries"]),
        delivery=Delivery(item["delivery"]),
    )


def _schedule_out(subscription: Subscription) -> Item:
    """What the schedule adds to the zone and the calendar that the subscription names."""
    schedule = subscription.schedule
    if schedule is None:
        return {}
    assert (schedule.zone, schedule.recurrence) == (subscription.zone, subscription.recurrence)
    first = {"first_period": schedule.first} if schedule.first != 1 else {}
    return {"anchor": schedule.anchor.isoformat(), **first}  # local, without an offset


def _schedule_in(item: Mapping[str, Any]) -> Schedule | None:
    if "anchor" not in item:
        return None
    anchor, recurrence = datetime.fromisoformat(item["anchor"]), recurrence_in(item["every"])
    return Schedule(anchor, item["zone"], recurrence, int(item.get("first_period", 1)))
