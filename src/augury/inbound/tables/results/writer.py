"""The interface of all writers of results. They load Arrow; this module does not."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RawPart:
    """A slice of a batch that has ended, as it is stored."""

    first_row: int
    rows: bytes
    answers: bytes | None
    """None if it ended unpredicted: then `remark` says why."""
    remark: str


class Writer(Protocol):
    """Writes the results of a batch piece by piece."""

    def begin(self) -> bytes: ...

    def write(self, raw: RawPart) -> bytes: ...

    def end(self) -> bytes: ...
