"""Stream: tell partners' webhook endpoints what has just happened to their subscriptions."""

import pinbill.loading

from pinbill import bootstrap_webhooks
from pinbill.entrypoints.webhooks import feed_handler

services, read = bootstrap_webhooks.webhook_feed()
lambda_handler = feed_handler(services.run, read, services.logger, services.telemetry)

pinbill.loading.done()
