"""Where the exhaustive search begins: start states, and the operations that are tried in each, alone and in pairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product, zip_longest

from tests.simulation.story import Act, Configuration, Operation, acts

# Steps of these, too, may take the second deviation: a fault is often followed by one in its repair.
RECOVERY = "again; callbacks; deliver; +11m; sweep"


@dataclass(frozen=True, slots=True)
class Situation:
    """`focus` is the act whose steps take the deviations, after the acts of `before` went as usual.

    Of several operations only such schedules are searched as begin with a switch or a pause: the others are those of
    one alone.
    """

    configuration: Configuration
    before: tuple[Act, ...]
    focus: Act
    recovery: tuple[Act, ...]
    is_pair: bool = False
    most_deviations: int = 2


@dataclass(frozen=True, slots=True)
class StartState:
    """What is tried from here: operations `alone`, every ordered pair of those `together`, and a `scene`: several at
    once in which the first stands still, with no further deviation; or, when it is told where it does, with any one.
    """

    configuration: str
    before: str
    alone: str = ""
    together: str = ""
    scene: str = ""


SUBSCRIBED = "subscribe; confirm; callbacks"
DUE = f"{SUBSCRIBED}; due"
UNKNOWN = f"{DUE}; run[1:lost_debited]"
UNDEBITED = f"{DUE}; run[1:lost_undebited]"
CRASHED = f"{DUE}; run[1:crash_debited]; +6m"
MANDATE = "subscribe; confirm; +21h; callbacks"
# A process stands still for hours, while the schedule and the operator go on.
STANDS_STILL = "wake|+2h|wake|+2h|decide|wake"
MANDATE_DUE = f"{MANDATE}; due"
# Of a plan whose debits need a notice: it is announced; its user is told; it is due.
ANNOUNCED = f"{MANDATE}; due; run"
TOLD = f"{ANNOUNCED}; notice"
UNTOLD = f"{ANNOUNCED}; due; run"
# The run's message is lost: the second sweep, whose round began after the run, is to find it.
UNHEARD = f"{DUE}; run[1:message_lost]; +46m; sweep; +46m"
# The stop comes when the bill is due, and goes when an audit has been; and when its worker had just died.
STOPPED = f"{DUE}; halt; run; +46m; sweep; +46m; sweep; go_on"
LEFT_AND_STOPPED = f"{DUE}; run[1:crash_debited]; halt; outage:1d; sweep; +46m"
PAUSED = f"{SUBSCRIBED}; +10d; pause; +40d"
LEFT = f"{DUE}; run[1:crash_debited]; +46m; sweep; +46m"
# Debited, and answered as declined: what is known of it comes by callback, before or after the next try.
DENIED = f"{DUE}; run[1:contradicted]"
DENIED_LATE = f"{DUE}; run[1:contradicted 1:callback_late]; due; run[1:lost_undebited]; +25h"

# A late copy of the pause comes when it is over.
RESUMED = f"{SUBSCRIBED}; +10d; pause:k1; +10d; resume:k2"

PHONE = (
    StartState("infomedia 1month", "", "subscribe"),
    StartState(
        "infomedia 1month", "subscribe", "confirm wake cancel stop charge:k1", "subscribe confirm cancel stop wake"
    ),
    StartState("infomedia 1month", "subscribe; +1m", "resend", "resend confirm"),
    StartState("infomedia 1month", "subscribe; due", "run"),
    StartState("infomedia 1month log_after", "subscribe", "confirm", "confirm cancel stop"),
    StartState("infomedia 1month trial7", "subscribe", "confirm", "confirm cancel stop"),
    StartState("infomedia 1month trial7 log_after", "subscribe", "confirm"),
    StartState("infomedia 1month trial7", f"{SUBSCRIBED}; due", "run"),
    StartState("infomedia 1month", "subscribe; confirm", "callbacks charge:k1 cancel cancel:end stop"),
    StartState(
        "infomedia 1month",
        DUE,
        "run wake charge:k1 cancel cancel:end stop",
        "run wake charge:k1 cancel cancel:end stop",
    ),
    StartState("infomedia 1month", DUE, STANDS_STILL),
    StartState("infomedia 1month", f"{DUE}; +11m", "sweep", "sweep run"),
    StartState("infomedia 1month", UNHEARD, "sweep", "sweep wake cancel"),
    StartState("infomedia 1month", LEFT, "sweep", "sweep wake"),
    StartState("infomedia 1month 2027-01-31T10:00", DUE, "run"),
    StartState("infomedia 1month slow", "subscribe; confirm; subscribe@2; confirm@2; callbacks; due", "run"),
    StartState("infomedia 1month", f"{DUE}; run[1:soft]; due", "run", "wake charge:k1 cancel stop"),
    StartState("infomedia 1month", f"{DUE}; run[1:unlisted]; due", "run", "wake cancel"),
    StartState("infomedia 1month", f"{DUE}; run[1:unlisted]; due; run; due", "run"),
    StartState("infomedia 1month bill_each", f"{SUBSCRIBED}; outage:95d", "run", "wake cancel charge:k1"),
    StartState("infomedia 1month", f"{SUBSCRIBED}; outage:95d", "run", "wake cancel"),
    StartState("infomedia 1month forgive", f"{SUBSCRIBED}; outage:95d", "run"),
    StartState("infomedia 1month", f"{SUBSCRIBED}; cancel:end; due", "run", "wake cancel stop"),
    StartState("infomedia 1month", f"{SUBSCRIBED}; charge:k1", "charge:k1 callbacks"),
    StartState("infomedia 1month", f"{SUBSCRIBED}; charge:k1[1:not_sent]", "charge:k1", "charge:k1 charge:k2 cancel"),
    StartState("infomedia 1month", UNKNOWN, "callbacks cancel charge:k1"),
    StartState("infomedia 1month", f"{UNKNOWN}; cancel; subscribe", "confirm callbacks", "confirm callbacks stop"),
    StartState("infomedia 1month", f"{UNKNOWN}; due", "run decide", "wake callbacks cancel charge:k1 decide stop"),
    StartState("infomedia 1month", f"{UNDEBITED}; due", "run decide", "wake cancel decide charge:k1"),
    StartState(
        "infomedia 1month", f"{DUE}; run[1:crash_debited]; +6m", "sweep wake", "wake callbacks cancel charge:k1"
    ),
    StartState(
        "infomedia 1month",
        f"{SUBSCRIBED}; charge:k1[1:lost_debited]",
        "charge:k1 callbacks cancel",
        "charge:k1 callbacks cancel charge:k2",
    ),
    StartState(
        "infomedia 1month",
        f"{SUBSCRIBED}; charge:k1[1:lost_undebited]; due",
        "run decide",
        "charge:k1 wake decide cancel",
    ),
    StartState("infomedia 1month", DENIED, "callbacks", "callbacks cancel"),
    StartState("infomedia 1month", f"{DENIED}; due", together="wake callbacks"),
    StartState("infomedia 1month", DENIED_LATE, "callbacks"),
    StartState("infomedia 1month", f"{SUBSCRIBED}; charge:k1[1:contradicted]", "callbacks"),
    StartState("infomedia 1month", DUE + 4 * "; run[1:soft]; due", "run"),
    StartState("infomedia 1month", f"{DUE}; run[3:crash]", "run"),
    StartState("infomedia 1month", f"{DUE}; halt", "run wake charge:k1 go_on", "go_on run"),
    StartState("infomedia 1month", DUE, together="wake halt"),
    StartState("infomedia 1month", f"subscribe@2; confirm@2; {DUE}", scene="wake|halt|+1h|wake@2"),
    StartState("infomedia 1month", "subscribe; halt:plan", "confirm"),
    StartState("infomedia 1month", STOPPED, "run", "run sweep"),
    StartState("infomedia 1month", f"{DUE}; run[1:soft]; due; halt; run; go_on", "run sweep"),
    StartState("infomedia 1month", LEFT_AND_STOPPED, "sweep wake", "sweep wake cancel"),
    StartState("infomedia 1day bill_each", f"{SUBSCRIBED}; halt:partner; +50h; sweep; wake; go_on:partner", "run"),
    StartState("infomedia 1month", "subscribe; confirm", "pause pause:+10d", "pause cancel charge:k1"),
    StartState("infomedia 1month", DUE, "pause", "pause run wake resume"),
    StartState("infomedia 1month", f"{DUE}; run[1:lost_debited]", together="pause callbacks"),
    StartState("infomedia 1month", f"{DUE}; run[1:soft]", "pause resume"),
    StartState("infomedia 1month", PAUSED, "resume cancel stop charge:k1 wake pause", "resume cancel stop pause"),
    StartState("infomedia 1month", f"{PAUSED}; resume; due", "run", "pause wake"),
    StartState("infomedia 1month", f"{SUBSCRIBED}; +10d; pause:+10d; due", "run", "wake resume cancel pause"),
    StartState("infomedia 1month trial7", f"{SUBSCRIBED}; +2d; pause; +30d", "resume", "resume cancel"),
    StartState("infomedia 1month 2027-01-31T10:00", f"{SUBSCRIBED}; +20d; pause; +9d; resume; due", "run"),
    StartState("infomedia 1month", f"{DENIED}; due; run; pause; +10d", "callbacks", "callbacks resume"),
    StartState("infomedia 1month limited", "subscribe; confirm; subscribe@2; confirm@2; callbacks; due", "run"),
    StartState("infomedia 1month capped", SUBSCRIBED, "charge:k1", "charge:k1 charge:k2"),
    StartState("infomedia 1month capped", f"{SUBSCRIBED}; charge:k1[1:lost_undebited]; due", "decide charge:k2"),
    StartState("infomedia 1month capped", f"{SUBSCRIBED}; charge:k1[1:lost_debited]; callbacks", "charge:k2"),
    StartState("infomedia 1month capped", f"{DUE}; charge:k1; charge:k2=60; charge:k3=150", "run", "wake charge:k4"),
    StartState("infomedia 1week capped bill_each", f"{SUBSCRIBED}; due", "run", "wake charge:k1"),
    StartState("infomedia 1month", "", "subscribe:k1", "subscribe:k1"),
    StartState("infomedia 1month", "subscribe; +1m", "resend:k1 confirm:k1", "resend:k1 confirm:k1"),
    StartState("infomedia 1month trial7", "subscribe:k1", "confirm:k1 subscribe:k1", "confirm:k1"),
    StartState("infomedia 1month", "subscribe:k1; cancel:k1", "subscribe:k1 cancel:k1 subscribe"),
    StartState("infomedia 1month", "subscribe; confirm:k1[6:soft]", "confirm:k1 confirm:k2"),
    StartState("infomedia 1month", "subscribe; confirm:k1[6:wrong_pin]", "confirm:k1"),
    StartState("infomedia 1month", "subscribe; confirm", "pause:k1 cancel:k1", "pause:k1 cancel:k1"),
    StartState("infomedia 1month", RESUMED, "pause:k1 pause:k1=+10d resume:k2 pause:k3", "pause:k1 pause:k3"),
    StartState("infomedia 1month", "subscribe", scene="confirm:k1|+6m|confirm:k1[6:slow]"),
    StartState("infomedia 1month", "subscribe", scene="confirm|cancel|+6m|wake"),
    StartState("infomedia 1day", f"{DUE}; run[1:technical]; due", scene="wake|+23h"),
    StartState("infomedia 1month", DUE, scene="cancel|wake[2:to1]"),
)
BANK = (
    StartState("signzy 1month", "", "subscribe"),
    StartState("signzy 1month", "subscribe", "confirm wake cancel revoke", "subscribe confirm cancel revoke"),
    StartState("signzy 1month trial7", "subscribe", "confirm"),
    StartState("signzy 1month", "subscribe:k1", "confirm:k1 subscribe:k1", "confirm:k1"),
    StartState("signzy 1month", "subscribe; confirm", "wake cancel revoke charge:k1", "confirm cancel"),
    StartState("signzy 1month", "subscribe; confirm; +21h", "callbacks", "callbacks wake cancel revoke"),
    StartState("signzy 1month", "subscribe; confirm[1:fails_later]; due", "run"),
    StartState("signzy 1month", "subscribe; confirm[1:lost_debited]; due", "run decide", "wake decide cancel"),
    StartState(
        "signzy 1month",
        MANDATE_DUE,
        "run wake charge:k1 cancel cancel:end revoke",
        "run wake charge:k1=19900 cancel cancel:end revoke",
    ),
    StartState("signzy 1month", f"{MANDATE_DUE}; charge:k1; run; +46m; sweep; +46m", "sweep", "sweep callbacks"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run; +21h", "callbacks", "callbacks wake cancel charge:k1"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run[1:lost_debited]; due", "run decide", "wake decide cancel revoke"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run[1:lost_undebited]; due", "run decide", "wake decide cancel"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run[1:crash_debited]; halt:rail; +46m; sweep; +46m", "sweep"),
    StartState("signzy 1month", "subscribe; confirm", "pause", "pause callbacks"),
    StartState("signzy 1month", f"{MANDATE}; pause; +40d", "resume revoke", "resume revoke"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run[1:late_debit]; +16m", "wake decide", "wake decide"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run[1:lost_undebited]; cancel", "subscribe"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run[1:lost_debited]; cancel; subscribe", "confirm", "confirm decide"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run[1:lost_undebited]; cancel; subscribe", "confirm"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run[1:lost_undebited]; cancel; +6m; subscribe", "confirm"),
    StartState("signzy 1month", "subscribe; confirm[1:paid_now]; cancel; subscribe", "confirm"),
    StartState("signzy 1month", "subscribe; confirm[1:paid_now]", "charge:k1=19900"),
    StartState("signzy 1month", f"{MANDATE_DUE}; run[1:soft]; due", "run", "wake cancel charge:k1"),
    StartState("signzy 1month noticed", MANDATE_DUE, "run", "wake cancel pause"),
    StartState("signzy 1month noticed", ANNOUNCED, "notice opt_out charge:k1", "notice opt_out cancel pause"),
    StartState("signzy 1month noticed", f"{ANNOUNCED}; due", "run", "wake notice opt_out"),
    StartState("signzy 1month noticed", f"{TOLD}; due", "run opt_out", "wake opt_out cancel pause"),
    StartState("signzy 1month noticed", f"{TOLD}; opt_out; due", "run"),
    StartState("signzy 1month noticed", f"{TOLD}; pause; +10d; resume; due; run; due", "run", "wake notice"),
    StartState("signzy 1month noticed", f"{UNTOLD}; +5h", "notice opt_out", "notice opt_out"),
    StartState("signzy 1month noticed", f"{UNTOLD}; +5h; notice; due", "run"),
    StartState("signzy 1month noticed", f"{UNTOLD}; due", "run", "wake notice"),
    StartState("signzy 1month noticed", f"{TOLD}; due; run[1:soft]; due", "run"),
    StartState("signzy 1month noticed", f"{MANDATE}; outage:30d", "run", "wake notice"),
    StartState("signzy 1month noticed bill_each", f"{MANDATE}; outage:95d", "run"),
    StartState("signzy 1month bill_each", f"{MANDATE}; outage:95d", "run", "wake cancel"),
    StartState(
        "signzy 1month",
        f"{MANDATE}; charge:k1=19900[1:lost_debited]; due",
        "run charge:k1=19900 decide",
        "wake charge:k1=19900 decide cancel",
    ),
)
# Scenes first, which are few schedules; then in turns, so that what only one rail shows is found as soon as what only
# the other does.
STATES = tuple(
    sorted(
        (state for states in zip_longest(PHONE, BANK) for state in states if state is not None),
        key=lambda state: not state.scene,
    )
)


def situations(states: tuple[StartState, ...] = STATES) -> Iterator[Situation]:
    """Every operation alone, then every ordered pair, state by state."""
    recovery = acts(RECOVERY)
    for state in states:
        configuration, before = Configuration.parse(state.configuration), acts(state.before)
        for text in state.alone.split():
            yield Situation(configuration, before, Act.parse(text), recovery)
        names = [Operation.parse(name) for name in state.together.split()]
        for pair in product(names, repeat=2):
            yield Situation(configuration, before, Act(pair), recovery, is_pair=True)
        if state.scene:
            act = Act.parse(state.scene)
            is_pair = not act.deviations
            yield Situation(configuration, before, act, recovery, is_pair=is_pair, most_deviations=1)
