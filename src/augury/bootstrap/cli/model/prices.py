"""The prices of a model, in words."""

from augury.inbound.counts import counted


def prices_in_words(row_price: int, text_price: int, explain_price: int | None = None) -> str:
    """`explain_price` is None if it follows the price of the row."""
    per_row = f"{counted(row_price, 'credit')} per row"
    words = f"{per_row} and {text_price:,} per kilobyte of text" if text_price else per_row
    return words if explain_price is None else f"{words}, and {explain_price:,} for the explanation of a row"
