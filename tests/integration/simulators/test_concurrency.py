"""Under many threads: one PIN, one balance, exact counts, unique ids."""

import http.client
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.integration.simulators.driver import NUMBER, Driver, symptom

_THREADS = 32


def _together(driver: Driver, calls: int, call: Callable[[Driver, int], Any]) -> list[Any]:
    def alone(place: int) -> Any:
        own = Driver(driver.server)
        try:
            return call(own, place)
        finally:
            own.close()

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(alone, range(calls)))


def test_one_pin_bills_once_however_many_try_it(driver: Driver) -> None:
    pin = driver.pin()

    seen = Counter(_together(driver, _THREADS, lambda own, place: symptom(lambda: own.first_bill(pin=pin))))

    assert seen == {"ok": 1, "error P4": _THREADS - 1}
    assert len(driver.debits()) == 1


def test_a_balance_pays_for_what_it_holds_and_no_more(driver: Driver) -> None:
    driver.post(f"/handset/{NUMBER}/balance", amount=500)

    seen = Counter(_together(driver, _THREADS, lambda own, place: symptom(lambda: own.renew(amount=1))))

    assert seen == {"ok": 5, "declined AA": _THREADS - 5}
    assert driver.get(f"/handset/{NUMBER}")["balance_minor"] == 0
    assert sum(row["amount_minor"] for row in driver.debits()) == 500


def test_a_fault_strikes_exactly_as_often_as_asked(driver: Driver) -> None:
    driver.fault("http_500", times=7, skip=3)

    seen = Counter(_together(driver, 2 * _THREADS, lambda own, place: symptom(own.renew)))

    assert seen == {"500": 7, "ok": 2 * _THREADS - 7}
    assert len(driver.debits()) == 2 * _THREADS - 7


def test_magic_strikes_exactly_once_under_threads(driver: Driver) -> None:
    seen = Counter(_together(driver, _THREADS, lambda own, place: symptom(lambda: own.renew("447700900903"))))

    assert seen == {"declined AA": 1, "ok": _THREADS - 1}


def test_payment_and_mandate_ids_are_never_shared(driver: Driver) -> None:
    mandate = driver.mandate()
    payments = _together(
        driver, _THREADS, lambda own, place: own.charge(mandate, 1).json()["result"]["payment"]["paymentId"]
    )
    mandates = _together(driver, _THREADS, lambda own, place: own.mandate())

    assert len(set(payments)) == len(set(mandates)) == _THREADS
    assert len(driver.accepted()) == _THREADS


def test_settling_a_payment_twice_at_once_debits_once(driver: Driver) -> None:
    payment = driver.charge(driver.mandate()).json()["result"]["payment"]["paymentId"]

    def settle(own: Driver, place: int) -> int:
        if place % 2:
            own.advance(86_400)
            return 200
        body = {"status": "SUCCESS"}
        return own.session.post(f"{own.url}/control/payments/{payment}/settle", json=body, timeout=10).status_code

    assert set(_together(driver, 8, settle)) <= {200, 400}
    assert len(driver.debits()) == 1


def test_a_kept_connection_carries_many_calls(driver: Driver) -> None:
    connection = http.client.HTTPConnection(driver.url.removeprefix("http://"), timeout=10)
    used = []
    for _ in range(3):
        connection.request("GET", "/control/health")
        assert connection.getresponse().read() == b'{"status": "ok"}'
        used.append(connection.sock)
    connection.close()

    assert used[0] is not None
    assert used == [used[0]] * 3
