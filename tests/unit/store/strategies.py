"""Everything that the domain can hold, for properties of the item mappings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from pinbill.domain.attempts import (
    Attempt,
    AttemptKind,
    AttemptState,
    Decision,
    Evidence,
    FailureClass,
    Obligation,
    Source,
)
from pinbill.domain.caps import Caps
from pinbill.domain.catalog import ActivityOrder, CatchUp, Limits, PinRules, Plan, RailName, Service, Terms
from pinbill.domain.charges import Charge
from pinbill.domain.consent import ConsentRules, Part
from pinbill.domain.dunning import Dunning
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import EXPONENTS, Money
from pinbill.domain.notices import Notice, NoticeRules
from pinbill.domain.periods import Recurrence, Schedule, Unit
from pinbill.domain.sealed import ERASED, Sealed
from pinbill.domain.slots import Slot
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Delivery, Mandate, PinSession, Spent, Subscription, Timer
from tests.fakes.samples import msisdn

counts = st.integers(0, 10**9)
texts = st.text(max_size=30)
words = st.text(min_size=1, max_size=30)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
ids = st.from_regex(r"[A-Za-z0-9]{1,26}", fullmatch=True)
hashes = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
times = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
local_times = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31))  # noqa: DTZ001
lengths = st.integers(0, 10**8).map(lambda seconds: timedelta(seconds=seconds))
money = st.builds(Money, st.integers(1, 10**9), st.sampled_from(sorted(EXPONENTS)))
numbers = st.integers(0, 999).map(msisdn)
seals = st.just(ERASED) | st.builds(Sealed, st.text(min_size=1), st.binary(min_size=1))
zones = st.sampled_from(["Europe/London", "Asia/Kolkata", "UTC"])
recurrences = st.builds(Recurrence, st.sampled_from(Unit), st.integers(1, 366))
networks = st.none() | st.tuples(st.from_regex(r"\d{3}", fullmatch=True), st.from_regex(r"\d{2,3}", fullmatch=True))
obligations = st.builds(Obligation, period=counts) | st.builds(Obligation, charge=hashes)
evidence = st.lists(st.builds(Evidence, times, st.sampled_from(Source), texts, texts), max_size=3).map(tuple)
decisions = st.builds(Decision, texts, texts, counts)
attempts = st.builds(
    Attempt,
    id=words,
    kind=st.sampled_from(AttemptKind),
    obligation=obligations,
    number=counts,
    owner=words,
    amount=money,
    claimed_at=times,
    state=st.sampled_from(AttemptState),
    code=st.none() | texts,
    failure=st.none() | st.sampled_from(FailureClass),
    meaning=texts,
    provider_reference=st.none() | texts,
    settled_at=st.none() | times,
    settled_by=st.none() | st.sampled_from(Source),
    open_since=st.none() | times,
    follow_ups=counts,
    evidence=evidence,
    decision=st.none() | decisions,
    covered_by=st.none() | words,
    receipt_by_partner=st.booleans(),
)
pins = st.builds(PinSession, times, times, sends=counts, tries=counts, delivery=st.sampled_from(Delivery))
mandates = st.builds(Mandate, words, money) | st.builds(Mandate, seals, money, words)
notices = st.builds(
    Notice, counts, money, times, times, times, given_at=st.none() | times, opted_out_at=st.none() | times
)
_without_schedule = st.builds(
    Subscription,
    partner=names,
    id=ids,
    plan_id=names,
    service_id=names,
    rail=st.sampled_from(RailName),
    msisdn=numbers | seals,
    price=money,
    recurrence=recurrences,
    zone=zones,
    created_at=times,
    state=st.sampled_from(State),
    version=counts,
    seq=counts,
    fingerprint=hashes,
    trial_days=counts,
    network=networks,
    mandate=st.none() | mandates,
    pin=st.none() | pins,
    next_period=st.integers(1, 100),
    attempts=counts,
    tries=counts,
    open_attempt=st.none() | attempts,
    past_due_since=st.none() | times,
    lacks_funds=st.booleans(),
    paused_at=st.none() | times,
    interrupted_since=st.none() | times,
    activity=st.sampled_from(Activity),
    activity_tries=counts,
    cancel_at=st.none() | times,
    ended_at=st.none() | times,
    end_reason=st.none() | texts,
    timers=st.dictionaries(st.sampled_from(Timer), times),
    spent=st.none() | st.builds(Spent, counts, times),
    notice_lead=st.none() | lengths,
    notice=st.none() | notices,
)


def _scheduled(subscription: Subscription, anchor: datetime | None, first: int) -> Subscription:
    """By its own calendar, as every subscription's schedule is."""
    if anchor is None:
        return subscription
    return replace(subscription, schedule=Schedule(anchor, subscription.zone, subscription.recurrence, first))


subscriptions = st.builds(_scheduled, _without_schedule, st.none() | local_times, st.integers(1, 12))
cohorts = subscriptions.map(lambda subscription: subscription.cohort)
clock_times = st.times().map(lambda at: at.replace(microsecond=0))
slots = st.builds(Slot, st.integers(0, 366 * 7 - 1), st.integers(0, 31), clock_times)
entries = st.builds(
    Entry,
    seq=st.integers(1, 10**9),
    at=times,
    kind=st.sampled_from(EntryKind),
    state=st.sampled_from(State),
    attempt=st.none() | attempts,
    detail=st.dictionaries(words, texts | st.integers(-(10**12), 10**12)),
)
charges = st.builds(
    Charge,
    key=hashes,
    body=hashes,
    amount=money,
    description=texts,
    created_at=times,
    attempt=attempts,
    tries=counts,
    revision=counts,
)
pin_rules = st.builds(PinRules, lengths, counts, counts, lengths, lengths)
services = st.builds(
    Service,
    partner=names,
    id=names,
    rail=st.sampled_from(RailName),
    name=texts,
    account=texts,
    product_id=counts,
    billing_product_id=counts,
    activity_order=st.sampled_from(ActivityOrder),
    receipt_owed_by=texts,
    receipt_because=texts,
    pin=pin_rules,
    wire=st.dictionaries(words, texts),
    pin_codes=st.dictionaries(words, texts),
    callback_hash=st.none() | hashes,
)
dunnings = st.builds(
    Dunning,
    lengths,
    lengths,
    st.dictionaries(st.sampled_from(FailureClass), st.lists(lengths, max_size=5).map(tuple)),
)
shares = st.integers(0, 3_000).map(lambda thousandths: thousandths / 1_000)
limits = st.builds(
    Limits,
    least_paid=shares,
    most_failed=shares,
    most_of_price=shares,
    most_bills_a_day=st.none() | counts,
    most_amount_a_day=st.none() | money,
)
consent_parts = st.frozensets(st.sampled_from(Part))
caps = st.builds(Caps, st.none() | money, st.none() | money, texts)
plans = st.builds(
    Plan,
    partner=names,
    id=names,
    service_id=names,
    name=texts,
    price=money,
    recurrence=recurrences,
    zone=zones,
    trial_days=counts,
    catch_up=st.sampled_from(CatchUp),
    catch_up_cap=counts,
    dunning=dunnings,
    limits=limits,
    countries=st.lists(st.sampled_from(["44", "91", "1876"]), unique=True).map(tuple),
    retired=st.booleans(),
    consent=st.builds(ConsentRules, consent_parts, consent_parts, lengths),
    terms=st.builds(Terms, caps, st.none() | st.builds(NoticeRules, lengths, lengths, lengths)),
    notice_exempt=texts,
)
