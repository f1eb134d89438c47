"""What coverage has found, as a metric beside those of the functions, so that an alarm can watch it."""

from collections.abc import Iterator

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.arguments import Lines
from ops.coverage import NotCovered, Proof
from pinbill.aws.clients import client_config
from pinbill.errors import Misconfigured
from pinbill.usecases.measures import FORMS, NAMESPACE, Measure


def published(lines: Lines, proof: Proof, stack: str) -> Iterator[str]:
    """The same lines; behind the last one, how many findings there were goes to CloudWatch.

    Nothing goes there when the table could not be read to its end. Raises what `lines` raise; Misconfigured.
    """
    try:
        yield from lines
    except NotCovered:
        _put(proof.findings, stack)
        raise
    _put(proof.findings, stack)


def _put(gaps: int, stack: str) -> None:
    found = {
        "MetricName": Measure.COVERAGE_GAPS.value,
        "Dimensions": [{"Name": "service", "Value": stack}],
        "Value": gaps,
        "Unit": FORMS[Measure.COVERAGE_GAPS].unit.value,
    }
    try:
        boto3.client("cloudwatch", config=client_config()).put_metric_data(Namespace=NAMESPACE, MetricData=[found])
    except (BotoCoreError, ClientError) as error:
        raise Misconfigured(f"The findings were listed, but not published: {error}") from None
