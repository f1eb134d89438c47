"""What billing costs on AWS, in US dollars by part: a model, held to counted units by tests and by bench.cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor

from ops.prices import PRICES, Prices
from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import GAP, Pace
from pinbill.usecases.call_times import ARRIVES
from pinbill.usecases.recurring_bill import INTERVALS

GIGABYTE = 1e9
MONTH_SECONDS = 730 * 3600.0


@dataclass(frozen=True, slots=True)
class Setup:
    """The stack, as its template's parameters set it up."""

    worker_mb: int = 512
    dispatcher_mb: int = 512
    interval: int = 60  # seconds from run to run
    shards: int = 4
    months_kept: float = 1.0  # for which the ledger's new rows are priced


@dataclass(frozen=True, slots=True)
class Usage:
    """What AWS meters."""

    write_units: float = 0.0
    read_units: float = 0.0
    worker_gb_seconds: float = 0.0
    dispatcher_gb_seconds: float = 0.0
    invocations: float = 0.0
    queue_requests: float = 0.0
    schedules: float = 0.0
    log_bytes: float = 0.0
    stored_byte_months: float = 0.0

    def cost(self, prices: Prices) -> "Cost":
        return Cost(
            {
                "writes": self.write_units * prices.write_unit,
                "reads": self.read_units * prices.read_unit,
                "ledger kept": self.stored_byte_months / GIGABYTE * prices.stored_gb_month,
                "worker": self.worker_gb_seconds * prices.gb_second,
                "dispatcher": self.dispatcher_gb_seconds * prices.gb_second + self.schedules * prices.schedule,
                "invocations": self.invocations * prices.invocation,
                "queue": self.queue_requests * prices.queue_request,
                "logs": self.log_bytes / GIGABYTE * prices.log_gb,
            }
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars by part."""

    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())

    def __add__(self, other: "Cost") -> "Cost":
        both = {*self.parts, *other.parts}
        return Cost({part: self.parts.get(part, 0.0) + other.parts.get(part, 0.0) for part in both})

    def times(self, factor: float) -> "Cost":
        return Cost({part: dollars * factor for part, dollars in self.parts.items()})


# Units of one call, when it is answered at once: claim, settlement and ledger row; a retry also enters and leaves the
# due index, a look leaves it. docs/access-patterns.md and its tests have them.
BILL_WRITES, RETRY_WRITES, LOOK_WRITES = 3.0, 5.0, 3.0
OTHERWISE_WRITES = 1.0  # for the due index, when a bill is not paid at once: it is asked for again, or looked for
CALL_READS = 1.5  # the subscription, and half a unit for its key
AUDIT_READS, AUDIT_WRITES = 0.525, 0.003  # of a renewal that its slot brought up
SLOT_READS = 0.0175 * 2  # of a renewal: when it is handed out, and when the day's renewals are counted
LEDGER_BYTES = 344 + 100  # of a row, and what DynamoDB adds to each

# What one run reads: of a rail its cohorts, how far it was read, the day's progress and what call times are free; of a
# partner a look into each shard; of a plan its slots. When it hands out, it books, counts and keeps how far it came.
RAIL_READS, IDLE_RAIL_READS, PLAN_READS = 5.0, 2.0, 0.5
ARREARS_READS, IDLE_ARREARS_READS = 2.5, 1.5  # of a rail, when a sweep measures what waits
HANDING_READS, HANDING_PLAN_READS = 1.0, 1.0
HANDING_WRITES, HANDING_PLAN_WRITES = 1.0, 2.0
EVENTUAL = 0.5
STOPS_SECONDS = 5.0  # for which a worker knows what is stopped
PROGRESS_WRITES, PROGRESS_READS = 1.0, 1.0  # of each plan of a group

# A group leaves the queue by whole seconds, half of one early; its last answers come after its last call.
EARLY_SECONDS, TAIL_SECONDS = 0.45, 0.35
RUN_SECONDS, HANDED_SECONDS = 0.12, 0.0004
SWEEP_EVERY = 600.0
CALL_LOG, GROUP_LOG, RUN_LOG = 404.0, 2_050.0, 1_950.0  # bytes, with CloudWatch's 26 a line and Lambda's own lines
REDO_LOG = 215.0  # bytes of a call's share of its group's redo line, most of which no compression makes smaller
MESSAGES_OF_A_SEND = 10


@dataclass(frozen=True, slots=True)
class Handing:
    """How calls are handed out: for how long, by how many runs, in how many groups."""

    seconds: float
    runs: int
    groups: int


def handing(calls: int, pace: Pace, interval: float) -> Handing:
    """Of calls that are all due at once, on a rail without windows. Those that come up one by one make more groups: how
    many, the forecast's own allotments tell."""
    if not calls:
        return Handing(0.0, 0, 0)
    every, whole = pace.every.total_seconds() * (1 + GAP), pace.lanes * pace.calls
    times = INTERVALS * interval / every
    first = min(calls, floor(times / whole) * whole or max(1, floor(times)))
    return Handing(calls * every, 1 + ceil((calls - first) * every / interval), _groups(calls, pace))


def _groups(calls: int, pace: Pace) -> int:
    """Of so many calls at once: each lane has a part of those that make no whole group."""
    whole, rest = divmod(calls, pace.lanes * pace.calls)
    return whole * pace.lanes + min(pace.lanes, rest)


def calls_usage(
    bills: int,
    retries: int,
    looks: int,
    pace: Pace,
    setup: Setup,
    plans: int = 1,
    otherwise: float = 0.0,
    handed: Handing | None = None,
) -> Usage:
    """Of one rail's calls, from handing them out to their audit.

    `bills` are renewals that their slots bring up, `retries` and `looks` come from the due index; `otherwise` is the
    share of the bills that are not paid at once. Without `handed` they are all due at once.
    """
    calls = bills + retries + looks
    handed = handed or handing(calls, pace, setup.interval)
    worker_seconds = handed.groups * (ARRIVES.total_seconds() + EARLY_SECONDS + TAIL_SECONDS)
    worker_seconds += calls * pace.every.total_seconds() * pace.lanes
    # Partners take turns, so that every group bills something of every plan.
    progress = handed.groups * min(plans, calls / handed.groups) if calls else 0.0
    return Usage(
        write_units=bills * (BILL_WRITES + AUDIT_WRITES + otherwise * OTHERWISE_WRITES)
        + retries * RETRY_WRITES
        + looks * LOOK_WRITES
        + min(retries + looks, handed.runs * setup.shards)  # how far each shard was read
        + handed.runs * (HANDING_WRITES + min(plans, calls / max(1, handed.runs)) * HANDING_PLAN_WRITES)
        + progress * PROGRESS_WRITES,
        read_units=calls * CALL_READS
        + bills * (AUDIT_READS + SLOT_READS)
        + handed.runs * (HANDING_READS + plans * HANDING_PLAN_READS)
        + progress * PROGRESS_READS
        + worker_seconds / STOPS_SECONDS,
        worker_gb_seconds=worker_seconds * setup.worker_mb / 1_024,
        dispatcher_gb_seconds=calls * HANDED_SECONDS * setup.dispatcher_mb / 1_024,
        invocations=handed.groups,
        queue_requests=max(handed.runs, ceil(handed.groups / MESSAGES_OF_A_SEND)) + 2 * handed.groups,
        log_bytes=calls * (CALL_LOG + REDO_LOG) + handed.groups * GROUP_LOG,
        stored_byte_months=calls * LEDGER_BYTES * setup.months_kept,
    )


def schedule_usage(seconds: float, setup: Setup, rails: int = 1, partners: int = 1, plans: int = 1) -> Usage:
    """Of the runs and sweeps of so much time, whatever they find; `partners` and `plans` are those of all rails."""
    sweeps = ceil(seconds / SWEEP_EVERY)
    runs, idle = ceil(seconds / setup.interval) + sweeps, len(RailName) - rails
    looks = partners * (setup.shards + 1) * EVENTUAL + plans * PLAN_READS
    reads = rails * RAIL_READS + idle * IDLE_RAIL_READS + looks
    arrears = rails * ARREARS_READS + idle * IDLE_ARREARS_READS + looks
    return Usage(
        read_units=runs * reads + sweeps * arrears,
        dispatcher_gb_seconds=runs * RUN_SECONDS * setup.dispatcher_mb / 1_024,
        invocations=runs,
        schedules=runs,
        log_bytes=runs * RUN_LOG,
    )


def cost_of(
    bills: int,
    retries: int,
    looks: int,
    pace: Pace,
    setup: Setup | None = None,
    prices: Prices = PRICES,
    *,
    plans: int = 1,
    otherwise: float = 0.0,
    handed: Handing | None = None,
) -> Cost:
    """US dollars by part for one rail's calls, as `calls_usage` counts them.

    The schedule's runs meanwhile are `schedule_cost`; what a month costs whatever is billed is `ops.idle_costs`.
    """
    return calls_usage(bills, retries, looks, pace, setup or Setup(), plans, otherwise, handed).cost(prices)


def schedule_cost(
    seconds: float,
    setup: Setup | None = None,
    prices: Prices = PRICES,
    *,
    rails: int = 1,
    partners: int = 1,
    plans: int = 1,
) -> Cost:
    """US dollars by part for the runs and sweeps of so much time."""
    return schedule_usage(seconds, setup or Setup(), rails, partners, plans).cost(prices)
