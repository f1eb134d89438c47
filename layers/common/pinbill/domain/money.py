"""Money as whole minor units of one currency."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import override

from pinbill.errors import AmountInvalid, AmountTooPrecise, CurrencyUnknown

# ISO 4217 exponents of the currencies in which the two rails bill. Another currency is refused until it is added here:
# a guessed exponent would bill a hundred times too much.
EXPONENTS = {
    "AED": 2,
    "AUD": 2,
    "CAD": 2,
    "CHF": 2,
    "EUR": 2,
    "GBP": 2,
    "INR": 2,
    "KWD": 3,
    "SAR": 2,
    "USD": 2,
    "ZAR": 2,
}

# DynamoDB and both providers take more; nobody sells a subscription for more than this.
LARGEST_MINOR = 10_000_000_00


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of `minor` units (pence, paise) of the ISO 4217 `currency`."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read a decimal amount in major units, such as "4.50".

        Raises CurrencyUnknown, AmountInvalid (not a number, zero, negative, absurdly large) or AmountTooPrecise.
        """
        exponent = EXPONENTS.get(currency)
        if exponent is None:
            raise CurrencyUnknown
        try:
            minor = Decimal(text).scaleb(exponent)
        except InvalidOperation:
            raise AmountInvalid from None
        if not minor.is_finite() or not 0 < minor <= LARGEST_MINOR:
            raise AmountInvalid
        if minor != minor.to_integral_value():
            raise AmountTooPrecise
        return cls(int(minor), currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, with the currency's full number of decimals."""
        exponent = EXPONENTS[self.currency]
        return Decimal(self.minor).scaleb(-exponent).quantize(Decimal(1).scaleb(-exponent))

    @override
    def __str__(self) -> str:
        return f"{self.major} {self.currency}"
