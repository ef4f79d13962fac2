"""Why a model was refused, or cannot do something. Pages word the code in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from augury.domain.reason_codes import WORDS, ReasonCode

MOST_CHARACTERS = 1_000
"""The characters of a value that are kept: a file's own words may have millions."""
MOST_PARTS = 20

Value: TypeAlias = str | int | float


@dataclass(frozen=True, slots=True)
class Reason:
    code: ReasonCode
    values: Mapping[str, Value] = field(default_factory=dict)
    parts: tuple["Reason", ...] = ()
    """The reasons for this one."""

    @classmethod
    def of(cls, code: ReasonCode, parts: Iterable["Reason"] = (), **values: Value) -> Self:
        """With the values that the words of this code have in braces."""
        kept = {name: _cut(each) if isinstance(each, str) else each for name, each in values.items()}
        return cls(code, kept, tuple(parts)[:MOST_PARTS])

    @classmethod
    def written(cls, text: str) -> Self:
        return cls.of(ReasonCode.AS_WRITTEN, text=text)

    def __str__(self) -> str:
        """English words, for logs and programs."""
        joint = ". " if self.code is ReasonCode.REMARKS else "; "
        return WORDS[self.code].format(**self.values, parts=joint.join(map(str, self.parts)))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
