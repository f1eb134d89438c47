"""How a subscription starts: the PIN session and the free period."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pinbill.domain.activity import owe_log
from pinbill.domain.catalog import PinRules, Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.consent import PIN_SENT_AT
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.periods import Schedule
from pinbill.domain.rails import RULES
from pinbill.domain.states import Event, State, advance
from pinbill.domain.subscription import Delivery, Mandate, PinSession, Subscription, Timer
from pinbill.errors import (
    AttemptOpen,
    PinExhausted,
    PinExpired,
    PinResendTooSoon,
    PinSendsExhausted,
    WrongState,
)


def subscribe(
    id: str,
    plan: Plan,
    service: Service,
    msisdn: Msisdn,
    network: tuple[str, str] | None,
    mandate: Mandate | None,
    now: datetime,
    agreed: Mapping[str, str | int] | None = None,
) -> tuple[Subscription, Entry]:
    """A pending subscription with its first journal entry, which holds what is known of the user's consent (`agreed`).

    Its first PIN counts as sent before it is asked for.
    """
    pin = PinSession(now, now + service.pin.life) if RULES[service.rail].has_pin else None
    subscription = Subscription(
        partner=plan.partner,
        id=id,
        plan_id=plan.id,
        service_id=service.id,
        rail=service.rail,
        msisdn=msisdn,
        price=plan.price,
        recurrence=plan.recurrence,
        zone=plan.zone,
        trial_days=plan.trial_days,
        created_at=now,
        seq=1,
        network=network,
        mandate=mandate,
        pin=pin,
        timers={Timer.EXPIRY: now + service.pin.confirm_within},
        notice_lead=plan.notice.lead if plan.notice else None,
    )
    return subscription, Entry(1, now, EntryKind.SUBSCRIBED, State.PENDING, detail=agreed or {})


def new_pin(subscription: Subscription, rules: PinRules, now: datetime) -> Change:
    """Count a further PIN before it is asked for; raises WrongState, AttemptOpen or a PIN refusal."""
    pin = _session(subscription)
    if pin.sends >= rules.sends:
        raise PinSendsExhausted
    wait = pin.sent_at + rules.wait_after(pin.sends) - now
    if wait > timedelta():
        raise PinResendTooSoon(int(wait.total_seconds()) + 1)
    renewed = PinSession(now, now + rules.life, pin.sends + 1)
    change = Change.of(subscription).set(pin=renewed)
    return change.timers({Timer.EXPIRY: now + rules.confirm_within})


def pin_delivered(subscription: Subscription, delivery: Delivery) -> Change:
    pin = _session(subscription)
    return Change.of(subscription).set(pin=replace(pin, delivery=delivery))


def try_pin(subscription: Subscription, rules: PinRules, now: datetime) -> Change:
    """Count a try before the provider is asked, so that parallel guesses cannot race."""
    pin = _session(subscription)
    if now >= pin.expires_at:
        raise PinExpired
    if pin.tries >= rules.tries:
        raise PinExhausted
    return Change.of(subscription).set(pin=replace(pin, tries=pin.tries + 1))


def consent_given(change: Change, said: Mapping[str, str | int], now: datetime) -> Change:
    """Record the second stage of the consent in the write that precedes the first bill."""
    after = change.after
    if after.state is not State.PENDING:
        raise WrongState(f"A subscription that is {after.state} is not confirmed again.")
    if after.open_attempt:
        raise AttemptOpen
    if after.pin:
        said = {**said, PIN_SENT_AT: after.pin.sent_at.isoformat(), "pin_tries": after.pin.tries}
    return change.record(EntryKind.CONSENT_GIVEN, now, detail=said)


def _session(subscription: Subscription) -> PinSession:
    if subscription.state is not State.PENDING or subscription.pin is None:
        raise WrongState(f"A subscription that is {subscription.state} takes no PIN.")
    if subscription.open_attempt:
        raise AttemptOpen
    return subscription.pin


def start_trial(subscription: Subscription, now: datetime) -> Change:
    """Start the free period; period 1 begins, and is billed, when it ends."""
    schedule = Schedule.starting(now, subscription.zone, subscription.recurrence)
    schedule = replace(schedule, anchor=schedule.anchor + timedelta(days=subscription.trial_days))
    change = Change.of(subscription).set(
        state=advance(subscription.state, Event.TRIAL_STARTED), schedule=schedule, pin=None
    )
    change = change.timers({Timer.EXPIRY: None, Timer.BILL: schedule.start(1)})
    return owe_log(change, now).record(EntryKind.TRIAL_STARTED, now)
