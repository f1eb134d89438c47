"""Every key of the table. The partner is part of each key, so that no request can reach another partner's rows."""

import hashlib
import re
import zlib
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from pinbill.domain.catalog import RailName
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.slots import Cohort, Slot
from pinbill.domain.stops import Scope
from pinbill.errors import SubscriptionNotFound

if TYPE_CHECKING:
    from pinbill.domain.progress import Place

SUBSCRIPTION_ID = re.compile(r"[A-Za-z0-9]{1,26}")
# What a partner, service or plan may be called: no "#", which parts the keys, and far below the longest key.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

SUBSCRIPTION, JOURNAL, CHARGE, PLAN, SERVICE = "SUB", "J#", "C#", "PLAN#", "SERVICE#"
REQUEST, START = "I#", "START"
PARTNER, PARTNER_CHANGE, PARTNERS = "PARTNER", "CHANGE#", "PARTNERS"
STOPS, MANDATE = "STOPS", "MANDATE"
BOOKMARK, BOOKINGS, RUN = "BOOKMARK#", "BOOKINGS#", "RUN#"
HINTS = (BOOKMARK, BOOKINGS, RUN)
ENDPOINTS, DELIVERY_LOG = "#W", "#LOG"  # at the end of their partitions' keys
SEQ_DIGITS = 10

DUE_INDEX, OPEN_INDEX, SLOT_INDEX = "due", "open", "slots"
CLOCK_TIME = "%H%M%S"
SLOT_DIGITS = 16
RECURRENCE = re.compile(r"([a-z]+)([0-9]+)")
# Bounds of a reading between two positions: "!" sorts after the end of a string and before "#", "$" after "#".
JUST_AFTER, BEYOND = "!", "$"

Key = dict[str, str]


def _key(pk: str, sk: str) -> Key:
    return {"pk": pk, "sk": sk}


def _partner(partner: str) -> str:
    """The prefix of a partner's keys."""
    if not NAME.fullmatch(partner):
        # Names of partners come from our own rows: another form is a defect of ours, not bad input.
        raise ValueError("a partner's name has a form that no key can hold")
    return f"P#{partner}"


def subscription_pk(partner: str, id: str) -> str:
    """Raises SubscriptionNotFound for an id of another form: it is nobody's, and must not reach a key."""
    if not SUBSCRIPTION_ID.fullmatch(id):
        raise SubscriptionNotFound
    return f"{_partner(partner)}#S#{id}"


def subscription(partner: str, id: str) -> Key:
    return _key(subscription_pk(partner, id), SUBSCRIPTION)


def partner_and_id(pk: str) -> tuple[str, str]:
    """Partner and subscription id out of a subscription's partition key."""
    _, partner, _, id = pk.split("#")
    return partner, id


def entry(partner: str, id: str, seq: int) -> Key:
    return _key(subscription_pk(partner, id), f"{JOURNAL}{seq:0{SEQ_DIGITS}}")


def charge(partner: str, id: str, key_hash: str) -> Key:
    return _key(subscription_pk(partner, id), f"{CHARGE}{key_hash}")


def request(partner: str, id: str, key_hash: str) -> Key:
    """The row that remembers a request about a subscription."""
    return _key(subscription_pk(partner, id), f"{REQUEST}{key_hash}")


def start(partner: str, fingerprint: str) -> Key:
    """The row that remembers a request for a new one."""
    return _key(f"{_partner(partner)}#{REQUEST}{fingerprint}", START)


def number_pk(partner: str, fingerprint: str) -> str:
    return f"{_partner(partner)}#N#{fingerprint}"


def number(partner: str, fingerprint: str, plan: str) -> Key:
    """The row that holds a number for its one live subscription to a plan."""
    return _key(number_pk(partner, fingerprint), f"{PLAN}{plan}")


def mandate(partner: str, fingerprint: str) -> Key:
    """The row that holds a mandate for its one live subscription."""
    return _key(f"{_partner(partner)}#M#{fingerprint}", MANDATE)


def plain_mandate(partner: str, reference: str) -> Key:
    """The same, as it was written before mandates had fingerprints."""
    digest = hashlib.sha256(reference.encode()).hexdigest()
    return _key(f"{_partner(partner)}#M#{digest}", MANDATE)


def catalog_pk(partner: str) -> str:
    return _partner(partner)


def service(partner: str, id: str) -> Key:
    return _key(catalog_pk(partner), f"{SERVICE}{id}")


def plan(partner: str, id: str) -> Key:
    return _key(catalog_pk(partner), f"{PLAN}{id}")


def partner(id: str) -> Key:
    return _key(_partner(id), PARTNER)


def partner_listed(id: str) -> Key:
    """The row by which a partner is found when all are listed."""
    return _key(PARTNERS, id)


def partner_change(id: str, version: int) -> Key:
    return _key(_partner(id), f"{PARTNER_CHANGE}{version:0{SEQ_DIGITS}}")


def api_key(key_id: str) -> Key:
    """The row that says whose key it is."""
    return _key(f"KEY#{key_id}", "KEY")


def callback(token_hash: str) -> Key:
    return _key(f"CALLBACK#{token_hash}", "CALLBACK")


def cohorts_pk(rail: RailName) -> str:
    return f"COHORTS#{rail}"


def cohort(cohort: Cohort) -> Key:
    """The row that says since when there may be subscriptions of this cohort."""
    return _key(cohorts_pk(cohort.rail), cohort.name)


def cohort_of(key: Key) -> Cohort:
    """A cohort out of its row's key."""
    rail = RailName(key["pk"].partition("#")[2])
    partner, plan, zone, calendar = key["sk"].split("#")
    found = RECURRENCE.fullmatch(calendar)
    assert found is not None  # written by `cohort`
    return Cohort(rail, partner, plan, zone, Recurrence(Unit(found[1]), int(found[2])))


def is_bookmark(pk: str) -> bool:
    return pk.startswith(BOOKMARK)


def is_hint(pk: str) -> bool:
    """Of rows that may be as old as a backup: how far was read, when is called, counts of a day, what was delivered
    where; also the endpoints, which operators write."""
    return pk.startswith(HINTS) or pk.endswith((ENDPOINTS, DELIVERY_LOG))


def bookmarks_pk(reading: str, rail: RailName) -> str:
    return f"{BOOKMARK}{reading}#{rail}"


def bookmark(reading: str, rail: RailName, stream: str) -> Key:
    return _key(bookmarks_pk(reading, rail), stream)


def bookings(rail: RailName) -> Key:
    return _key(f"{BOOKINGS}{rail}", "BOOKINGS")


def run_pk(rail: RailName, day: date) -> str:
    return f"{RUN}{rail}#{day.isoformat()}"


def run(place: "Place") -> Key:
    """The row that counts what became of a plan's bills on one day."""
    return _key(run_pk(place.rail, place.day), f"{place.partner}#{place.plan}")


def partner_and_plan(sk: str) -> tuple[str, str]:
    """Out of such a row's sort key."""
    partner, _, plan = sk.partition("#")
    return partner, plan


def stop(scope: Scope) -> Key:
    return _key(STOPS, scope.name)


def clock() -> Key:
    return _key("CLOCK", "CLOCK")


def shard_of(subscription_id: str, shards: int) -> int:
    """The same in every process. Lowering `shards` would leave rows in shards that nobody reads any more."""
    return zlib.crc32(subscription_id.encode()) % shards


def due_pk(rail: RailName, partner: str, shard: int) -> str:
    return f"DUE#{rail}#{partner}#{shard}"


def due_position(at: datetime) -> str:
    """Sorts as time does, to the microsecond: the index and the timers that it stands for never disagree."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def due_sk(at: datetime, id: str) -> str:
    return f"{due_position(at)}#{id}"


def due_time(position: str) -> datetime:
    """The time out of a due row's sort key."""
    return datetime.fromisoformat(position.partition("#")[0])


def slot_pk(cohort: Cohort) -> str:
    """Short, because every renewal pays for its length: 64 bits, which no two of a table's cohorts have in common."""
    return f"SLOT#{hashlib.sha256(f'{cohort.rail}#{cohort.name}'.encode()).hexdigest()[:SLOT_DIGITS]}"


def slot_position(slot: Slot) -> str:
    """Sorts as slots do."""
    return f"{slot.phase:04}-{slot.day:02}T{slot.time.strftime(CLOCK_TIME)}"


def slot_sk(slot: Slot, id: str) -> str:
    return f"{slot_position(slot)}#{id}"


def slot_of(sk: str) -> tuple[Slot, str]:
    """Slot and subscription id out of a slot row's sort key."""
    position, id = sk.split("#")
    cycle, _, clock_time = position.partition("T")
    phase, day = cycle.split("-")
    return Slot(int(phase), int(day), time.fromisoformat(clock_time)), id


def open_pk(rail: RailName) -> str:
    """One partition a rail: what nobody knows the outcome of is rare, and read in one order."""
    return f"OPEN#{rail}"


def open_sk(at: datetime, partner: str, id: str) -> str:
    return f"{due_position(at)}#{partner}#{id}"


def due_bounds(after: str | None, until: datetime) -> tuple[str, str]:
    """First and last sort key of what is due at `until` or before, beyond position `after`; crossed when nothing is."""
    return (after or "") + JUST_AFTER, due_position(until) + BEYOND
