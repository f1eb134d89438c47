"""What a month costs in which nothing is billed, in US dollars by part."""

from collections.abc import Mapping
from dataclasses import dataclass

from ops.costs import MONTH_SECONDS, RUN_SECONDS, Cost, Setup, Usage, schedule_usage
from ops.prices import PRICES, Prices

# Names with their dimensions that every hour brings up, by runs and sweeps; and that a rail brings up while it bills. A
# rarer one is paid for by its hours.
METRICS, RAIL_METRICS = 16, 8
POLLERS, POLL_SECONDS = 5, 20  # of Lambda, on a queue that is empty
SECRETS = 1  # the provider secret, which is made before the stack
RETRY_EVERY, RETRY_READS, RETRY_LOG = 60.0, 1.0, 700.0  # webhooks: seconds; units and bytes of a run that finds nothing
KEY, ALARM, COMPOSITE_ALARM = "AWS::KMS::Key", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
DASHBOARD = "AWS::CloudWatch::Dashboard"


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a stack is paid for by the month: how many there are of each type of CloudFormation."""

    resources: Mapping[str, int]

    def count(self, kind: str) -> int:
        return self.resources.get(kind, 0)


def standing(prices: Prices = PRICES, *, rails: int = 0) -> Cost:
    """Of billing itself, while so many rails bill all the time: its metrics, the secret, and Lambda's asking of the
    queue; without the calls, and without the schedules' runs."""
    receives = POLLERS * MONTH_SECONDS / POLL_SECONDS
    return Cost(
        {
            "metrics": (METRICS + rails * RAIL_METRICS) * prices.metric_month,
            "secret": SECRETS * prices.secret_month,
            "queue": receives * prices.queue_request,
        }
    )


def idle(stack: Standing, setup: Setup | None = None, prices: Prices = PRICES) -> Cost:
    """Of the whole stack, with one partner and one plan on each rail; nothing of what is free by AWS's free tiers."""
    setup = setup or Setup()
    runs = schedule_usage(MONTH_SECONDS, setup, rails=2, partners=2, plans=2).cost(prices)
    retries = _retries(setup).cost(prices)
    alarms = stack.count(ALARM) * prices.alarm_month + stack.count(COMPOSITE_ALARM) * prices.composite_alarm_month
    own = {
        "keys of KMS": stack.count(KEY) * prices.kms_key_month,
        "alarms": alarms,
        "dashboards": stack.count(DASHBOARD) * prices.dashboard_month,
        "schedule of bills": runs.total,
        "schedule of webhooks": retries.total,
    }
    return standing(prices) + Cost(own)


def _retries(setup: Setup) -> Usage:
    """Runs of the webhooks' retries, when no endpoint is owed anything."""
    runs = MONTH_SECONDS / RETRY_EVERY
    return Usage(
        read_units=runs * RETRY_READS,
        dispatcher_gb_seconds=runs * RUN_SECONDS * setup.dispatcher_mb / 1_024,
        invocations=runs,
        schedules=runs,
        log_bytes=runs * RETRY_LOG,
    )
