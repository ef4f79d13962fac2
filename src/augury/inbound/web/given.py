"""Values in forms and addresses. A page refuses what it does not offer, and never takes it as something
else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from augury.domain.text import is_storable

MOST_DIGITS = 18
"""The most digits of a number that the database can hold. Python refuses to read more than 4,300 digits."""
_GAPS = str.maketrans("", "", " \u00a0\u202f")
Offered = TypeVar("Offered", bound=str)


@dataclass(eq=False)
class NotWhole(Exception):
    """A field of a form is not a whole number. It must not count as empty, because an empty field means no
    limit."""

    typed: str


@dataclass(eq=False)
class NotOffered(Exception):
    """The form or address has a value that is not one of the page's choices."""

    typed: str


@dataclass(eq=False)
class TooLong(Exception):
    """A text has more than `most` characters. A part of it could be another text that also exists."""

    most: int


def typed_number(text: object) -> int | None:
    """The number in a field of a form. None if it is empty. Raises `NotWhole`."""
    typed = str(text or "").strip()
    number = _whole(typed.translate(_GAPS))
    if typed and number is None:
        raise NotWhole(typed)
    return number


def number_at(text: str) -> int | None:
    """The number in a page's address. None if there is none. Raises `NotOffered`."""
    number = _whole(text)
    if text and number is None:
        raise NotOffered(text)
    return number


def id_at(text: str) -> UUID | None:
    """The id in a page's address, from which a list goes on. None if there is none. Raises `NotOffered`."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotOffered(text) from None


def text_of(text: object, most: int) -> str:
    """The text without blanks around it. Raises `TooLong`, and `NotOffered` if no database can hold it."""
    typed = str(text or "").strip()
    if not is_storable(typed):
        raise NotOffered(typed)
    if len(typed) > most:
        raise TooLong(most)
    return typed


def choice(text: object, offered: Iterable[Offered]) -> Offered | None:
    """The chosen value. None if the field is empty. Raises `NotOffered`."""
    return chosen(text, offered) if text else None


def chosen(text: object, offered: Iterable[Offered]) -> Offered:
    """The chosen value, which the form must have. Raises `NotOffered`."""
    for each in offered:
        if each == text:
            return each
    raise NotOffered(str(text or ""))


def is_ticked(text: object) -> bool:
    """Whether a checkbox is ticked. Browsers leave out the others. Raises `NotOffered`."""
    return choice(text, ("yes",)) is not None


def is_yes(text: object) -> bool:
    """Whether a field that must be `yes` or `no` is `yes`. Raises `NotOffered`."""
    return chosen(text, ("yes", "no")) == "yes"


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
