"""SQS: wake the due subscriptions of each group, many at once, and give back the groups that failed."""

from pinbill import bootstrap
from pinbill.entrypoints.work_queue import work_handler

services, settings = bootstrap.bill_worker()
lambda_handler = work_handler(services.run, services.logger, services.telemetry, settings)
