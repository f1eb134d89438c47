"""Writes docs/simulated-providers.md from the tables of magic numbers and faults: `python -m local.simulators.page`."""

from pathlib import Path

from local.simulators import magic
from local.simulators.fault_kinds import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "simulated-providers.md"
HEAD = """# The simulated providers

One process plays Infomedia (`/dcbsb/…` sandbox, `/dcb/…` production) and Signzy (`/api/v3/eNach/eMandates/…`) over HTTP, with a handset per
number and a ledger of every debit. It shares no code with the product's clients. `make run` starts it; alone:
`python -m local.simulators --host 127.0.0.1 --port 8420 --state DIR`. Below, `$PROVIDERS` is its address.

| route | what for |
|---|---|
| GET `/handset/<number>` | inbox with PINs and receipts, balance, subscriptions; a page with `?html=1` |
| POST `/handset/<number>/topup`, `/balance` `{"amount": minor}`, `/bar` `{"barred"}`, `/stop` `{"productId"}` | what a user does |
| GET `/control/ledger?msisdn=&mandate=&reference=` | the debits; `/control/ledger/summary` for totals |
| GET `/control/calls?…`, `/control/activities` | every call received, and what LogActivity and UpdateActivity said |
| GET, POST, DELETE `/control/faults` | rules, for example `{"fault": "drop_after_debit", "msisdn": "447700900120", "times": 1}` |
| GET, POST `/control/clock` `{"advance_seconds"}` | their time; `make clock DAYS=7` moves ours with it |
| GET, POST `/control/callbacks`, POST `/control/callbacks/send` | where callbacks go; send one by hand |
| POST `/control/mandates` `{"maxAmount": rupees, "msisdn"?, "magic"?}` | a signed mandate; `/<id>/status` changes it |
| POST `/control/payments/<id>/settle` `{"status": "SUCCESS" or "FAILED"}` | the bank's word, now |
| GET, POST `/control/settings`, POST `/control/reset`, POST `/control/magic/rearm` | knobs; wipe; let "once" happen once more |

PIN errors carry codes of the simulators' own (P1 incorrect, P2 expired, P3 attempts exceeded, P4 none requested): Infomedia publishes
none, so a service maps its provider's real ones in `pin_codes`.
"""


def page() -> str:
    """The whole page as text."""
    numbers = [f"| +{one.key} | {one.name} | {one.sentence} |" for one in magic.PHONE]
    mandates = [f"| …{one.key} | {one.name} | {one.sentence} |" for one in magic.MANDATE]
    faults = [f"| `{name}` | {kind.channel} | {kind.sentence} |" for name, kind in KINDS.items()]
    return "\n".join(
        [
            HEAD,
            "## Numbers\n\nEvery other number of the range behaves normally.\n",
            "| number | name | what happens |\n|---|---|---|",
            *numbers,
            "\n## Mandates\n\nThe last two digits of the subReferenceId decide; 00 to 49 behave normally. "
            '`POST /control/mandates {"magic": "<name>", …}` makes such a mandate.\n',
            "| ending | name | what happens |\n|---|---|---|",
            *mandates,
            "\n## Faults\n\nA call takes at most one fault of each channel. A rule that fits goes before the number's fate.\n",
            "| fault | channel | what happens |\n|---|---|---|",
            *faults,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page())
