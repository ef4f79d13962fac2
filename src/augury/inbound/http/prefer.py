"""The `Prefer` header (RFC 7240), as far as it is honoured here: `wait`."""

import re

_WAIT = re.compile(r"""wait \s* = \s* "? (\d+) "?""", re.VERBOSE | re.ASCII | re.IGNORECASE)


def wait_seconds(prefer: bytes, *, most: int) -> int | None:
    """How long the caller would wait for the result, at most `most`; None where it does not say.

    A preference that cannot be understood is ignored, as the RFC asks.
    """
    for preference in prefer.decode("latin-1").split(","):
        if found := _WAIT.fullmatch(preference.partition(";")[0].strip()):
            return min(int(found[1].lstrip("0")[:9] or 0), most)
    return None
