"""The header `Accept` (RFC 9110, section 12.5.1).

Litestar's own reading fails on a weight such as `q=inf`, and takes `q=0` for a wish.
"""

import re

from litestar.types import Scope

_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE | re.ASCII)
Rank = tuple[float, int, int]
_NOT_ACCEPTED: Rank = (0.0, 0, 0)


def prefers(scope: Scope, wanted: str, other: str) -> bool:
    """Whether the caller prefers the media type `wanted` to `other`, which is sent in case of doubt."""
    accepted = b",".join([value for name, value in scope["headers"] if name == b"accept"]).decode("latin-1")
    ranges = [_range(each) for each in accepted.split(",")]
    return _rank(wanted, ranges) > _rank(other, ranges)


def _range(written: str) -> tuple[str, float]:
    """A media range in lower case, and its weight. A weight that cannot be read counts as none: 1."""
    name, *parameters = (part.strip() for part in written.split(";"))
    weights = (found for part in parameters if (found := _WEIGHT.fullmatch(part)))
    return name.lower(), next((float(found[1]) for found in weights), 1.0)


def _rank(media_type: str, ranges: list[tuple[str, float]]) -> Rank:
    """The weight, precision and place of the most precise range that has this type. Greater is better."""
    precise = ("*/*", f"{media_type.partition('/')[0]}/*", media_type)
    fitting = [
        (precise.index(name), -place, weight)
        for place, (name, weight) in enumerate(ranges)
        if name in precise
    ]
    precision, place, weight = max(fitting, default=(0, 0, 0.0))
    return (weight, precision, place) if weight else _NOT_ACCEPTED
