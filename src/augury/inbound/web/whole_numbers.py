"""Whole numbers in forms and addresses."""

from dataclasses import dataclass

MOST_DIGITS = 18
"""The most digits of a number that the database can hold. Python refuses to read more than 4,300 digits."""
MOST_SAID = 40
_GAPS = str.maketrans("", "", " \u00a0\u202f")


@dataclass(eq=False)
class NotWhole(Exception):
    """A field of a form is not a whole number. It must not count as empty, because an empty field means no
    limit."""

    typed: str


def typed_number(text: object) -> int | None:
    """The number in a field of a form. None if it is empty. Raises `NotWhole`."""
    typed = str(text or "").strip()
    if not typed:
        return None
    number = number_at(typed.translate(_GAPS))
    if number is None:
        raise NotWhole(typed if len(typed) <= MOST_SAID else f"{typed[: MOST_SAID - 1]}…")
    return number


def number_at(text: str) -> int | None:
    """The number in a page's address. None if there is none."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
