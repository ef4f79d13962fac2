"""What msgspec finds wrong with a body or a parameter, in the words of whoever sent it."""

import re
from collections.abc import Iterable

_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
    "uuid": "a UUID",
}
_WHERE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_ANY_NAME = "[...]"  # of a member, which msgspec does not tell
_TYPE = re.compile(r"Expected `(?P<wanted>[a-z |]+)`, got `(?P<got>[a-z]+)`")
_LEAST = re.compile(r"Expected `(?:int|float)` >= (?P<least>\S+)")
_MOST = re.compile(r"Expected `(?:int|float)` <= (?P<most>\S+)")
_LENGTH = re.compile(r"Expected `(?P<kind>str|array)` of length (?P<sign><=|>=) (?P<length>\d+)")
_VALUE = re.compile(r"Invalid enum value (?P<value>.+)")

_REST = {
    "Invalid UUID": "must be a UUID",
    "Number out of range": "has a number that is too large: numbers go to 1.8e308",
}


def split(message: str) -> tuple[str, str | None]:
    """What is wrong, to be said after a name, and the name, None for the body as a whole."""
    where = _WHERE.search(message)
    path = (where["path"].replace(_ANY_NAME, "") or None) if where else None
    return _said(message[: where.start()] if where else message), path


def listed(names: Iterable[str]) -> str:
    """`a`, `b` and `c`."""
    *first, last = [f"`{name}`" for name in names]
    return f"{', '.join(first)} and {last}" if first else last


def _said(message: str) -> str:
    if found := _TYPE.fullmatch(message):
        wanted = " or ".join(_TYPES.get(each, each) for each in found["wanted"].split(" | "))
        return f"must be {wanted}, not {_TYPES.get(found['got'], found['got'])}"
    if found := _LEAST.fullmatch(message):
        return f"must be {found['least']} at least"
    if found := _MOST.fullmatch(message):
        return f"must be {found['most']} at most"
    if found := _LENGTH.fullmatch(message):
        unit = "character" if found["kind"] == "str" else "item"
        unit = unit if found["length"] == "1" else f"{unit}s"
        return f"must have {found['length']} {unit} at {'most' if found['sign'] == '<=' else 'least'}"
    if found := _VALUE.fullmatch(message):
        return f"must not be {found['value']}"
    return _REST.get(message, message)
