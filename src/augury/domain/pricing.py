"""The price of a prediction: per row and, if the model's owner chooses, per kilobyte of text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from augury.domain.errors import DomainError
from augury.domain.feature import FeatureKind
from augury.domain.input_schema import InputSchema

KILOBYTE = 1_000
"""Bytes."""


@dataclass(eq=False)
class MaxPriceExceeded(DomainError):
    """The price is higher than the highest that the request accepts; nothing was charged."""

    price: int
    max_price: int


def price_of(*, row_price: int, rows: int, text_price: int, text_bytes: int) -> int:
    """The price of rows and their text, in credits. The text of all rows together is rounded up to whole
    kilobytes."""
    return row_price * rows + text_price * -(-text_bytes // KILOBYTE)


def bytes_of_text(schema: InputSchema, rows: Iterable[object]) -> int:
    """The UTF-8 bytes of all values of the model's text features: the text that has a price.

    Names, numbers and categories do not count, nor does a value that is not a string or a row that is not an
    object.
    """
    names = [feature.name for feature in schema.features if feature.kind is FeatureKind.TEXT]
    if not names:
        return 0
    return sum(
        _size(value)
        for row in rows
        if isinstance(row, Mapping)
        for name in names
        if isinstance(value := row.get(name), str)
    )


def require_at_most(max_price: int | None, price: int) -> None:
    """Raises `MaxPriceExceeded` if the price is higher than the caller accepts; None accepts any."""
    if max_price is not None and price > max_price:
        raise MaxPriceExceeded(price=price, max_price=max_price)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
