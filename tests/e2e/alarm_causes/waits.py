"""What waits for too long: bills that nobody asks for, outcomes that nobody knows or decides, periods without any."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta

from tests.e2e.alarm_causes.scene import Scene, decide_all, sets_off
from tests.e2e.operating import operate
from tests.e2e.troubles import workers_off
from tests.e2e.waiting import wait_until

BILL = "SendBill"
DAY = 24 * 3600


@sets_off("InfomediaOldestDueAlarm", "SignzyOldestDueAlarm")
def a_dispatcher_that_hands_out_nothing_while_its_sweeps_go_on(scene: Scene) -> Generator[None]:
    scene.desk.active()
    scene.desk.active_by_mandate()
    scene.desk.move_clock(32 * DAY)
    _sweep_until(scene, "InfomediaOldestDueAlarm", "SignzyOldestDueAlarm")
    yield


@sets_off("InfomediaUnknownOverdueAlarm", "SignzyUnknownOverdueAlarm")
def answers_that_were_lost_and_that_nobody_has_decided(scene: Scene) -> Generator[None]:
    desk, number, mandate = scene.desk, scene.desk.number(), scene.desk.mandate(magic="success-now")
    by_phone, by_mandate = desk.active(msisdn=number), desk.subscribe_by_mandate(mandate)
    assert desk.confirm(by_mandate, None).status_code == 200
    desk.fault("drop_after_debit", BILL, number)
    scope = {"provider": "signzy", "mandate": mandate["reference"], "method": "Charge"}
    desk.office.post("/control/faults", fault="drop_after_debit", times=1, **scope)
    with workers_off(desk), _decided_in_the_end(scene):
        assert desk.charge(by_phone, "gems").status_code == 202
        assert desk.charge(by_mandate, "gems", "10.00", "INR").status_code == 202
        desk.move_clock(10 * DAY)
        _sweep_until(scene, "InfomediaUnknownOverdueAlarm", "SignzyUnknownOverdueAlarm")
        yield


@sets_off("CoverageGapAlarm")
def a_renewal_that_nobody_has_billed_for_days(scene: Scene) -> Generator[None]:
    desk = scene.desk
    desk.active()
    desk.move_clock(10 * DAY)
    month = (desk.now() - timedelta(days=3)).strftime("%Y-%m")  # when it was due
    assert operate(desk, "coverage", "--month", month, "--publish").returncode == 1
    yield


def _sweep_until(scene: Scene, *alarms: str) -> None:
    """A function may see the moved clock a second late."""

    def measured() -> bool:
        assert scene.call("RecurringBillFunction", {"mode": "sweep"})
        return all(scene.is_set_off(alarm) for alarm in alarms)

    wait_until("a sweep by the moved clock", measured)


@contextmanager
def _decided_in_the_end(scene: Scene) -> Iterator[None]:
    try:
        yield
    finally:
        decide_all(scene.desk)
