"""Worlds with a bug planted on purpose, which the simulation must find."""

from collections.abc import Callable
from typing import override

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.change import Change
from pinbill.domain.ending import When
from pinbill.domain.repeats import Keyed
from pinbill.domain.subscription import Subscription
from pinbill.errors import StoreUnavailable
from pinbill.usecases.calls import BillOrder
from pinbill.usecases.ports.rails import Rails
from pinbill.usecases.ports.store import StaleVersion
from tests.fakes.store import InMemoryStore
from tests.simulation.bank_provider import BankProvider
from tests.simulation.phone_provider import PhoneProvider
from tests.simulation.use_cases import UseCases
from tests.simulation.world import World


class RetriesLostAnswers(World):
    """A bill whose answer was lost is sent once more."""

    @override
    def _use_cases(self, rails: Rails) -> UseCases:
        _wrap_bills(rails, lambda bill, order, result: bill(order) if result.state is AttemptState.UNKNOWN else result)
        return super()._use_cases(rails)


class ReadsLostAnswersAsNotSent(World):
    """A bill whose answer was lost gives its claim back."""

    @override
    def _use_cases(self, rails: Rails) -> UseCases:
        not_sent = BillResult(AttemptState.NOT_SENT)
        _wrap_bills(rails, lambda bill, order, result: not_sent if result.state is AttemptState.UNKNOWN else result)
        return super()._use_cases(rails)


class TakesDeclinesForPaid(World):
    """A bill that was declined is booked as paid."""

    @override
    def _use_cases(self, rails: Rails) -> UseCases:
        paid = BillResult(AttemptState.PAID)
        _wrap_bills(rails, lambda bill, order, result: paid if result.state is AttemptState.DECLINED else result)
        return super()._use_cases(rails)


class SwallowsStoreErrors(World):
    """A claim that the store did not take is acted upon."""

    @override
    def _use_cases(self, rails: Rails) -> UseCases:
        store = self.backend.store
        commit = store.commit

        def careless(change: Change) -> None:
            try:
                commit(change)
            except StoreUnavailable:
                return

        store.commit = careless  # type: ignore[method-assign]
        return super()._use_cases(rails)


class IgnoresTheVersion(World):
    """A store that takes every write: the condition of the claim is gone."""

    @override
    def _use_cases(self, rails: Rails) -> UseCases:
        rows = self.backend.rows
        assert isinstance(rows, InMemoryStore)
        commit = rows.commit

        def unconditional(change: Change) -> None:
            try:
                commit(change)
            except StaleVersion:
                rows.subscriptions[change.after.partner, change.after.id] = change.after

        rows.commit = unconditional  # type: ignore[method-assign]
        return super()._use_cases(rails)


class ForgetsCancels(World):
    """A cancel is answered although the store did not take it."""

    @override
    def _use_cases(self, rails: Rails) -> UseCases:
        built = super()._use_cases(rails)
        cancel = built.cancel

        def careless(
            partner: str, subscription_id: str, when: When, reason: str, request: Keyed | None = None
        ) -> Subscription:
            try:
                return cancel(partner, subscription_id, when, reason, request)
            except StoreUnavailable:
                return self.backend.rows.subscription(partner, subscription_id)

        built.cancel = careless  # type: ignore[assignment]
        return built


def _wrap_bills(
    rails: Rails, change: Callable[[Callable[[BillOrder], BillResult], BillOrder, BillResult], BillResult]
) -> None:
    """Put `change` between the use cases and the providers."""
    for rail in (rails.infomedia, rails.signzy):
        assert isinstance(rail, PhoneProvider | BankProvider)
        bill = rail.bill

        def changed(order: BillOrder, bill: Callable[[BillOrder], BillResult] = bill) -> BillResult:
            return change(bill, order, bill(order))

        rail.bill = changed  # type: ignore[method-assign]
