"""One person's data: exported as a whole, erased for good and nothing else with it; keys rotated, the past sealed."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from ops import __main__ as command_line
from ops import resealing
from ops.table_scan import all_accounts
from pinbill.domain.activity import OWED
from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.ending import When
from pinbill.domain.journal import Entry
from pinbill.domain.money import Money
from pinbill.domain.sealed import ERASED, Sealed
from pinbill.domain.subscription import Subscription
from pinbill.domain.webhooks import SigningSecret, WebhookEndpoint
from pinbill.errors import SubscriberErased
from pinbill.store import keys
from pinbill.store.secret_box import SealedSecretBox, wrapper_of
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Put
from pinbill.store.webhook_endpoints import DynamoWebhookEndpoints
from tests.fakes.clock import START
from tests.fakes.samples import (
    BANK_PLAN,
    BANK_SERVICE,
    PAID,
    PARTNER,
    PHONE_PLAN,
    PHONE_SERVICE,
    mandate,
    msisdn,
    pending,
)
from tests.integration.store.conftest import Journey, journey_on
from tests.unit.ops.installation import Installation

NUMBER, REFERENCE = msisdn(123), "9876543210"
ASKED = ("--by", "ann", "--because", "letter of November 5")
type Run = Callable[..., str]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-west-2" if name.endswith("REGION") else "test")
    with mock_aws():
        installation = Installation()
        yield installation
        installation.client.close()


@pytest.fixture
def run(place: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def typed(*arguments: str, number: str = NUMBER.e164, fails: bool = False) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{number}\n"))
        code = command_line.main(["--stack", "it", *arguments], lambda name: place.stack)
        printed = capsys.readouterr()
        assert code == int(fails), printed
        return printed.err if fails else printed.out

    return typed


def _phone(store: DynamoStore, partner: str = PARTNER, id: str = "SUB1") -> Subscription:
    plan, service = replace(PHONE_PLAN, partner=partner), replace(PHONE_SERVICE, partner=partner)
    return store.create(*pending(id, plan=plan, service=service, number=NUMBER))


def _bank(store: DynamoStore, id: str = "SUB2", reference: str = REFERENCE) -> Subscription:
    return store.create(*pending(id, plan=BANK_PLAN, service=BANK_SERVICE, number=NUMBER, mandate=mandate(reference)))


def _paying(store: DynamoStore) -> Journey:
    """SUB1 has paid twice, and is live."""
    journey = journey_on(store)
    journey.subscribed("SUB1", 123)
    for _ in range(2):
        journey.phone.will_bill(PAID)
        journey.worker.wake(PARTNER, "SUB1")
        journey.clock.advance(timedelta(days=31))
    return journey


def _ledger(place: Installation) -> tuple[int, list[Entry]]:
    """The sum of what was paid, and every entry with an attempt."""
    found = [
        entry for account in all_accounts(place.client, place.table.name) for entry in account.entries if entry.attempt
    ]
    paid = [entry.attempt.amount.minor for entry in found if entry.attempt and entry.attempt.state is AttemptState.PAID]
    return sum(paid), sorted(found, key=lambda entry: (entry.attempt.id if entry.attempt else "", entry.seq))


# --- Export


def test_an_export_holds_every_subscription_of_the_number_over_all_partners(
    place: Installation, run: Run, tmp_path: Path
) -> None:
    store, out = place.store(), tmp_path / "export.json"
    _paying(store)
    _phone(store, "rival", "SUB9")
    _bank(store)
    store.create(*pending("OTHER", number=msisdn(7)))

    said = run("export", *ASKED, "--out", str(out))

    found = json.loads(out.read_text())
    held = {each["id"]: each for each in found["subscriptions"]}
    assert sorted(held) == ["SUB1", "SUB2", "SUB9"]
    assert (found["number"], found["made_by"]) == (NUMBER.e164, "ann")
    assert {each["msisdn"] for each in held.values()} == {NUMBER.e164}
    assert held["SUB2"]["mandate"]["reference"] == REFERENCE
    paid = [entry for entry in held["SUB1"]["journal"] if entry["kind"] == "attempt_paid"]
    assert [entry["attempt"]["amount"] for entry in paid] == [{"amount": "4.50", "currency": "GBP"}] * 2
    assert NUMBER.digits[-7:] not in said
    assert out.stat().st_mode & 0o777 == 0o600


def test_an_export_of_one_partner_holds_nothing_of_another(place: Installation, run: Run, tmp_path: Path) -> None:
    store, out = place.store(), tmp_path / "export.json"
    _phone(store)
    _phone(store, "rival", "SUB9")
    run("export", *ASKED, "--partner", "rival", "--out", str(out))
    assert [each["id"] for each in json.loads(out.read_text())["subscriptions"]] == ["SUB9"]
    assert "partner_not_found" in run("export", *ASKED, "--partner", "rivall", "--out", str(out), fails=True)


def test_an_export_holds_every_charge(place: Installation, run: Run, tmp_path: Path) -> None:
    store, out = place.store(), tmp_path / "export.json"
    journey = _paying(store)
    journey.phone.will_bill(PAID)
    from pinbill.usecases.charge import ChargeCommand  # noqa: PLC0415

    journey.charge(ChargeCommand(PARTNER, "SUB1", "k1", Money(120, "GBP"), "100 gems"))
    run("export", *ASKED, "--out", str(out))
    (held,) = json.loads(out.read_text())["subscriptions"]
    assert [charge["description"] for charge in held["charges"]] == ["100 gems"]


def test_an_export_writes_over_no_file_and_takes_no_number_as_an_argument(
    place: Installation, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "export.json"
    out.write_text("mine")
    with pytest.raises(FileExistsError):
        run("export", *ASKED, "--out", str(out))
    with pytest.raises(SystemExit):
        run("export", NUMBER.e164, *ASKED, "--out", str(out))
    assert "msisdn_invalid" in run("export", *ASKED, "--out", str(out), number="07700 900123", fails=True)
    assert out.read_text() == "mine"


def test_who_asked_and_why_is_kept_without_the_number(place: Installation, run: Run, tmp_path: Path) -> None:
    _phone(place.store())
    run("export", *ASKED, "--out", str(tmp_path / "export.json"))
    listed = run("privacy", "requests").splitlines()
    assert "  export  by ann: letter of November 5" in listed[0]
    assert listed[1:] == ["  partner acme, subscription SUB1"]
    assert NUMBER.digits[-7:] not in place.everything()


# --- Erasure


def _erase(run: Run, *more: str) -> str:
    """In its two steps."""
    said = run("erase", *ASKED, *more)
    token = said.partition("--confirm ")[2].split()[0]
    return run("erase", *ASKED, *more, "--confirm", token, "--irreversibly")


def _ended(place: Installation) -> Journey:
    journey = _paying(place.store())
    journey.cancel(PARTNER, "SUB1", When.NOW, "test")
    _tell(place)
    return journey


def _tell(place: Installation) -> None:
    """Let the provider know that SUB1 has ended, as often as it is owed."""
    store = place.store()
    activities = journey_on(store).worker.activities
    while (found := store.subscription(PARTNER, "SUB1")).activity in OWED:
        activities.tell(found, PHONE_SERVICE)


def test_what_was_erased_is_unreadable_in_the_table_and_in_every_older_image_of_it(
    place: Installation, run: Run
) -> None:
    _ended(place)
    older = place.image()  # as a backup or the stream has it
    _erase(run)
    now = place.store().subscription(PARTNER, "SUB1")
    assert (now.msisdn, now.fingerprint, now.network) == (ERASED, "", None)
    place.bring_back(older)
    back = place.store().subscription(PARTNER, "SUB1")
    assert isinstance(back.msisdn, Sealed)
    with pytest.raises(SubscriberErased):
        place.store().identity(back)


def test_an_erasure_leaves_the_ledger_and_its_total_to_the_penny(place: Installation, run: Run) -> None:
    _ended(place)
    before = _ledger(place)
    assert before[0] == 900
    _erase(run)
    assert _ledger(place) == before


def test_an_erased_subscription_takes_no_further_money_and_a_late_callback_still_reaches_its_ledger(
    place: Installation, run: Run
) -> None:
    journey = _ended(place)
    _erase(run)
    took = len(journey.phone.ledger)
    store = place.store()
    again = journey_on(store)
    again.worker.wake(PARTNER, "SUB1")
    assert (again.phone.orders, len(journey.phone.ledger)) == ([], took)
    refunded = _refund(again, journey.phone.ledger[-1].reference)
    assert [entry.kind for entry in refunded][-1] == "refunded"
    assert store.subscription(PARTNER, "SUB1").msisdn == ERASED


def _refund(journey: Journey, reference: str) -> list[Entry]:
    from pinbill.usecases.callback import Callback, Refunded  # noqa: PLC0415
    from tests.fakes.telemetry import RecordingTelemetry  # noqa: PLC0415

    payments = journey.payments
    callback = Callback(
        journey.store,
        journey.catalog,
        payments.settling,
        journey.worker.follow_up,
        journey.worker.activities,
        journey.clock,
        RecordingTelemetry(),
    )
    callback(PHONE_SERVICE, lambda: Refunded(reference, None, "r1"))
    return list(journey.store.journal(PARTNER, "SUB1", 100, None, False).rows)[::-1]


def test_a_live_subscription_is_not_erased_before_it_was_ended(place: Installation, run: Run) -> None:
    _paying(place.store())
    assert "REFUSED  SUB1: it is active: it must be ended first" in run("erase", *ASKED)
    ended = run("erase", *ASKED, "--end")
    assert "REFUSED  SUB1: the provider does not know yet that it has ended" in ended
    found = place.store().subscription(PARTNER, "SUB1")
    assert (found.is_live, found.end_reason) == (False, "erased_on_request")
    _tell(place)
    _erase(run)
    assert place.store().subscription(PARTNER, "SUB1").msisdn == ERASED


def test_nothing_is_erased_while_money_is_open(place: Installation, run: Run) -> None:
    journey = _paying(place.store())
    journey.phone.will_bill(BillResult(AttemptState.UNKNOWN, "read_timeout"))
    journey.worker.wake(PARTNER, "SUB1")
    journey.cancel(PARTNER, "SUB1", When.NOW, "test")
    before = place.everything()
    said = run("erase", *ASKED)
    assert "nobody knows yet whether SUB1-3 took 4.50 GBP" in said
    assert "nothing was erased" in said
    assert place.everything() == before


def test_an_erasure_is_confirmed_twice_and_for_what_was_shown(place: Installation, run: Run) -> None:
    _ended(place)
    before = place.everything()
    said = run("erase", *ASKED)
    token = said.partition("--confirm ")[2].split()[0]
    for half in (["--confirm", token], ["--irreversibly"], ["--confirm", "00000000", "--irreversibly"]):
        assert "nothing was erased" in run("erase", *ASKED, *half)
    assert place.everything() == before


def test_an_erasure_leaves_other_people_and_with_a_partner_other_partners_as_they_are(
    place: Installation, run: Run
) -> None:
    store = place.store()
    _ended(place)
    rivals = _phone(store, "rival", "SUB9")
    other = store.create(*pending("OTHER", number=msisdn(7)))
    _erase(run, "--partner", PARTNER)
    for untouched, number in ((rivals, NUMBER), (other, msisdn(7))):
        assert store.identity(place.now(untouched)).msisdn == number


def test_an_erasure_frees_and_forgets_the_mandate(place: Installation, run: Run) -> None:
    store = place.store()
    _bank(store)
    journey = journey_on(store)
    journey.catalog.put_plan(BANK_PLAN)
    journey.catalog.put_service(BANK_SERVICE)
    journey.cancel(PARTNER, "SUB2", When.NOW, "test")
    _erase(run)
    assert store.with_mandate(PARTNER, REFERENCE) is None
    held = place.now(store.subscription(PARTNER, "SUB2")).mandate
    assert held is not None
    assert (held.reference, held.fingerprint, held.maximum) == (ERASED, "", mandate().maximum)


def test_an_erasure_is_recorded_without_the_number_and_of_nobody_nothing_is_held(place: Installation, run: Run) -> None:
    _ended(place)
    _erase(run)
    listed = run("privacy", "requests")
    assert "  erase  by ann: letter of November 5\n  partner acme, subscription SUB1" in listed
    fingerprint = place.numbers.fingerprint(NUMBER)
    assert not [text for text in (NUMBER.digits[-7:], fingerprint) if text in place.everything()]
    assert run("erase", *ASKED) == "nothing is held of +44********23\n"


def test_an_erasure_that_broke_off_is_ended_by_the_next(
    place: Installation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended(place)
    said = run("erase", *ASKED)
    token = said.partition("--confirm ")[2].split()[0]

    def broken(self: object, place: object, at: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pinbill.store.data_keys.DataKeys.erase", broken)
        with pytest.raises(KeyboardInterrupt):
            run("erase", *ASKED, "--confirm", token, "--irreversibly")
    assert "NOT ENDED" in run("privacy", "requests")
    _erase(run)
    assert place.data_keys().of_number(place.numbers.fingerprint(NUMBER)) == []


def test_after_a_backup_was_brought_back_what_was_erased_is_erased_again(place: Installation, run: Run) -> None:
    journey = _paying(place.store())
    older = place.image()  # while it was live
    journey.cancel(PARTNER, "SUB1", When.NOW, "test")
    _tell(place)
    _erase(run)
    place.bring_back(older)
    again = journey_on(place.store())
    again.clock.advance(timedelta(days=62))
    with pytest.raises(SubscriberErased):  # due, and unreadable: nobody is billed
        again.worker.wake(PARTNER, "SUB1")
    assert again.phone.orders == []
    assert run("privacy", "again") == "1 subscriptions were erased again\n"
    assert place.store().subscription(PARTNER, "SUB1").msisdn == ERASED
    assert run("privacy", "again") == "0 subscriptions were erased again\n"


def test_who_cannot_be_told_of_to_the_provider_is_erased_all_the_same_when_it_is_asked_for(
    place: Installation, run: Run
) -> None:
    journey = _paying(place.store())
    journey.cancel(PARTNER, "SUB1", When.NOW, "test")
    assert "REFUSED" in run("erase", *ASKED)
    _erase(run, "--untold")
    found = place.store().subscription(PARTNER, "SUB1")
    assert (found.msisdn, found.due) == (ERASED, None)


# --- Keys


def test_what_was_stored_in_the_clear_is_sealed_and_billing_goes_on(place: Installation, run: Run) -> None:
    earlier = place.earlier_store()
    _paying(earlier)
    bank = _bank(earlier)
    _hold_as_before(place, bank)
    assert NUMBER.e164 in place.everything()
    assert "not_sealed_yet" in run("erase", *ASKED, fails=True)

    said = run("privacy", "seal")

    assert said.startswith("2 subscriptions were in the clear and are sealed")
    assert not [text for text in (NUMBER.digits[-7:], REFERENCE) if text in place.everything()]
    store = place.store()
    assert store.with_mandate(PARTNER, REFERENCE) == "SUB2"
    assert place.table.get(keys.plain_mandate(PARTNER, REFERENCE)) is None
    journey = journey_on(store)
    journey.clock.advance(timedelta(days=62))
    journey.phone.will_bill(PAID)
    journey.worker.wake(PARTNER, "SUB1")
    assert [order.subscriber.msisdn for order in journey.phone.orders] == [NUMBER]
    assert run("privacy", "seal").startswith("0 subscriptions")


def _hold_as_before(place: Installation, subscription: Subscription) -> None:
    """Its mandate's row and its own item as they were before mandates had fingerprints."""
    assert subscription.mandate is not None
    hold = place.table.get(keys.mandate(PARTNER, subscription.mandate.fingerprint))
    item = place.table.get(keys.subscription(PARTNER, subscription.id))
    assert hold is not None
    assert item is not None
    place.client.delete_item(TableName=place.table.name, Key={name: {"S": hold[name]} for name in ("pk", "sk")})
    place.table.write([Put({**hold, **keys.plain_mandate(PARTNER, REFERENCE)})], "w1")
    del item["mandate"]["fp"]
    place.table.write([Put(item)], "w2")


def test_signing_secrets_are_sealed_and_wrapped_anew(place: Installation, run: Run) -> None:
    endpoints = DynamoWebhookEndpoints(place.table)
    plain = WebhookEndpoint(PARTNER, "we_1", "https://hooks.example.com/", START, (SigningSecret("c2VjcmV0"),))
    assert endpoints.put(plain)
    assert "the secrets of 1 endpoints are sealed" in run("privacy", "seal")
    (kept,) = endpoints.endpoint(PARTNER, "we_1").secrets
    wrapping = place.wrapping()
    assert SealedSecretBox(lambda: wrapping).open(kept.sealed, plain.owner) == b"secret"
    run("privacy", "rotate")
    (anew,) = endpoints.endpoint(PARTNER, "we_1").secrets
    assert wrapper_of(anew.sealed) != wrapper_of(kept.sealed)
    assert SealedSecretBox(lambda: wrapping).open(anew.sealed, plain.owner) == b"secret"


def test_a_rotation_removes_the_old_wrapping_key_when_no_process_uses_it_any_more(
    place: Installation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = _phone(place.store())
    (old,) = place.wrapping().ids()
    said = run("privacy", "rotate")
    assert "1 keys of subscriptions and the secrets of 0 endpoints are wrapped anew" in said
    assert "run this again" in said
    late = _phone(place.earlier_process(old), "rival", "SUB9")
    new = place.wrapping().ids()[-1]
    monkeypatch.setattr(resealing, "SETTLED", 0.0)
    said = run("privacy", "rotate")
    assert "1 keys of subscriptions" in said
    assert f"{old} is removed" in said
    assert place.wrapping().ids() == [new]
    for each in (subscription, late):
        assert place.store().identity(each).msisdn == NUMBER


def test_what_no_key_opens_any_more_is_no_erasure(place: Installation, run: Run, tmp_path: Path) -> None:
    """A wrapping key that somebody has deleted loses data: the commands say so, and erase nothing for it."""
    _phone(place.store())
    (only,) = place.wrapping().ids()
    place.wrapping().remove(only)
    out = tmp_path / "export.json"
    assert "identity_unreadable" in run("export", *ASKED, "--out", str(out), fails=True)
    assert not out.exists()
    assert boto3.client("kms").describe_key(KeyId=place.stack.kms_key)["KeyMetadata"]["Enabled"]
