"""Money as whole minor units of one currency."""

import re
from dataclasses import dataclass
from decimal import Decimal
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

# Decimal() would also read exponents, signs, underscores, spaces and other scripts' digits, and rounds what is long.
PLAIN = re.compile(r"0*([0-9]{1,10})(?:\.([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of `minor` units (pence, paise) of the ISO 4217 `currency`."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read a decimal amount in major units, such as "4.50".

        Raises CurrencyUnknown, AmountInvalid (not a plain decimal, zero, absurdly large) or AmountTooPrecise.
        """
        exponent = EXPONENTS.get(currency)
        if exponent is None:
            raise CurrencyUnknown
        plain = PLAIN.fullmatch(text)
        if plain is None:
            raise AmountInvalid
        whole, decimals = plain[1], (plain[2] or "").rstrip("0")
        if len(decimals) > exponent:
            raise AmountTooPrecise
        minor = int(whole + decimals.ljust(exponent, "0"))
        if not 0 < minor <= LARGEST_MINOR:
            raise AmountInvalid
        return cls(minor, currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, with the currency's full number of decimals."""
        exponent = EXPONENTS[self.currency]
        return Decimal(self.minor).scaleb(-exponent).quantize(Decimal(1).scaleb(-exponent))

    @override
    def __str__(self) -> str:
        return f"{self.major} {self.currency}"
