"""Text from anywhere: names, addresses, what a model is asked."""


def is_storable(text: str) -> bool:
    """Whether a database can hold the text: no NUL, no lone surrogates."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
