"""What boto3's standard mode makes again, for the calls that our own clients make of services other than DynamoDB."""

from typing import Any

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnection

# botocore's lists, without what no service sends that is called here.
THROTTLED = frozenset(
    {
        "LimitExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
TRANSIENT = frozenset({"RequestTimeout", "RequestTimeoutException"})
PASSING_STATUS = frozenset({500, 502, 503, 504})
TOO_MANY_REQUESTS = 429
# No answer, or half of one: the call may have taken effect.
NO_ANSWER = (HTTPClientError, NoConnection, IncompleteReadError)
THROTTLED_SECONDS, TRANSIENT_SECONDS = 1.0, 0.05


def longest_pause(error: Exception) -> float | None:
    """Seconds, at most, until the call that failed so is made again; None for what will not pass."""
    if isinstance(error, NO_ANSWER):
        return TRANSIENT_SECONDS
    if not isinstance(error, ClientError):
        return None
    answer: Any = error.response
    code, status = answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
    if code in THROTTLED or status == TOO_MANY_REQUESTS:
        return THROTTLED_SECONDS
    return TRANSIENT_SECONDS if code in TRANSIENT or status in PASSING_STATUS else None
