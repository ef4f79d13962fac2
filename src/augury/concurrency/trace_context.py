"""The caller's trace (W3C Trace Context), as far as it is passed on: a name that log lines share."""

import re

_FORMAT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent(text: object) -> str | None:
    """The text, if it is a valid `traceparent`; else None, since a wrong one must be passed over."""
    return text if isinstance(text, str) and _FORMAT.fullmatch(text) else None
