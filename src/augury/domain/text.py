"""Text from outside: names, addresses, values of features."""


def is_storable(text: str) -> bool:
    """Whether a database can store the text: it has no NUL and no lone surrogates."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
