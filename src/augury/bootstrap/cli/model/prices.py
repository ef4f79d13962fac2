"""The prices of a model, in words."""


def prices_in_words(row_price: int, text_price: int) -> str:
    per_row = f"{row_price} {'credit' if row_price == 1 else 'credits'} per row"
    return f"{per_row} and {text_price} per kilobyte of text" if text_price else per_row
