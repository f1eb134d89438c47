"""What the models of the catalog file are made of."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pinbill.domain.money import Money
from pinbill.errors import PinbillError


class FileModel(BaseModel):
    # Strict: `true` is no number of days, and "7" is none either.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PriceFile(FileModel):
    amount: str
    currency: str

    @model_validator(mode="after")
    def is_money(self) -> Self:
        try:
            Money.parse(self.amount, self.currency)
        except PinbillError as error:
            raise ValueError(error.detail) from None
        return self


# A sentence for whoever asks why a rule is not applied as usual.
Reason = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{7,198}[^\s\x00-\x1f\x7f]$")]
