"""Schedule: hand out what is due ({"mode": "run"}), or again what has stayed due for long ({"mode": "sweep"})."""

from pinbill import bootstrap
from pinbill.entrypoints.schedule import schedule_handler

services = bootstrap.recurring_bill()
lambda_handler = schedule_handler(services.run, services.logger, services.telemetry)
