"""The prices that a page shows: its form carries them, so that nobody pays more than the page says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from augury.domain.input_schema import InputSchema
from augury.domain.model import Model
from augury.domain.pricing import bytes_of_text, price_of
from augury.inbound.web.given import NotOffered, typed_number

FIELD = "told"
"""The field of a form that has the prices."""


@dataclass(frozen=True, slots=True)
class ToldPrice:
    """A model's prices, in credits, as a page shows them."""

    row: int
    text: int
    """Per kilobyte of text."""
    explanation: int

    @classmethod
    def of(cls, model: Model) -> Self:
        return cls(model.row_price, model.text_price, model.price_of_explanation)

    @classmethod
    def read(cls, form: Mapping[str, object]) -> Self | None:
        """The prices in a form. None if it has none. Raises `NotOffered`, `NotWhole`."""
        text = str(form.get(FIELD, ""))
        prices = [typed_number(each) for each in text.split("-")] if text else []
        match prices:
            case []:
                return None
            case [int(row), int(per_kilobyte), int(explanation)]:
                return cls(row, per_kilobyte, explanation)
        raise NotOffered(text)

    def __str__(self) -> str:
        """As in a form."""
        return f"{self.row}-{self.text}-{self.explanation}"

    def price(self, schema: InputSchema, row: Mapping[str, object], *, explained: bool) -> int:
        """The price of one row, in credits."""
        return price_of(
            row_price=self.row + (self.explanation if explained else 0),
            rows=1,
            text_price=self.text,
            text_bytes=bytes_of_text(schema, [row]),
        )
