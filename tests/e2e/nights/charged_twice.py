"""A debit whose answer was lost, of which a person said that there was none: its period was billed once more."""

from __future__ import annotations

from tests.e2e.nights.rehearsal import HOUR, PARTNER, Night
from tests.e2e.operating import operate


def rehearse(night: Night) -> None:
    desk = night.desk
    id, attempt = night.unanswered("quiz-weekly")
    month = desk.now().strftime("%Y-%m")
    desk.move_clock(HOUR)
    why = ["--evidence", "0", "--by", "ann", "--because", "not in the report"]
    decided = operate(desk, "decide", PARTNER, attempt, "not-charged", *why)
    assert decided.returncode == 0, decided.stderr
    night.run_until("the bill again", [id], lambda now_is: now_is["periods_settled"] == 2)
    lost, _again = desk.debits(id)[1:]
    assert lost["reference"] == attempt
    night.type(ID=id)

    night.report(lost["reference"], 5, chargeAmount="4.50", currencyCode="GBP", txid=lost["transaction"])
    night.type(ID=id, MONTH=month)

    night.report(lost["reference"], 31, chargeAmount="4.50", currencyCode="GBP", txid="refund-1")
    night.type(ID=id)
    assert len(desk.debits(id)) == 3
