"""What happens in the journey, step by step; every step says what it did and fails loudly when it was not so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.journey.actors import Answer, BackOffice, JourneyError, Partner, eventually
from local.journey.books import debits_of
from local.progress import say, step

WEEK, MONTH_AND_A_BIT, DAY = 7 * 86400, 32 * 86400, 86400

ANNA, BEN, CARLA, DEV, EVA = (
    "+447700900101",
    "+447700900903",  # a magic number: the first renewal is declined once, then paid
    "+447700900103",
    "+447700900104",
    "+447700900105",
)
NETWORK = {"mcc": "234", "mnc": "02"}


@dataclass(slots=True)
class Story:
    """The actors, and the subscriptions made so far. `move_clock` moves our clock and the providers' together."""

    partner: Partner
    office: BackOffice
    move_clock: Callable[[int], object]
    run_billing: Callable[[], object]
    made: list[str] = field(default_factory=list)
    mandates: list[str] = field(default_factory=list)
    steps: int = 0
    told: Callable[[str], list[str]] | None = None  # what the partner's webhook endpoint was told of a subscription

    def say(self, line: str) -> None:
        self.steps += 1
        say(f"  {self.steps:2}. {line}")

    def subscribe(self, plan: str, msisdn: str, **more: Any) -> str:
        body = {"plan": plan, "msisdn": msisdn, **more}
        answer = self.partner.post("/v1/subscriptions", body)
        if answer.status == 409 and answer.body["code"] == "subscription_exists":
            # An earlier journey was interrupted; its subscription is in the way.
            expect(self.partner.post(f"/v1/subscriptions/{answer.body['subscription_id']}/cancel"), 200)
            answer = self.partner.post("/v1/subscriptions", body)
        subscription: dict[str, Any] = expect(answer, 201)["subscription"]
        self.made.append(subscription["id"])
        return str(subscription["id"])

    def debits(self) -> list[dict[str, Any]]:
        """What the providers have debited for this story's subscriptions; others may live in the kept state."""
        return debits_of(self.office, self.made, self.mandates)

    def confirm(self, id: str, pin: str | None = None) -> Answer:
        return self.partner.post(f"/v1/subscriptions/{id}/confirm", {"pin": pin} if pin else {})

    def wait(
        self, id: str, wanted: Callable[[dict[str, Any]], bool], what: str, *, by_schedule: bool = False
    ) -> dict[str, Any]:
        """The subscription once it is as `wanted`.

        Unless the schedule itself is waited for, which runs every minute, the billing run is started by hand, again and
        again: what the worker finds out may need another run, and runs do no harm.
        """

        def look() -> dict[str, Any] | None:
            found = self.partner.subscription(id)
            if wanted(found):
                return found
            if not by_schedule:
                self.run_billing()
            return None

        with step(f"waiting for the {'schedule' if by_schedule else 'billing run'}"):
            return eventually(look, what, every=2.0)

    def quiet(self, id: str) -> None:
        """Wait until nothing of the subscription is due or in flight; a payment in flight lets no other begin."""
        now = datetime.fromisoformat(self.office.get("/control/clock")["now"])

        def is_quiet(found: dict[str, Any]) -> bool:
            due = found["next_bill_at"]
            return found["open_attempt"] is None and (due is None or datetime.fromisoformat(due) > now)

        self.wait(id, is_quiet, "no payment due or in flight")


def expect(answer: Answer, status: int) -> dict[str, Any]:
    if answer.status != status:
        raise JourneyError(f"expected {status}, got {answer.status}: {answer.body}")
    return answer.body


def check(what: str, holds: bool) -> None:
    if not holds:
        raise JourneyError(f"not so: {what}")


def tell(story: Story) -> None:
    """Play the whole journey; raises JourneyError at the first thing that is not as it should be."""
    plans = expect(story.partner.get("/v1/plans"), 200)["plans"]
    story.say(f"the partner reads its plans: {', '.join(plan['id'] for plan in plans)}")
    anna = _phone_bill(story)
    ben = _declined_and_recovered(story, anna)
    carla = _free_period(story)
    _charge_on_demand(story, anna)
    dev = _bank_mandate(story)
    _cancel(story, anna, ben, carla, dev)
    _stop(story)


def _phone_bill(story: Story) -> str:
    anna = story.subscribe("games-weekly", ANNA, network=NETWORK)
    story.say("Anna subscribes to the weekly games on her phone bill; Infomedia sends the PIN")
    wrong = story.confirm(anna, "000000")
    check("a wrong PIN is told apart", wrong.status == 422 and wrong.body["code"] == "pin_wrong")
    story.say("she mistypes it: 422 pin_wrong, nothing is billed")
    body = expect(story.confirm(anna, story.office.pin(ANNA)), 200)
    check("the first bill is paid", body["bill"]["state"] == "paid" and body["subscription"]["state"] == "active")
    story.say("she types the PIN from her handset: first bill paid, subscription active")
    _webhooks(story, anna)
    story.move_clock(WEEK)
    story.wait(anna, lambda s: s["periods_settled"] == 2, "Anna's first renewal", by_schedule=True)
    story.say("a week later the schedule bills the second period with SendBill")
    return anna


def _webhooks(story: Story, id: str) -> None:
    told = story.told
    if told is None:
        return
    expected = ["subscription.created", "bill.declined", "bill.paid"]
    eventually(lambda: told(id) == expected, f"three webhooks: {', '.join(expected)}")
    story.say(f"the partner's webhook endpoint is told, signed and in order: {', '.join(expected)}")


def _declined_and_recovered(story: Story, anna: str) -> str:
    ben = story.subscribe("games-weekly", BEN, network=NETWORK)
    expect(story.confirm(ben, story.office.pin(BEN)), 200)
    story.office.post("/control/magic/rearm", msisdn=BEN)
    story.say("Ben subscribes too; his operator will decline one renewal")
    story.move_clock(WEEK)
    declined = story.wait(ben, lambda s: s["state"] == "past_due", "Ben's declined renewal")
    check("grace keeps access", declined["access"] is True)
    story.wait(anna, lambda s: s["periods_settled"] == 3, "Anna's second renewal")
    story.say("a week later Anna's renewal is paid, Ben's is declined (no credit): past due, access kept")
    story.move_clock(DAY)
    story.wait(ben, lambda s: s["state"] == "active" and s["periods_settled"] == 2, "Ben's recovery")
    story.say("a day later his retry is paid: active again")
    return ben


def _free_period(story: Story) -> str:
    before = len(story.office.debits(msisdn=CARLA))
    carla = story.subscribe("music-monthly", CARLA, network=NETWORK)
    body = expect(story.confirm(carla, story.office.pin(CARLA)), 200)
    check("a free period bills nothing", body["bill"] is None and len(story.office.debits(msisdn=CARLA)) == before)
    story.say("Carla starts a free week of music: her PIN is checked, nothing is billed")
    story.move_clock(WEEK)
    story.wait(carla, lambda s: s["state"] == "active", "the end of Carla's free week")
    story.say("her free week ends: the first month is billed")
    return carla


def _charge_on_demand(story: Story, anna: str) -> None:
    story.quiet(anna)
    body = {"amount": "1.20", "currency": "GBP", "description": "100 gems"}
    path = f"/v1/subscriptions/{anna}/charges"
    key = f"gems-{story.partner.subscription(anna)['sequence']}"
    first = expect(story.partner.post(path, body, Idempotency_Key=key), 201)
    again = expect(story.partner.post(path, body, Idempotency_Key=key), 201)
    check("a repeat gets the first answer", first == again)
    other = story.partner.post(path, body | {"amount": "9.20"}, Idempotency_Key=key)
    check("a key serves one body", other.status == 422 and other.body["code"] == "idempotency_key_reused")
    story.say("Anna buys 100 gems; the partner's repeat of the call charges nothing more")


def _bank_mandate(story: Story) -> str:
    mandate = story.office.post("/control/mandates", msisdn=DEV, maxAmount=1500)
    reference = str(mandate["subReferenceId"])
    story.mandates.append(reference)
    dev = story.subscribe(
        "fitness-monthly", DEV, mandate={"reference": reference, "max_amount": "1500.00", "currency": "INR"}
    )
    body = expect(story.confirm(dev), 202)
    check("the bank has not said yet", body["bill"]["state"] == "pending" and body["subscription"]["access"] is False)
    story.say("Dev subscribes by bank mandate: Signzy takes the charge, the bank's word is pending (202)")
    story.move_clock(2 * DAY)
    story.wait(dev, lambda s: s["state"] == "active", "Dev's bank payment")
    story.say("two days later the bank has paid: followed to its end, active")
    story.move_clock(MONTH_AND_A_BIT)
    story.wait(dev, lambda s: s["open_attempt"] is not None, "Dev's renewal")
    story.move_clock(2 * DAY)
    story.wait(dev, lambda s: s["periods_settled"] == 2 and s["open_attempt"] is None, "Dev's renewal payment")
    story.say("a month later his renewal is charged and followed to its end as well")
    return dev


def _cancel(story: Story, anna: str, ben: str, carla: str, dev: str) -> None:
    for id in (anna, ben, dev):
        story.quiet(id)
        first = expect(story.partner.post(f"/v1/subscriptions/{id}/cancel"), 200)["subscription"]
        again = expect(story.partner.post(f"/v1/subscriptions/{id}/cancel"), 200)["subscription"]
        check("cancelled, and again is success", first["state"] == again["state"] == "cancelled")
    story.say("Anna, Ben and Dev cancel at once; cancelling again is success")
    story.quiet(carla)
    kept = expect(story.partner.post(f"/v1/subscriptions/{carla}/cancel", {"when": "period_end"}), 200)["subscription"]
    check("access stays until the period ends", kept["access"] is True and kept["cancel_at"] is not None)
    before = len(story.debits())
    story.move_clock(MONTH_AND_A_BIT)
    story.wait(carla, lambda s: s["state"] == "cancelled", "the end of Carla's month")
    check("nothing is billed after a cancel", len(story.debits()) == before)
    story.say("Carla cancels at the end of her month; it passes, and nobody is billed any more")


def _stop(story: Story) -> None:
    eva = story.subscribe("games-weekly", EVA, network=NETWORK)
    expect(story.confirm(eva, story.office.pin(EVA)), 200)
    story.office.post(f"/handset/{EVA}/stop", productId=92000001)
    eventually(lambda: story.partner.subscription(eva)["state"] == "cancelled", "the STOP callback")
    story.say("Eva sends STOP from her handset: Infomedia calls back, her subscription is cancelled")
