"""SQS: wake the due subscriptions of each group, many at once, and give back the groups that failed."""

from pinbill import bootstrap
from pinbill.entrypoints.work_queue import work_handler

services = bootstrap.bill_worker()
lambda_handler = work_handler(services.bill_worker, services.logger, services.telemetry, services.settings)
