"""What AWS asks for, as data."""

from dataclasses import dataclass

MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars in us-east-1, without free tiers, discounts and taxes.

    Source: AWS's pricing pages of DynamoDB (on demand, standard class), Lambda (arm64), SQS (standard), EventBridge
    Scheduler, CloudWatch and Secrets Manager, as of autumn 2026. Europe is 5 to 20 % above.
    """

    write_unit: float = 0.625 / MILLION
    read_unit: float = 0.125 / MILLION
    stored_gb_month: float = 0.25 + 0.20  # kept, and kept again for point-in-time recovery
    gb_second: float = 0.0000133334
    invocation: float = 0.20 / MILLION
    queue_request: float = 0.40 / MILLION
    schedule: float = 1.00 / MILLION
    log_gb: float = 0.50
    metric_month: float = 0.30
    secret_month: float = 0.40
    kms_key_month: float = 1.00  # and as much again for each of its first two yearly rotations
    alarm_month: float = 0.10  # of standard resolution
    composite_alarm_month: float = 0.50
    dashboard_month: float = 3.00


PRICES = Prices()
