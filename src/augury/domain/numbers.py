"""Numbers as people and programs write them: `3.5`, `3,5`, `1 234,5`, `1.234,5`, `1,234,567`.

A comma before exactly three digits is either a decimal sign or a separator of thousands. A number is read
under every convention. If these disagree, other cells of the column decide, or else the person.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

MOST_EXACT = 2**53
"""Whole numbers beyond this are not exact as floats."""


class Convention(Enum):
    """The decimal sign and the separator of thousands, such as `.` and `,`."""

    POINT_COMMA = (".", ",")
    COMMA_POINT = (",", ".")
    POINT_BLANK = (".", " ")
    COMMA_BLANK = (",", " ")

    @property
    def decimal(self) -> str:
        sign: str = self.value[0]
        return sign


ALL = frozenset(Convention)
POINTS = frozenset({Convention.POINT_COMMA, Convention.POINT_BLANK})
COMMAS = ALL - POINTS
_SURELY = {".": POINTS, ",": COMMAS}
_MAYBE = {".": POINTS | {Convention.COMMA_POINT}, ",": COMMAS | {Convention.POINT_COMMA}}


@dataclass(eq=False)
class TwoReadings(Exception):
    """The text can be read as two different numbers."""

    one: int | float
    other: int | float


def _pattern(convention: Convention) -> re.Pattern[str]:
    decimal, group = map(re.escape, convention.value)
    whole = rf"(?P<whole>[1-9]\d{{0,2}}(?:{group}\d{{3}})+|\d+)"
    part = rf"(?:{decimal}(?P<part>\d*))"
    return re.compile(rf"(?P<sign>[+-]?) ?(?:{whole}{part}?|{decimal}(?P<only>\d+))(?P<power>[eE][+-]?\d+)?")


_PATTERNS = {convention: _pattern(convention) for convention in Convention}
_ONE_SIGN = re.compile(r"[+-]?(\d*)([.,])(\d+)", re.ASCII)


def number(text: str, column: Collection[Convention] = ALL) -> int | float | None:
    """The number, or None if the text is not a number. `column` has the conventions that its column follows.

    Raises `TwoReadings` if these do not decide. A point before three digits is a decimal sign unless the
    column says otherwise, as in every programming language.
    """
    text = _plain(text)
    if "_" in text:  # float() would take 1_000
        return None
    plain = _as_programs_write(text, column)
    if plain is not None:
        try:
            return _tidy(float(plain))
        except ValueError:
            pass
    found = readings(text)
    values = {value for convention, value in found.items() if convention in column} or set(found.values())
    if len(values) > 1:
        one, other = sorted(values, key=abs)
        raise TwoReadings(one, other)
    return values.pop() if values else None


def readings(text: str) -> Mapping[Convention, int | float]:
    """The number that the text means, by each convention that it follows."""
    text = _plain(text)
    found: dict[Convention, int | float] = {}
    for convention, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(text):
            whole = re.sub(r"\D", "", match["whole"] or "")
            part = match["part"] or match["only"] or ""
            found[convention] = _tidy(float(f"{match['sign']}{whole}.{part}0{match['power'] or ''}"))
    return found


def followed(text: str) -> frozenset[Convention]:
    """The conventions that a cell follows: all of them if it is not a number or has neither sign."""
    if text.isdigit():
        return ALL
    text = _plain(text)
    if match := _ONE_SIGN.fullmatch(text):
        whole, sign, part = match.groups()
        may_be_thousands = len(part) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0"
        return (_MAYBE if may_be_thousands else _SURELY)[sign]
    return frozenset(readings(text)) or ALL


def _as_programs_write(text: str, column: Collection[Convention]) -> str | None:
    """The number with a decimal point, if its only sign is the column's decimal sign; else None."""
    if "," not in text:
        return None if POINTS.isdisjoint(column) else text
    return text.replace(",", ".") if POINTS.isdisjoint(column) and "." not in text else None


def _plain(text: str) -> str:
    """The text stripped, with a space for each inner whitespace character, and with an ASCII minus."""
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if sign.isspace() else sign for sign in text).replace("−", "-")


def _tidy(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) < MOST_EXACT else value
