"""What must be there for each file of events/: which subscription, of which number, in which state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from local.events.workbench import Workbench

WEEKLY, FREE_WEEK, MANDATE = "events-weekly", "events-free-week", "events-mandate"
GEMS = ("1.20", "GBP", "100 gems")


def nothing(_: Workbench) -> None:
    """The number has no subscription; the event makes one."""


def pending(bench: Workbench) -> None:
    bench.subscribe()


def active(bench: Workbench) -> None:
    bench.subscribe()
    bench.confirm()


def handed_out_next(bench: Workbench) -> None:
    active(bench)
    bench.turn_back_the_run()


def overlooked(bench: Workbench) -> None:
    active(bench)
    bench.overlook()


def charged(bench: Workbench) -> None:
    active(bench)
    bench.charge("evt-charge", *GEMS)


def cancelled(bench: Workbench) -> None:
    active(bench)
    bench.cancel()


def paused(bench: Workbench) -> None:
    active(bench)
    bench.pause()


def resumed(bench: Workbench) -> None:
    """Paused by a request with a key, whose late copy is to come."""
    active(bench)
    bench.pause("evt-pause")
    bench.resume()


def debited_by_the_bank(bench: Workbench) -> None:
    """Its first bill is paid, and we do not know it yet."""
    bench.subscribe()
    bench.pay_first_debit(bench.confirm(), learn=False)


def active_by_mandate(bench: Workbench) -> None:
    bench.subscribe()
    bench.pay_first_debit(bench.confirm(), learn=True)


@dataclass(frozen=True, slots=True)
class Fixture:
    """A subscription `id` of the number +447700900… with the wanted past; 9… are the simulators' magic numbers."""

    id: str
    ending: str
    bring: Callable[[Workbench], None] = nothing
    plan: str = WEEKLY
    mandate: int | None = None
    ago: timedelta = timedelta()

    @property
    def msisdn(self) -> str:
        return f"+447700900{self.ending}"


# A charge that is refused changes nothing, so that its cases share a subscription.
CHARGEABLE = Fixture("evtcharge", "711", active)
A_WEEK = timedelta(days=7)

FIXTURES: Mapping[str, Fixture] = {
    "pin_request.ok": Fixture("evtrequest", "701"),
    "pin_request.mandate": Fixture("evtrequestmandate", "702", plan=MANDATE, mandate=99001201),
    "pin_request.resend": Fixture("evtresend", "703", pending),
    "pin_request.already_subscribed": Fixture("evtalready", "704", pending),
    "pin_confirm.ok": Fixture("evtconfirm", "705", pending),
    "pin_confirm.trial": Fixture("evttrial", "706", pending, FREE_WEEK),
    "pin_confirm.wrong_pin": Fixture("evtwrongpin", "707", pending),
    "pin_confirm.declined": Fixture("evtdeclined", "909", pending),
    "pin_confirm.mandate": Fixture("evtmandate", "708", pending, MANDATE, 99001202),
    "pin_confirm.unknown_outcome": Fixture("evtunknown", "951", pending),
    "charge.ok": CHARGEABLE,
    "charge.no_key": CHARGEABLE,
    "charge.zero_amount": CHARGEABLE,
    "charge.too_precise": CHARGEABLE,
    "charge.wrong_currency": CHARGEABLE,
    "charge.repeat": Fixture("evtrepeat", "712", charged),
    "charge.other_body": Fixture("evtotherbody", "713", charged),
    "charge.mandate": Fixture("evtchargemandate", "714", active_by_mandate, MANDATE, 99001203),
    "charge.over_mandate": Fixture("evtovermandate", "715", active_by_mandate, MANDATE, 99001204),
    "charge.declined": Fixture("evtchargedeclined", "904", active),
    "charge.unknown_outcome": Fixture("evtchargeunknown", "963", active),
    "charge.attempt_open": Fixture("evtattemptopen", "964", charged),
    "cancel.ok": Fixture("evtcancel", "721", active),
    "cancel.period_end": Fixture("evtperiodend", "722", active),
    "cancel.again": Fixture("evtcancelagain", "723", cancelled),
    "cancel.open_attempt": Fixture("evtcancelopen", "955", charged),
    "pause.ok": Fixture("evtpause", "725", active),
    "pause.again": Fixture("evtpauseagain", "726", paused),
    "pause.repeat": Fixture("evtpauserepeat", "729", resumed),
    "pause.resume": Fixture("evtresume", "727", paused),
    "pause.past_time": Fixture("evtpausepast", "728", active),
    "pause.open_attempt": Fixture("evtpauseopen", "959", charged),
    "read.subscription": Fixture("evtread", "731", active),
    "read.bills": Fixture("evtbills", "732", charged),
    "read.consent": Fixture("evtconsent", "733", active),
    "report.notice": Fixture("evtnotice", "734", active),
    "report.opt_out": Fixture("evtoptout", "735", active),
    "report.receipt": Fixture("evtreceipt", "736", active),
    "callback.stop": Fixture("evtstop", "741", active),
    "callback.signzy_payment": Fixture("evtpayment", "742", debited_by_the_bank, MANDATE, 99001277),
    "recurring_bill.run": Fixture("evtrun", "751", handed_out_next, ago=A_WEEK),
    "recurring_bill.sweep": Fixture("evtsweep", "752", overlooked, ago=A_WEEK + timedelta(hours=1)),
    "bill_worker.renewal": Fixture("evtrenewal", "753", active, ago=A_WEEK + timedelta(hours=1)),
}
