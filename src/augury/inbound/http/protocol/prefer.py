"""The `Prefer` header (RFC 7240). Only `wait` is honoured."""

import re

_WAIT = re.compile(r"""wait \s* = \s* "? (\d+) "?""", re.VERBOSE | re.ASCII | re.IGNORECASE)
_PREFERENCE = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*+"?)++')
"""One of a list. A comma in a quoted string does not end it."""


def wait_seconds(prefer: bytes, *, most: int) -> int | None:
    """The seconds that the caller wants to wait for the result, at most `most`. None without a `wait`.

    A preference that cannot be parsed is ignored, as the RFC requires.
    """
    if not prefer:
        return None
    for preference in _PREFERENCE.findall(prefer.decode("latin-1")):
        if found := _WAIT.fullmatch(preference.partition(";")[0].strip()):
            return min(int(found[1].lstrip("0")[:9] or 0), most)
    return None
