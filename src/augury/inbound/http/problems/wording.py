"""Turns msgspec's messages about a body or a parameter into words for the caller."""

import re
from collections.abc import Iterable, Sequence

from augury.inbound.http.problems.choices import ANY_NAME, Shape, choices_at

_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
    "uuid": "a UUID",
}
_WHERE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_TYPE = re.compile(r"Expected `(?P<wanted>[a-z |]+)`, got `(?P<got>[a-z]+)`")
_LEAST = re.compile(r"Expected `(?:int|float)` >= (?P<least>\S+)")
_MOST = re.compile(r"Expected `(?:int|float)` <= (?P<most>\S+)")
_LENGTH = re.compile(r"Expected `(?P<kind>str|array)` of length (?P<sign><=|>=) (?P<length>\d+)")
_PATTERN = re.compile(r"Expected `str` matching regex '(?P<pattern>.+)'")
_MISSING = re.compile(r"Missing required \w+ parameter '(?P<name>[^']+)'")  # the framework's own words
_VALUE = re.compile(r"Invalid enum value (?P<value>.+)")

_REST = {
    "Invalid UUID": "must be a UUID",
    "Number out of range": "has a number that is too large: the limit is 1.8e308",
}


def split(message: str, shape: Shape = None) -> tuple[str, str | None]:
    """The message, to be put after the field's name, and that name. None means the whole body.

    If the type of the whole is given as `shape`, the message about a value lists the possible ones.
    """
    where = _WHERE.search(message)
    path = where["path"] if where else ""
    choices = choices_at(shape, path)
    return _said(message[: where.start()] if where else message, choices), path.replace(ANY_NAME, "") or None


def missing_parameter(message: str) -> str | None:
    """The name of the parameter that the framework misses."""
    found = _MISSING.search(message)
    return found["name"] if found else None


def listed(names: Iterable[str], last_word: str = "and") -> str:
    """`a`, `b` and `c`."""
    *first, last = [f"`{name}`" for name in names]
    return f"{', '.join(first)} {last_word} {last}" if first else last


def _said(message: str, choices: Sequence[str]) -> str:
    if found := _TYPE.fullmatch(message):
        wanted = " or ".join(_TYPES.get(each, each) for each in found["wanted"].split(" | "))
        return f"must be {wanted}, not {_TYPES.get(found['got'], found['got'])}"
    if found := _LEAST.fullmatch(message):
        return f"must be at least {found['least']}"
    if found := _MOST.fullmatch(message):
        return f"must be at most {found['most']}"
    if found := _LENGTH.fullmatch(message):
        unit = "character" if found["kind"] == "str" else "item"
        unit = unit if found["length"] == "1" else f"{unit}s"
        return f"must have at {'most' if found['sign'] == '<=' else 'least'} {found['length']} {unit}"
    if found := _PATTERN.fullmatch(message):
        return f"must match {found['pattern']}"
    if found := _VALUE.fullmatch(message):
        possible = listed(choices, "or") if choices else ""
        return f"must be {possible}, not {found['value']}" if possible else f"must not be {found['value']}"
    return _REST.get(message, message)
