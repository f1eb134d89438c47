"""Requests of a partner's app: each calls one use case, and tells the judge what was answered."""

from collections.abc import Callable
from dataclasses import replace

from pinbill.domain.ending import When
from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeGiven
from pinbill.domain.repeats import Keyed
from pinbill.domain.states import State
from pinbill.domain.subscription import Delivery, Subscription, Timer
from pinbill.errors import ConcurrentChange, NoticeContradicts, PinbillError
from pinbill.usecases.charge import ChargeCommand
from pinbill.usecases.pin_request import Subscribe
from tests.simulation.bodies import Body
from tests.simulation.client import PIN, Client
from tests.simulation.keyed import Request, Sent, key_of
from tests.simulation.own_states import LIVE
from tests.simulation.story import Operation, moved
from tests.simulation.violation import Violation, demand
from tests.simulation.world import PARTNER, PLAN, World

DEFAULT_CHARGE = 99
ROUNDS = 8  # that others must have come first before a request may give up


class Requests:
    """Every method answers the body of a request, or None when there is nothing to ask for yet."""

    def __init__(self, world: World) -> None:
        self._world = world

    def subscribe(self, operation: Operation) -> Body:
        world, client = self._world, self._world.clients[operation.user]
        phone = world.provider is world.phone
        command = Subscribe(
            PARTNER,
            PLAN,
            client.msisdn,
            client.network if phone else None,
            None if phone else client.mandate(world.plan.price.currency),
        )

        def call(request: Keyed | None) -> None:
            known = request is not None and self._sent.is_repeat
            answer = world.use_cases.pin_request.subscribe(replace(command, request=request))
            if not known:  # a late copy brings no news
                client.subscription = answer.id
            self._known(answer)

        return self._request(client, operation, f"user {operation.user}", call)

    def resend(self, operation: Operation) -> Body | None:
        def call(id: str, request: Keyed | None) -> None:
            self._known(self._world.use_cases.pin_request.resend(PARTNER, id, None, request))

        return self._of_subscription(operation, call) if self._world.provider is self._world.phone else None

    def confirm(self, operation: Operation) -> Body | None:
        def call(id: str, request: Keyed | None) -> None:
            pin = PIN if self._world.provider is self._world.phone else None
            confirmed = self._world.use_cases.pin_confirm(PARTNER, id, pin, self._world.may_call, request=request)
            if confirmed.attempt is None or not confirmed.attempt.is_open:  # else it may still come to nothing
                self._answered(id)
            if confirmed.attempt:
                self._world.judge.tell(confirmed.attempt)

        return self._of_subscription(operation, call)

    def charge(self, operation: Operation) -> Body | None:
        key, _, minor = operation.argument.partition("=")
        amount = Money(int(minor or DEFAULT_CHARGE), self._world.plan.price.currency)

        def call(id: str, _: Keyed | None) -> None:
            charged = self._world.use_cases.charge_now(ChargeCommand(PARTNER, id, key, amount, "extra"))
            self._world.judge.tell(charged.charge.attempt)

        return self._of_subscription(operation, call)

    def cancel(self, operation: Operation) -> Body | None:
        when = When.PERIOD_END if key_of(operation)[1] == "end" else When.NOW

        def call(id: str, request: Keyed | None) -> None:
            if when is When.NOW:
                self._world.judge.cancelled_now.add(id)
            self._cancelled(self._world.use_cases.cancel(PARTNER, id, when, "test", request), when)
            self._answered(id)

        return self._of_subscription(operation, call)

    def pause(self, operation: Operation) -> Body | None:
        """`pause:+10d` is one that ends by itself."""
        world = self._world
        lasts = moved(key_of(operation)[1])

        def call(id: str, request: Keyed | None) -> None:
            until = world.clock.true + lasts if lasts else None
            was_paused = world.judge.pauses.going.get(id)
            was_done = self._was_done
            answer = world.use_cases.pause.pause(PARTNER, id, until, request)
            self._answered(id)
            if was_done:
                return  # whatever it has become since
            paused = answer.state is State.PAUSED and not answer.access
            demand(paused, "pause_takes_effect", answer, "in the answer to a pause")
            ends = answer.timers.get(Timer.RESUME)
            asked = was_paused is not None or ends == until
            demand(asked, "pause_lasts_as_long_as_asked", answer, f"until {ends}, not {until}")

        return self._of_subscription(operation, call)

    def resume(self, operation: Operation) -> Body | None:
        def call(id: str, request: Keyed | None) -> None:
            was_done = self._was_done
            answer = self._world.use_cases.pause.resume(PARTNER, id, request)
            self._answered(id)
            if was_done:
                return
            demand(answer.access, "pause_takes_effect", answer, "in the answer to a resume")

        return self._of_subscription(operation, call)

    def notice(self, operation: Operation) -> Body | None:
        """The app reads which debit is announced, tells its user, and reports that."""
        world = self._world

        def call(id: str, _: Keyed | None) -> None:
            announced = world.backend.rows.subscription(PARTNER, id).announced
            if announced is None or not announced.is_awaited:
                return
            notices, period = world.judge.notices, announced.period
            told = notices.tells(id, period, announced.amount, announced.bills_at)
            report = NoticeGiven(period, told.amount, told.bills_at, told.at)
            try:
                world.use_cases.notices.given(PARTNER, id, report)
            except NoticeContradicts:
                notices.disbelieved.add(told)
                raise

        return self._of_subscription(operation, call)

    def opt_out(self, operation: Operation) -> Body | None:
        world = self._world

        def call(id: str, _: Keyed | None) -> None:
            announced = world.backend.rows.subscription(PARTNER, id).announced
            if announced is None:
                return
            answer = world.use_cases.notices.opt_out(PARTNER, id, announced.period)
            if answer.notice and answer.notice.is_of(announced.period, announced.starts, announced.amount):
                world.judge.notices.opted_out(id, announced.period, announced.starts)

        return self._of_subscription(operation, call)

    def _cancelled(self, answer: Subscription, when: When) -> None:
        ends = answer.cancel_at is not None and when is When.PERIOD_END
        demand(ends or answer.state not in LIVE, "cancel_takes_effect", answer, "in the answer to a cancel")
        self._world.judge.acknowledge(answer.id, at_end=answer.state in LIVE)

    @property
    def _sent(self) -> Sent:
        sent = self._world.scheduler.running().sent
        assert sent is not None  # asked for only with a key
        return sent

    @property
    def _was_done(self) -> bool:
        """Whether an earlier request with this one's key has taken effect, or was answered."""
        sent = self._world.scheduler.running().sent
        return sent is not None and (sent.is_repeat or sent.request in self._world.judge.keyed.written)

    def _known(self, answer: Subscription) -> None:
        """Answered for good, unless it is not known whether the SMS went out: then it may still come to nothing."""
        if answer.pin is None or answer.pin.delivery is Delivery.SENT:
            self._answered(answer.id)

    def _answered(self, id: str) -> None:
        sent = self._world.scheduler.running().sent
        if sent is not None:
            self._world.judge.keyed.answered(sent, id)

    def _of_subscription(self, operation: Operation, call: Callable[[str, Keyed | None], None]) -> Body | None:
        """A request about the client's subscription, which a client without an answer does not know."""
        client = self._world.clients[operation.user]
        id = client.subscription
        return self._request(client, operation, id, lambda request: call(id, request)) if id else None

    def _begun(self, operation: Operation, subject: str) -> Keyed | None:
        """The operation's key, if it has one, is the running actor's from now on."""
        key, body = key_of(operation)
        if not key or operation.name == "charge":  # which the judge knows by its obligation
            return None
        request = Request(operation.name, key, subject)
        self._world.scheduler.running().sent = self._world.judge.keyed.sends(request, body)
        return request.sent(body)

    def _request(self, client: Client, request: Operation, subject: str, call: Callable[[Keyed | None], None]) -> Body:
        def body() -> None:
            actor = self._world.scheduler.running()
            asked = actor.asked
            keyed = self._begun(request, subject)
            client.unheard(request)
            writes = self._world.judge.writes
            try:
                call(keyed)
            except PinbillError as error:
                if actor.sent is not None:
                    self._world.judge.keyed.refused(actor.sent, error)
                if isinstance(error, ConcurrentChange) and self._world.judge.writes - writes < ROUNDS:
                    raise Violation("conflicts_are_resolved", f"{request} gave up after one or two") from error
                self._world.judge.refuse(asked)
                client.refused(request, error)
            else:
                client.heard(request)
            finally:
                if actor.sent is not None:
                    self._world.judge.keyed.ends(actor.sent)

        return body
