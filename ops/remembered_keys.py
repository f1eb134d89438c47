"""What API Gateway remembers of keys, and how it is made to forget."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


@dataclass(frozen=True, slots=True)
class RememberedKeys:
    """Of one API's stage: for how many seconds API Gateway remembers what a key may do. `client` is apigateway's."""

    client: Any
    api: str
    stage: str
    seconds: int

    def forget(self) -> str:
        """Make it forget all keys; returns from when on the change that was made holds."""
        if not self.seconds:
            return "in force at once"
        try:
            self.client.flush_stage_authorizers_cache(restApiId=self.api, stageName=self.stage)
        except (ClientError, BotoCoreError):
            return f"in force within {self.seconds} seconds: API Gateway may remember the keys for so long"
        return "in force at once: API Gateway was told to forget the keys that it remembered"
