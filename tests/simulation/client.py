"""A partner's app on behalf of one user: it repeats what was not answered, and asks for a new PIN when one is spent."""

from dataclasses import dataclass, field

from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.subscription import Mandate
from pinbill.errors import MandateInUse, PinbillError, PinExhausted, PinExpired, PinWrong, SubscriptionExists
from tests.simulation.keyed import with_new_key
from tests.simulation.story import Operation

PIN = "1234"
NEEDS_NEW_PIN = (PinExpired, PinExhausted, PinWrong)


@dataclass(slots=True)
class Client:
    """`subscription` is the id that it was answered last, `unanswered` are the requests that it will repeat."""

    user: int
    subscription: str | None = None
    unanswered: list[Operation] = field(default_factory=list)

    @property
    def msisdn(self) -> Msisdn:
        return Msisdn.parse(f"+44770090010{self.user}")

    @property
    def network(self) -> tuple[str, str]:
        return ("234", "10")

    def mandate(self, currency: str) -> Mandate:
        return Mandate(f"900{self.user}", Money(10_000_000, currency))

    def unheard(self, request: Operation) -> None:
        """No answer came, or one that allows a repeat."""
        if request not in self.unanswered:
            self.unanswered.append(request)

    def heard(self, request: Operation) -> None:
        if request in self.unanswered:
            self.unanswered.remove(request)

    def refused(self, request: Operation, error: PinbillError) -> None:
        """An error came: repeat, go on with what exists already, ask for a new PIN, or give up."""
        if isinstance(error, MandateInUse):
            self.unheard(request)  # until the mandate has rested
            return
        if isinstance(error, SubscriptionExists):
            self.subscription = error.subscription_id
        if isinstance(error, NEEDS_NEW_PIN):
            self.heard(request)
            self.unheard(Operation("resend", user=self.user))
            self.unheard(with_new_key(request))
        elif error.retryable:
            self.unheard(request)
        else:
            self.heard(request)

    def snapshot(self) -> object:
        return self.subscription, tuple(self.unanswered)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        self.subscription, self.unanswered = snapshot[0], list(snapshot[1])
