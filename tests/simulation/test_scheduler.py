"""The scheduler: who goes on, who dies, and what happens later."""

from collections.abc import Callable
from datetime import timedelta

from tests.simulation.faults import Fault, Port
from tests.simulation.scheduler import Crash, Scheduler
from tests.simulation.story import Deviation

type Body = Callable[[], None]


class Theatre:
    """Actors that say what they do; `jumps` are those of the clock."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.jumps: list[timedelta] = []
        self.scheduler = Scheduler(self.jumps.append)

    def actor(self, name: str, steps: int = 3, port: Port = Port.READ) -> tuple[str, Body]:
        def body() -> None:
            for at in range(steps):
                fault = self.scheduler.step(port, "step")
                self.said.append(f"{name}{at}" + (f" {fault}" if fault else ""))

        return name, body

    def play(self, bodies: list[tuple[str, Body]], *deviations: str) -> str:
        parsed = [Deviation(int(at), kind) for at, _, kind in (text.partition(":") for text in deviations)]
        self.scheduler.play(bodies, parsed)
        return " ".join(self.said)


def test_by_default_each_actor_runs_to_its_end() -> None:
    theatre = Theatre()

    assert theatre.play([theatre.actor("a"), theatre.actor("b")]) == "a0 a1 a2 b0 b1 b2"


def test_a_deviation_lets_another_actor_go_first() -> None:
    theatre = Theatre()

    assert theatre.play([theatre.actor("a"), theatre.actor("b")], "2:to1") == "a0 b0 b1 b2 a1 a2"


def test_actors_can_take_turns() -> None:
    theatre = Theatre()

    assert theatre.play([theatre.actor("a"), theatre.actor("b")], "2:to1", "4:to0") == "a0 b0 a1 a2 b1 b2"


def test_a_switch_to_an_actor_that_has_ended_does_nothing() -> None:
    theatre = Theatre()

    assert theatre.play([theatre.actor("a"), theatre.actor("b")], "5:to0", "5:to7") == "a0 a1 a2 b0 b1 b2"
    assert not theatre.scheduler.injected


def test_a_fault_happens_at_its_step_or_at_the_first_later_one_that_can_have_it() -> None:
    theatre = Theatre()

    said = theatre.play([theatre.actor("a", port=Port.READ), theatre.actor("b", port=Port.CLAIM)], "2:ambiguous")

    assert said == "a0 a1 a2 b0 ambiguous b1 b2"
    assert theatre.scheduler.injected == {Fault.AMBIGUOUS: 1}


def test_the_clock_jumps_before_its_step() -> None:
    theatre = Theatre()

    theatre.play([theatre.actor("a")], "2:+1h", "3:-6m")

    assert theatre.jumps == [timedelta(hours=1), timedelta(minutes=-6)]
    assert theatre.scheduler.injected == {"clock forward": 1, "clock back": 1}


def test_a_crash_ends_its_own_actor_only() -> None:
    theatre = Theatre()

    def dies() -> None:
        theatre.scheduler.step(Port.READ, "step")
        try:
            raise Crash
        except Exception:
            theatre.said.append("noticed")

    def caught() -> None:
        try:
            dies()
        except Crash:
            theatre.said.append("dead")

    assert theatre.play([("dies", caught), theatre.actor("b")]) == "dead b0 b1 b2"


def test_who_hangs_goes_on_when_all_others_have_ended() -> None:
    theatre = Theatre()

    def hangs() -> None:
        theatre.said.append("asks")
        theatre.scheduler.let_others_go_on()
        theatre.said.append("hears")

    assert theatre.play([("hangs", hangs), theatre.actor("b", 1), theatre.actor("c", 1)]) == "asks b0 c0 hears"


def test_an_actor_can_be_run_before_its_caller_goes_on() -> None:
    theatre = Theatre()

    def calls() -> None:
        theatre.said.append("before")
        theatre.scheduler.run_now(*theatre.actor("callback", 1))
        theatre.said.append("after")

    assert theatre.play([("calls", calls), theatre.actor("b", 1)]) == "before callback0 after b0"


def test_a_spawned_actor_has_the_next_number() -> None:
    theatre = Theatre()

    def spawns() -> None:
        theatre.scheduler.spawn(*theatre.actor("c", 1))
        theatre.scheduler.step(Port.READ, "step")
        theatre.said.append("spawned")

    assert theatre.play([("spawns", spawns), theatre.actor("b", 1)], "1:to2") == "c0 spawned b0"


def test_what_is_late_happens_some_steps_later_or_at_the_end_of_the_act() -> None:
    theatre = Theatre()

    def writes() -> None:
        theatre.scheduler.step(Port.READ, "step")
        theatre.scheduler.later(lambda: theatre.said.append("soon"), 2)
        theatre.scheduler.later(lambda: theatre.said.append("at the end"), None)

    assert theatre.play([("writes", writes), theatre.actor("b", 3)]) == "b0 soon b1 b2 at the end"


def test_a_bill_can_have_a_fault_and_its_callback_another() -> None:
    theatre = Theatre()
    callbacks: list[Fault | None] = []

    def bills() -> None:
        for _ in range(2):
            fault = theatre.scheduler.step(Port.BILL, "bill")
            theatre.said.append(str(fault))
            callbacks.append(theatre.scheduler.take_callback_fault())

    theatre.play([("bills", bills)], "1:lost_debited", "1:callback_lost", "1:callback_twice")

    assert theatre.said == ["lost_debited", "None"]
    assert callbacks == [Fault.CALLBACK_LOST, Fault.CALLBACK_TWICE]
