"""Infomedia's published result codes, and what each allows next.

Source: the table of `transactionStatus` on https://developer.infomedia.co.uk/webhooks; the classes are our reading. No
document says which codes stand in the answers of the calls; these are assumed there too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass

BILLED = "00"
NO_CODE = "no_code"


@dataclass(frozen=True, slots=True)
class Code:
    failure: FailureClass
    meaning: str
    next_step: str

    @property
    def text(self) -> str:
        return f"{self.meaning} {self.next_step}"


_LIMIT = Code(FailureClass.LIMIT, "A spending limit was reached.", "It is tried again, but not on the same day.")
_FAILED = Code(FailureClass.TECHNICAL, "The billing attempt failed at the operator.", "It is tried again a few times.")

DECLINES: Mapping[str, Code] = {
    "AA": Code(FailureClass.SOFT, "Not enough credit.", "It is tried again on the plan's ladder."),
    **dict.fromkeys(("A6", "A7", "A8", "A9", "AB", "AC", "AD"), _LIMIT),
    "A5": Code(FailureClass.HARD, "The operator bars this number.", "It is not tried again."),
    "A3": Code(FailureClass.HARD, "The network does not know this number.", "It is not tried again."),
    **dict.fromkeys(("01", "48", "74", "A0", "A1", "A2", "A4", "AF"), _FAILED),
}

UNLISTED = Code(
    FailureClass.UNLISTED,
    "Declined with a code that is in no table.",
    "It is not tried again by itself; the operator should find out what the code means.",
)


def declined(
    code: str | None, provider_reference: str | None = None, network: tuple[str, str] | None = None
) -> BillResult:
    """A declined bill by its code; a code of no table, and none at all, are unlisted."""
    known = DECLINES.get(code or "", UNLISTED)
    return BillResult(
        AttemptState.DECLINED,
        code or NO_CODE,
        known.failure,
        known.text,
        provider_reference=provider_reference,
        network=network,
    )
