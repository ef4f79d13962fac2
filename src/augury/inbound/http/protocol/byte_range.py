"""The header `Range` (RFC 9110, section 14): one range of bytes."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes\s*=\s*(?:(?P<first>\d{1,18})\s*-\s*(?P<last>\d{0,18})|-\s*(?P<suffix>\d{1,18}))")


@dataclass(frozen=True, slots=True)
class ByteRange:
    first: int | None
    last: int | None
    """The last byte, included. With `first` None: the number of bytes at the end."""

    @classmethod
    def parse(cls, header: str) -> "ByteRange | None":
        """None if there is no range, or if it has a form that is not supported and therefore ignored."""
        found = _RANGE.fullmatch(header.strip())
        if not found:
            return None
        if found["suffix"] is not None:
            return cls(None, int(found["suffix"]))
        last = int(found["last"]) if found["last"] else None
        first = int(found["first"])
        return None if last is not None and last < first else cls(first, last)

    def within(self, size: int) -> tuple[int, int] | None:
        """Its begin and its end (excluded) within `size` bytes. None if no byte of it exists."""
        if self.first is None:
            assert self.last is not None
            return (max(0, size - self.last), size) if self.last and size else None
        if self.first >= size:
            return None
        return self.first, size if self.last is None else min(size, self.last + 1)
