"""Lambda authorizer: from the x-api-key header to the partner that every key of the table begins with."""

import pinbill.loading

from pinbill import bootstrap
from pinbill.entrypoints.authorizer import authorizer_handler

services = bootstrap.authorizer()
lambda_handler = authorizer_handler(services.run, services.logger)

pinbill.loading.done()
