"""What a mandate covers."""

from pinbill.domain.money import Money
from pinbill.domain.subscription import Mandate
from pinbill.errors import AmountOverMandate, CurrencyMismatch


def check_mandate(mandate: Mandate, amount: Money) -> None:
    """Refuse what the mandate does not cover; the bank would refuse it too, after a call that costs."""
    if mandate.maximum.currency != amount.currency:
        raise CurrencyMismatch
    if amount.minor > mandate.maximum.minor:
        raise AmountOverMandate
