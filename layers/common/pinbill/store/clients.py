"""How AWS's clients wait and retry: those of boto3, and in its waiting the functions' own one for DynamoDB."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.config import Config

CONNECT_SECONDS, READ_SECONDS = 1, 2
# One quick retry by the SDK; the table decides on further ones, because it knows its own writes again.
SDK_ATTEMPTS = 2


def client_config(connections: int = 10) -> "Config":
    """Of a client of boto3's. `connections` is how many threads use one client at the same time."""
    from botocore.config import Config  # noqa: PLC0415  # most of botocore: only for who calls by it

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": SDK_ATTEMPTS},
        max_pool_connections=connections,
        tcp_keepalive=True,
    )
