"""Schedule: deliver what webhook endpoints have not taken yet, and what was asked for again."""

import pinbill.loading

from pinbill import bootstrap_webhooks
from pinbill.entrypoints.webhooks import retry_handler

services = bootstrap_webhooks.webhook_retry()
lambda_handler = retry_handler(services.run, services.logger, services.telemetry)

pinbill.loading.done()
