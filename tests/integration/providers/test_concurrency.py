"""One client under the billing worker's 64 threads."""

from concurrent.futures import ThreadPoolExecutor

from pinbill.domain.attempts import AttemptState, BillResult
from tests.integration.providers.rig import Rig

THREADS, ROUNDS = 64, 4


def test_64_threads_bill_each_order_once_and_get_their_own_answers(rig: Rig) -> None:
    orders = [
        rig.bill_order(number=f"+4477009008{thread:02}", reference=f"SUB{thread}-{turn}")
        for turn in range(ROUNDS)
        for thread in range(THREADS)
    ]

    with ThreadPoolExecutor(THREADS) as threads:
        results = list(threads.map(rig.infomedia.bill, orders))

    debits = {debit["reference"]: debit for debit in rig.debits()}
    assert len(rig.debits()) == len(debits) == THREADS * ROUNDS
    assert {result.state for result in results} == {AttemptState.PAID}
    for order, result in zip(orders, results, strict=True):
        debit = debits[order.reference]
        assert result.provider_reference == debit["transaction"]
        assert order.subscriber.msisdn.digits == debit["msisdn"]


def test_what_one_threads_call_meets_does_not_colour_anothers(rig: Rig) -> None:
    """Half of the numbers lose their answers after the debit, the others are billed, on the same connections."""
    lost = [f"4477009008{thread:02}" for thread in range(0, THREADS, 2)]
    for number in lost:
        rig.simulator.world.faults.add("drop_after_debit", {"methods": ["SendBill"], "msisdn": number}, None, 0, {})
    orders = [rig.bill_order(number=f"+4477009008{n:02}", reference=f"SUB{n}-1") for n in range(THREADS)]

    with ThreadPoolExecutor(THREADS) as threads:
        results = list(threads.map(rig.infomedia.bill, orders))

    for order, result in zip(orders, results, strict=True):
        is_lost = order.subscriber.msisdn.digits in lost
        assert result.state is (AttemptState.UNKNOWN if is_lost else AttemptState.PAID)
    assert len(rig.debits()) == THREADS
    assert len(rig.calls("SendBill")) == THREADS


def test_64_threads_charge_each_mandate_once(rig: Rig) -> None:
    mandates = [rig.mandate() for _ in range(THREADS)]

    def charge(mandate: str) -> BillResult:
        return rig.signzy.bill(rig.charge_order(mandate))

    with ThreadPoolExecutor(THREADS) as threads:
        results = list(threads.map(charge, mandates))

    taken = {str(row["mandate"]): row["transaction"] for row in rig.accepted()}
    assert len(rig.accepted()) == THREADS
    assert [result.provider_reference for result in results] == [taken[mandate] for mandate in mandates]
