"""Every magic number does what its sentence says, by the ledger."""

import pytest
import requests

from local.simulators import magic
from local.simulators.fault_kinds import KINDS
from tests.integration.simulators.driver import SERVICE, Driver, symptom

# Ending of the number -> what a client sees of: a first bill, then three renewals; how many debits there are by then;
# and how many more land within two simulated minutes.
BILLED: dict[str, tuple[str, list[str], int, int]] = {
    "901": ("declined AA", ["declined AA"] * 3, 0, 0),
    "902": ("declined AA", ["ok"] * 3, 3, 0),
    "903": ("ok", ["declined AA", "ok", "ok"], 3, 0),
    "904": ("ok", ["declined AA"] * 3, 1, 0),
    "905": ("ok", ["declined AA", "declined AA", "ok"], 2, 0),
    "906": ("ok", ["declined A5"] * 3, 1, 0),
    "907": ("ok", ["declined A6", "ok", "ok"], 3, 0),
    "908": ("ok", ["ok", "declined AA", "ok"], 3, 0),
    "909": ("declined AA", ["ok"] * 3, 3, 0),
    **{
        str(910 + place): (f"declined {code}", [f"declined {code}"] * 3, 0, 0)
        for place, code in enumerate(["A6", "A7", "A8", "A9", "AB", "AC", "AD"])
    },
    "920": ("declined A5", ["declined A5"] * 3, 0, 0),
    "921": ("declined A3", ["declined A3"] * 3, 0, 0),
    **{
        str(930 + place): (f"declined {code}", [f"declined {code}"] * 3, 0, 0)
        for place, code in enumerate(["01", "48", "74", "A0", "A1", "A2", "A4", "AF"])
    },
    "938": ("ok", ["declined AF", "ok", "ok"], 3, 0),
    "940": ("declined ZZ", ["declined ZZ"] * 3, 0, 0),
    **{ending: ("ok", ["ok"] * 3, 4, 0) for ending in ("941", "942", "943", "944", "945", "990", "991", "992", "993")},
    "950": ("no answer", ["ok"] * 3, 4, 0),
    "951": ("reset", ["ok"] * 3, 4, 0),
    "952": ("no answer", ["ok"] * 3, 3, 0),
    "953": ("reset", ["ok"] * 3, 3, 1),
    "954": ("ok", ["no answer", "ok", "ok"], 4, 0),
    "955": ("ok", ["reset", "ok", "ok"], 4, 0),
    "956": ("ok", ["no answer", "ok", "ok"], 3, 0),
    "957": ("ok", ["reset", "ok", "ok"], 3, 0),
    "958": ("ok", ["reset", "ok", "ok"], 3, 1),
    "959": ("ok", ["500", "ok", "ok"], 4, 0),
    "960": ("ok", ["429", "ok", "ok"], 3, 0),
    "961": ("ok", ["no answer", "ok", "ok"], 3, 0),
    "962": ("ok", ["page", "ok", "ok"], 3, 0),
    "963": ("ok", ["page", "ok", "ok"], 4, 0),
    "964": ("ok", ["half", "ok", "ok"], 4, 0),
    "965": ("ok", ["strange", "ok", "ok"], 4, 0),
    "966": ("ok", ["500", "ok", "ok"], 3, 0),
    "967": ("ok", ["502", "ok", "ok"], 3, 0),
    "968": ("ok", ["504", "ok", "ok"], 3, 0),
    "969": ("ok", ["302", "ok", "ok"], 3, 0),
    **{ending: ("ok", ["ok"] * 3, 4, 0) for ending in ("976", "980", "981", "982", "983", "984")},
    "974": ("error P2", ["ok"] * 3, 3, 0),
    "975": ("error P1", ["ok"] * 3, 3, 0),
    "985": ("declined AA", ["ok"] * 3, 3, 0),
}
PIN_REQUESTS = {
    "970": ["500", "500", "500"],
    "971": ["error E9", "error E9", "error E9"],
    "972": ["500", "ok", "ok"],
    "973": ["429", "ok", "ok"],
}
OTHER_CALLS = {
    "976": ("PINValidate", ["500", "error P4"]),
    "980": ("LogActivity", ["500", "ok", "ok"]),
    "981": ("UpdateActivity", ["500", "500", "ok"]),
    "982": ("LogActivity", ["500"] * 3),
    "983": ("LogActivity", ["reset", "ok"]),
    "984": ("UpdateActivity", ["500"] * 3),
    "985": ("UpdateActivity", ["500", "ok"]),
}
# Ending of the subReferenceId -> what a client sees of two charges; charges that become a debit within three days.
CHARGED: dict[str, tuple[list[str], int]] = {
    "50": (["SUCCESS", "SUCCESS"], 2),
    "51": (["PENDING", "PENDING"], 0),
    "52": (["PENDING", "PENDING"], 0),
    "53": (["FAILED", "FAILED"], 0),
    "54": (["PENDING", "PENDING"], 1),
    "55": (["no answer", "PENDING"], 2),
    "56": (["reset", "PENDING"], 2),
    "57": (["reset", "PENDING"], 1),
    "58": (["reset", "PENDING"], 2),
    "59": (["500", "PENDING"], 2),
    "60": (["429", "PENDING"], 1),
    "61": (["500", "PENDING"], 1),
    "62": (["502", "PENDING"], 1),
    "63": (["504", "PENDING"], 1),
    "64": (["no answer", "PENDING"], 1),
    "65": (["no answer", "PENDING"], 1),
    "66": (["page", "PENDING"], 1),
    "67": (["page", "PENDING"], 2),
    "68": (["half", "PENDING"], 2),
    "69": (["strange", "PENDING"], 2),
    "70": (["302", "PENDING"], 1),
    "71": (["ON_THE_WAY", "ON_THE_WAY"], 2),
    **{str(ending): (["PENDING", "PENDING"], 2) for ending in (72, 73, 74, 75, 76, 77, 78, 80, 81)},
    "79": (["FAILED", "FAILED"], 0),
    "82": (["403", "403"], 0),
}


def _patience(seen: str) -> float:
    return 0.4 if seen == "no answer" else 10


@pytest.mark.parametrize("ending", BILLED)
def test_a_magic_number_is_billed_as_its_sentence_says(driver: Driver, ending: str) -> None:
    number = f"{magic.NUMBER_PREFIX}{ending}"
    first, renewals, debits, late = BILLED[ending]
    pin = driver.pin(number)

    seen_first = symptom(lambda: driver.first_bill(number, pin, pt="first", timeout=_patience(first)))
    seen = [_renewal(driver, number, place, expected) for place, expected in enumerate(renewals)]
    by_then = len(driver.debits(f"msisdn={number}"))
    driver.advance(120)

    assert (seen_first, seen) == (first, renewals)
    assert (by_then, len(driver.debits()) - by_then) == (debits, late)


def _renewal(driver: Driver, number: str, place: int, expected: str) -> str:
    return symptom(lambda: driver.renew(number, pt=f"r-{place}", timeout=_patience(expected)))


@pytest.mark.parametrize("ending", PIN_REQUESTS)
def test_a_magic_number_gets_its_pin_as_its_sentence_says(driver: Driver, ending: str) -> None:
    number = f"{magic.NUMBER_PREFIX}{ending}"

    seen = [symptom(lambda: driver.ask_pin(number)) for _ in range(3)]

    assert seen == PIN_REQUESTS[ending]
    assert len(driver.get(f"/handset/{number}")["inbox"]) == seen.count("ok")
    assert symptom(lambda: driver.renew(number)) == "ok"


@pytest.mark.parametrize("ending", OTHER_CALLS)
def test_a_magic_number_is_logged_as_its_sentence_says(driver: Driver, ending: str) -> None:
    number = f"{magic.NUMBER_PREFIX}{ending}"
    method, expected = OTHER_CALLS[ending]

    def call() -> requests.Response:
        return driver.infomedia(method, mx=number, productId=SERVICE, pin="1234", activityType="Subscribe")

    seen = [symptom(call) for _ in expected]

    noted = driver.get("/control/activities")["activities"]
    assert seen == expected
    assert len(noted) == sum(outcome in ("ok", "reset") for outcome in seen)
    assert driver.debits() == []


@pytest.mark.parametrize("ending", CHARGED)
def test_a_magic_mandate_is_charged_as_its_sentence_says(driver: Driver, ending: str) -> None:
    name = next(entry.name for entry in magic.MANDATE if entry.key == ending)
    mandate = driver.mandate(magic=name)
    expected, debits = CHARGED[ending]

    seen = [_charge(driver, mandate, wanted) for wanted in expected]
    driver.advance(3 * 86_400)
    driver.advance(3 * 86_400)

    assert mandate % 100 == int(ending)
    assert seen == expected
    assert len(driver.debits(f"mandate={mandate}")) == debits


def _charge(driver: Driver, mandate: int, expected: str) -> str:
    return symptom(lambda: driver.charge(mandate, timeout=_patience(expected)))


def test_reads_of_one_magic_mandate_fail_once(driver: Driver) -> None:
    mandate = driver.mandate(subReferenceId=777780)

    assert [driver.signzy("GET", f"/{mandate}/payments").status_code for _ in range(2)] == [500, 200]


def test_every_magic_entry_is_tried_here() -> None:
    endings = {entry.key.removeprefix(magic.NUMBER_PREFIX) for entry in magic.PHONE}

    assert endings == BILLED.keys() | PIN_REQUESTS.keys()
    assert {entry.key for entry in magic.MANDATE} == CHARGED.keys()
    assert OTHER_CALLS.keys() <= endings


def test_the_table_is_consistent_and_shown(driver: Driver) -> None:
    shown = driver.get("/control/magic")

    for provider, entries in (("infomedia", magic.PHONE), ("signzy", magic.MANDATE)):
        assert [entry["key"] for entry in shown[provider]] == [entry.key for entry in entries]
        for part in ("key", "name"):
            values = [entry[part] for entry in shown[provider]]
            assert len(set(values)) == len(values)
        for entry in shown[provider]:
            assert entry["sentence"].endswith(".")
            assert {step["fault"] for step in entry["steps"]} <= set(KINDS)
    assert all("447700900900" <= entry["key"] <= "447700900999" for entry in shown["infomedia"])


def test_every_code_of_the_carrier_has_a_magic_number() -> None:
    codes = {
        step.args.get("code", "A5") for entry in magic.PHONE for step in entry.steps if step.fault in ("decline", "bar")
    }

    assert codes == {"AA", "A6", "A7", "A8", "A9", "AB", "AC", "AD", "A5", "A3"} | {
        "01", "48", "74", "A0", "A1", "A2", "A4", "AF",
    }  # fmt: skip


def test_an_explicit_rule_goes_before_the_magic(driver: Driver) -> None:
    number = f"{magic.NUMBER_PREFIX}901"
    driver.fault("slow", seconds=0, msisdn=number, times=1)

    assert [symptom(lambda: driver.renew(number)) for _ in range(2)] == ["ok", "declined AA"]


def test_magic_that_is_used_up_can_be_armed_again(driver: Driver) -> None:
    number = f"{magic.NUMBER_PREFIX}903"
    before = [symptom(lambda: driver.renew(number)) for _ in range(2)]
    driver.post("/control/magic/rearm", msisdn=number)

    assert [*before, symptom(lambda: driver.renew(number))] == ["declined AA", "ok", "declined AA"]


def test_ordinary_mandates_never_carry_magic(driver: Driver) -> None:
    assert all(driver.mandate() % 100 < 50 for _ in range(120))
