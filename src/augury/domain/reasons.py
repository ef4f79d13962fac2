"""Why a model was refused, how it was trained, or what it cannot do. Pages word the code in the reader's
language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

from augury.domain.reason_codes import ReasonCode
from augury.domain.reason_words import WORDS

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
        """`values` are those that the words of this code name in braces."""
        kept = {name: _storable(each) if isinstance(each, str) else each for name, each in values.items()}
        return cls(code, kept, tuple(parts)[:MOST_PARTS])

    @classmethod
    def written(cls, text: str) -> Self:
        return cls.of(ReasonCode.AS_WRITTEN, text=text)

    @classmethod
    def read(cls, encoded: Mapping[str, Any] | None, words: str) -> Self:
        """The reason that was `encoded`. Its words serve where an older release stored no code, and where a
        newer one has stored a code that is unknown here."""
        if encoded is not None:
            try:
                return cls._decoded(encoded)
            except (ValueError, LookupError, TypeError):
                pass
        return cls.written(words)

    @classmethod
    def _decoded(cls, encoded: Mapping[str, Any]) -> Self:
        parts = tuple(map(cls._decoded, encoded.get("parts", ())))
        found = cls(ReasonCode(encoded["code"]), dict(encoded.get("values", {})), parts)
        str(found)  # raises `KeyError` if a value is missing
        return found

    @property
    def encoded(self) -> dict[str, Any]:
        """As JSON values. `read` is the inverse."""
        return {
            "code": str(self.code),
            "values": dict(self.values),
            "parts": [each.encoded for each in self.parts],
        }

    def __str__(self) -> str:
        """English words, for logs and programs."""
        joint = ". " if self.code is ReasonCode.REMARKS else "; "
        values = {name: _worded(each) for name, each in self.values.items()}
        return WORDS[self.code].format(**values, parts=joint.join(map(str, self.parts)))


def _worded(value: Value) -> Value:
    return f"{value:,}" if isinstance(value, int) else value


def _storable(text: str) -> str:
    """The text, shortened, and without the character that a database cannot store."""
    text = text.replace("\x00", "�")
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
