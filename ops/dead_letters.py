"""Messages that nobody works on any more: shown by their ids, put back to work where they are ours, or discarded.

What is put back is billed by the same claim as ever: of a bill that was made meanwhile nothing is asked again. What
stands in a message that is not ours may be a number: a terminal sees its id, its time and its size.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from pinbill.entrypoints.work_queue import WorkMessage
from pinbill.errors import NotFound, StoreUnavailable
from pinbill.usecases.ports.billing import Work

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

AT_ONCE = 10
MOST = 1_000
# Who else reads the queue meanwhile does not see what this command has taken.
HELD_SECONDS = 120
OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Letter:
    id: str
    receipt: str
    sent_at: datetime
    body: str

    @property
    def work(self) -> Work | None:
        """What is to be billed; None for what is not ours."""
        try:
            return WorkMessage.model_validate_json(self.body).work()
        except ValidationError:
            return None

    @property
    def about(self) -> str:
        work = self.work
        if work is None:
            return f"not ours, {len(self.body)} characters"
        partners = ", ".join(sorted({partner for partner, _ in work.subscriptions}))
        count = len(work.subscriptions)
        return f"{count} bill{'' if count == 1 else 's'} on {work.rail} of {partners}"


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A queue of dead letters. Every method raises StoreUnavailable; what was done until then stays done."""

    client: "SQSClient"
    url: str

    def show(self) -> Iterator[str]:
        letters = self._taken(MOST)
        self._let_go(letters)
        yield from (f"{letter.id}  {letter.sent_at:%Y-%m-%d %H:%M}Z  {letter.about}" for letter in letters)
        yield f"{len(letters)} message{'' if len(letters) == 1 else 's'}"

    def redrive(self, queue: str, most: int = MOST, only: str | None = None) -> Iterator[str]:
        """Put back to `queue` at most so many, or only one. Raises NotFound where that one is not there."""
        letters = self._wanted(most, only)
        left = []
        for letter in letters:
            if letter.work is None:
                left.append(letter)
                yield f"left: {letter.id} is {letter.about}"
            else:
                self._put_back(letter, letter.work, queue)
        self._let_go(left)
        yield f"{len(letters) - len(left)} put back, {len(left)} left"

    def discard(self, only: str | None, file: Path, by: str, because: str) -> Iterator[str]:
        """Take one message away, or all of them; what they said, who and why is added to `file`.

        Raises NotFound for a message that is not there: nothing was discarded then.
        """
        letters = self._wanted(MOST, only)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY), "a") as kept:
            for letter in letters:
                said = {"id": letter.id, "sent_at": letter.sent_at.isoformat(), "body": letter.body}
                kept.write(json.dumps({**said, "discarded_by": by, "because": because}) + "\n")
                kept.flush()
                self._delete(letter)
                yield f"discarded {letter.id}: {letter.about}"
        yield f"{len(letters)} discarded; what stood in them is in {file}"

    def _wanted(self, most: int, only: str | None) -> list[Letter]:
        if only is None:
            return self._taken(most)
        letters = self._taken(MOST)
        self._let_go(letter for letter in letters if letter.id != only)
        found = [letter for letter in letters if letter.id == only]
        if not found:
            raise NotFound(f"There is no message {only}, or somebody else looks at it; nothing was changed.")
        return found

    def _taken(self, most: int) -> list[Letter]:
        """So many of those that can be seen now; nobody else sees them until they are let go."""
        letters: list[Letter] = []
        while len(letters) < most:
            some = self._some(min(AT_ONCE, most - len(letters)))
            if not some:
                break
            letters += some
        return letters

    def _some(self, count: int) -> list[Letter]:
        answer: Any = _asked(
            lambda: self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=count,
                VisibilityTimeout=HELD_SECONDS,
                WaitTimeSeconds=1,
                AttributeNames=["SentTimestamp"],
            )
        )
        return [_letter(message) for message in answer.get("Messages", [])]

    def _put_back(self, letter: Letter, work: Work, queue: str) -> None:
        """Sent before it is deleted: a message that is there twice is claimed once."""
        # Its call times have passed; the worker books new ones, so that the quota is kept.
        body = WorkMessage.of(replace(work, times=None)).model_dump_json(exclude_defaults=True)
        _asked(lambda: self.client.send_message(QueueUrl=queue, MessageBody=body))
        self._delete(letter)

    def _delete(self, letter: Letter) -> None:
        _asked(lambda: self.client.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt))

    def _let_go(self, letters: Iterable[Letter]) -> None:
        """Whoever comes next sees them at once."""
        for letter in letters:
            self._hold(letter, 0)

    def _hold(self, letter: Letter, seconds: int) -> None:
        _asked(
            lambda: self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=letter.receipt, VisibilityTimeout=seconds
            )
        )


def _letter(message: Any) -> Letter:
    sent_at = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    return Letter(message["MessageId"], message["ReceiptHandle"], sent_at, message["Body"])


def _asked[T](call: Callable[[], T]) -> T:
    try:
        return call()
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable("The queue did not answer; run it again.") from error
