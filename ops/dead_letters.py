"""Messages that workers failed on three times: put those that are ours back to work, and leave the others for a person.

What is put back is billed by the same claim as ever: of a bill that was made meanwhile nothing is asked again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from pinbill.entrypoints.work_queue import WorkMessage
from pinbill.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

AT_ONCE = 10
# Who else reads the queue meanwhile does not see what this command has taken.
HELD_SECONDS = 120


@dataclass(frozen=True, slots=True)
class DeadLetters:
    client: "SQSClient"
    queue: str
    dead_letters: str

    def redrive(self, most: int) -> Iterator[str]:
        """Put back at most so many messages. Raises StoreUnavailable; what was put back then stays put back."""
        put_back = left = 0
        try:
            while put_back + left < most:
                messages = self._some(min(AT_ONCE, most - put_back - left))
                if not messages:
                    break
                for message in messages:
                    if self._put_back(message):
                        put_back += 1
                    else:
                        left += 1
                        yield f"left: {message['MessageId']} is not ours, {len(message['Body'])} characters"
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable("The queue did not answer; run it again.") from error
        yield f"{put_back} put back, {left} left"

    def _some(self, count: int) -> list[Any]:
        answer = self.client.receive_message(
            QueueUrl=self.dead_letters, MaxNumberOfMessages=count, VisibilityTimeout=HELD_SECONDS, WaitTimeSeconds=1
        )
        return list(answer.get("Messages", []))

    def _put_back(self, message: Any) -> bool:
        """Sent before it is deleted: a message that is there twice is claimed once."""
        try:
            work = WorkMessage.model_validate_json(message["Body"]).work()
        except ValidationError:
            return False
        # Its call times have passed; the worker books new ones, so that the quota is kept.
        body = WorkMessage.of(replace(work, times=None)).model_dump_json(exclude_defaults=True)
        self.client.send_message(QueueUrl=self.queue, MessageBody=body)
        self.client.delete_message(QueueUrl=self.dead_letters, ReceiptHandle=message["ReceiptHandle"])
        return True
