"""The rules of regulators and operators that billing obeys: what each says, where it comes from, where it is checked.

What a rule fixes by default for a plan is here too; docs/rules.md shows this table, and a test holds both together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pinbill.domain.caps import NO_CAPS, Caps
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeRules


@dataclass(frozen=True, slots=True)
class Rule:
    """`checked_in` is the module, below the package, that enforces it; `held_by` the test that would turn red.

    `to_confirm` is what only counsel can say; no source of ours is the legal text itself.
    """

    name: str
    regime: str
    says: str
    source: str
    checked_in: str
    held_by: str
    to_confirm: str


RULES_IN_FORCE = (
    Rule(
        "consent_evidence",
        "UK: PRS Order 2024 (SI 2024/1046), after PSA Code 15",
        "Evidence of each consent: text, price, time, method, page; two stages where the plan says so.",
        "psauthority.org.uk, August 2019; legislation.gov.uk/uksi/2024/1046 (contents, read 2026)",
        "domain/consent.py",
        "tests/unit/domain/test_consent.py",
        "Which parts the Order wants, and for how long they must be kept.",
    ),
    Rule(
        "price_as_agreed",
        "UK, EU, India: what was agreed to is what may be taken",
        "A bill takes the price, and comes by the calendar, that its user agreed to; a new price is for new users.",
        "psauthority.org.uk, August 2019; RBI E-mandate Framework, 21 April 2026 (press)",
        "domain/claims.py",
        "tests/unit/ops/test_evidence.py",
        "Whether a lower price may be passed on without a new consent.",
    ),
    Rule(
        "receipt",
        "UK: PSA Code 15; national operators' rules",
        "After each paid bill a receipt is owed, by whom the service says.",
        "psauthority.org.uk/for-business/new-code-15; Infomedia's partner guide",
        "domain/receipts.py",
        "tests/unit/domain/test_receipts.py",
        "Whether Infomedia's SMS is the receipt in each country that is sold to.",
    ),
    Rule(
        "cap_per_charge_eu",
        "EU: PSD2 (2015/2366) article 3(l), as paid on a phone bill",
        "At most EUR 50.00 a payment.",
        "paytechlaw.com, February 2024; eba.europa.eu Q&A 2018_4181",
        "domain/spending.py",
        "tests/unit/domain/test_spending.py",
        "What counts as one transaction, and the thresholds of PSD3 and PSR.",
    ),
    Rule(
        "cap_per_month_eu",
        "EU: PSD2 (2015/2366) article 3(l), as paid on a phone bill",
        "At most EUR 300.00 a calendar month, of each subscription.",
        "paytechlaw.com, February 2024; eba.europa.eu Q&A 2018_4181",
        "domain/spending.py",
        "tests/unit/domain/test_spending.py",
        "The law counts per subscriber over all services: the operator of the phone bill must.",
    ),
    Rule(
        "cap_per_charge_in",
        "India: RBI E-mandate Framework 2026",
        "At most INR 15,000.00 a debit without further authentication; more only with a reason in the catalog.",
        "businesstoday.in, 22 April 2026; RBI CO.DPSS.POLC.No.S-518/02.14.003/2022-23, 16 June 2022",
        "domain/spending.py",
        "tests/unit/domain/test_spending.py",
        "The classes with INR 100,000, and whether a first debit that is authenticated may be higher.",
    ),
    Rule(
        "notice_before_debit",
        "India: RBI E-mandate Framework 2026; NPCI UPI AutoPay",
        "No debit before its notice is 24 hours old; the notice names merchant, amount, date, mandate and reason.",
        "businesstoday.in, 22 April 2026; decentro.tech on NPCI's rules",
        "domain/announcing.py",
        "tests/unit/domain/test_announcing.py",
        "Which mandates are exempt (FASTag, NCMC, NACH), and whether one notice covers NPCI's three retries.",
    ),
    Rule(
        "opt_out_of_a_debit",
        "India: RBI E-mandate Framework 2026",
        "A user who opts out of one debit is not debited for that period.",
        "businesstoday.in, 22 April 2026",
        "domain/announcing.py",
        "tests/unit/domain/test_announcing.py",
        "Whether the opt-out itself needs authentication by the partner.",
    ),
    Rule(
        "debit_windows",
        "India: NPCI, since 1 August 2025",
        "UPI mandates are executed before 10:00, from 13:00 to 17:00, and after 21:30, Indian time.",
        "Secondary press, 2025",
        "domain/pacing.py",
        "tests/unit/domain/test_pacing.py",
        "The windows of today: they are the setting SignzyBillingWindows.",
    ),
    Rule(
        "tries_of_a_debit",
        "India: NPCI UPI AutoPay",
        "One execution and at most three more of the same debit.",
        "Secondary press, 2025",
        "domain/rails.py",
        "tests/unit/domain/test_dunning.py",
        "Nothing.",
    ),
    Rule(
        "cancel_receipt",
        "EU: withdrawal function since 19 June 2026; UK: DMCC Act 2024, subscription chapter (spring 2027)",
        "The answer to a cancel says when it was received and when what ends; a repeat says the same.",
        "reedsmith.com; legislation.gov.uk (text)",
        "domain/ending.py",
        "tests/unit/usecases/test_cancel.py",
        "The form in which the user must get it, and reminders: see below.",
    ),
)

# By rail and currency: what a plan's caps are unless its operator says otherwise, with a reason.
USUAL_CAPS: Mapping[tuple[RailName, str], Caps] = {
    (RailName.INFOMEDIA, "EUR"): Caps(Money(50_00, "EUR"), Money(300_00, "EUR")),
    (RailName.SIGNZY, "INR"): Caps(Money(15_000_00, "INR")),
}
# Rails whose debits need a notice unless a plan is exempt, for a reason.
USUAL_NOTICES: Mapping[RailName, NoticeRules] = {RailName.SIGNZY: NoticeRules()}


def usual_caps(rail: RailName, currency: str) -> Caps:
    return USUAL_CAPS.get((rail, currency), NO_CAPS)
