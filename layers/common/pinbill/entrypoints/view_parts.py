"""What several views are made of: money, ids, and texts that may get further values."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from pinbill.domain.money import Money


def one_of(values: type[StrEnum] | Sequence[str], description: str | None = None) -> Any:
    """A text that is one of these today; a client must be able to meet another."""
    return Field(description=description, json_schema_extra={"x-extensible-enum": [str(value) for value in values]})


Id = Annotated[str, Field(description="Opaque; keep it as it is.")]


class View(BaseModel):
    """What is shown. Deferred: a function loads all views, and answers with few."""

    model_config = ConfigDict(defer_build=True)


class MoneyView(View):
    """An amount of money."""

    amount: Annotated[str, Field(description="Decimal in major units, with all decimals of the currency.")]
    currency: Annotated[str, Field(description="ISO 4217.")]

    @classmethod
    def of(cls, money: Money) -> Self:
        return cls(amount=str(money.major), currency=money.currency)
