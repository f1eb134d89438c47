"""The operator of a drill: decides what stands on the list by the provider's report, through the shipped use case."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from local.drill.accounts import Account
from local.drill.audit import Finding, listed_debits
from local.drill.evidence import Evidence
from ops.quiet import Quiet
from pinbill import bootstrap
from pinbill.domain.attempts import AttemptState, Decision
from pinbill.usecases.decide import Decide, OpenOutcome


@dataclass(frozen=True, slots=True)
class Person:
    """Reads the list, and the provider's report, which is its ledger."""

    decide: Decide

    @classmethod
    def hired(cls) -> Person:
        """With the environment of the stack, as the operator's command has it."""
        return cls(bootstrap.decide(os.environ, Quiet()))

    def list_differs(self, accounts: Sequence[Account]) -> list[Finding]:
        """Where the shipped list is not exactly the outcomes that are open."""
        listed = {row.attempt.id: row.subscription.id for row in self.decide.listed()}
        opened = {a.open_attempt.id: a.id for account in accounts if (a := account.subscription).open_attempt}
        missing = [Finding(opened[id], f"{id} is open and not on the list") for id in opened.keys() - listed.keys()]
        return missing + [Finding(listed[id], f"{id} is on the list and not open") for id in listed.keys() - opened]

    def work_off(self, accounts: Sequence[Account], evidence: Evidence) -> Counter[str]:
        """Close what is open of these accounts as the provider's report has it; returns the verdicts."""
        by_id = {account.member.id: account for account in accounts}
        verdicts: Counter[str] = Counter()
        for row in self.decide.listed():
            account = by_id.get(row.subscription.id)
            if account is None:
                continue
            debited = listed_debits(account, evidence.debits.get(account.member.id, ()))
            verdict = AttemptState.PAID if debited else AttemptState.NOT_CHARGED
            self._close(row, verdict)
            verdicts[verdict.value] += 1
        return verdicts

    def _close(self, row: OpenOutcome, verdict: AttemptState) -> None:
        decision = Decision("drill", "the provider's report", len(row.attempt.evidence))
        self.decide(row.subscription.partner, row.subscription.id, row.attempt.id, verdict, decision)
