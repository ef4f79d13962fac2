"""The caller's `traceparent` (W3C Trace Context), which the log lines of one request share."""

import re

_FORMAT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent(text: object) -> str | None:
    """The text if it is a valid `traceparent`, else None: the standard says to ignore an invalid one."""
    return text if isinstance(text, str) and _FORMAT.fullmatch(text) else None
