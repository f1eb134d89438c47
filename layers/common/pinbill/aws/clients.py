"""How AWS's clients wait and retry, those of boto3 and the functions' own."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from botocore.config import Config


class Waits(NamedTuple):
    """Seconds until a connection stands and until an answer comes, and how often a call is made at most."""

    connect: float
    read: float
    attempts: int


# One quick retry by the client; the table decides on further ones, because it knows its own writes again.
QUICK = Waits(connect=1, read=2, attempts=2)
# Of the secret. Far below the time that a function has: a secret that cannot be read is an answer too.
UNHURRIED = Waits(connect=2, read=3, attempts=2)


def client_config(connections: int = 10, waits: Waits = QUICK) -> "Config":
    """Of a client of boto3's. `connections` is how many threads use one client at the same time."""
    from botocore.config import Config  # noqa: PLC0415  # most of botocore: only for who calls by it

    return Config(
        connect_timeout=waits.connect,
        read_timeout=waits.read,
        retries={"mode": "standard", "total_max_attempts": waits.attempts},
        max_pool_connections=connections,
        tcp_keepalive=True,
    )
