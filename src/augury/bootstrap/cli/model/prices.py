"""The prices of a model, in words."""

from augury.inbound.counts import counted


def prices_in_words(row_price: int, text_price: int) -> str:
    per_row = f"{counted(row_price, 'credit')} per row"
    return f"{per_row} and {text_price:,} per kilobyte of text" if text_price else per_row
