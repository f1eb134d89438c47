"""SQS: wake the due subscriptions of each group, each at its time; give back the groups that failed."""

import pinbill.loading

from pinbill import bootstrap
from pinbill.entrypoints.billing import billing_handler
from pinbill.entrypoints.group_runner import GroupRunner

services, call_times, run_book, settings = bootstrap.bill_worker()
runner = GroupRunner(services.run, services.logger, settings.worker_threads)
lambda_handler = billing_handler(
    runner, call_times, run_book, services.logger, services.telemetry, settings.longest_call
)

pinbill.loading.done()
