"""Schedule: hand out what is due ({"mode": "run"}), or again what has stayed due for long ({"mode": "sweep"})."""

import pinbill.loading

from pinbill import bootstrap
from pinbill.entrypoints.schedule import schedule_handler

services, arrears = bootstrap.recurring_bill()
lambda_handler = schedule_handler(services.run, arrears, services.logger, services.telemetry)

pinbill.loading.done()
