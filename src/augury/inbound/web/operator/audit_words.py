"""Entries of the audit log in the reader's language. The log itself has names and values of the domain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from augury.domain.audit import Act, Value, Values
from augury.inbound.web.texts import Texts

TIMES = ("blocked_at", "expires_at")
SHARES = ("share", "unsure_below")
NOTHING = "–"
_PREFIXES: Mapping[str, str] = {"state": "desk-state", "role": "desk-role", "reason": "desk-reason"}
"""Values that have words of their own."""


@dataclass(frozen=True, slots=True)
class Subject:
    kind: str
    """What it is, in words."""
    name: str
    """Its id or its name. Empty if there is only one of its kind."""


def subject_of(act: Act, words: Texts) -> Subject:
    kind, _, name = act.subject.partition(":")
    message = f"audit-of-{kind.replace('_', '-')}"
    return Subject(words(message) if words.has(message) else kind, name)


def worded(values: Values, words: Texts) -> Iterator[tuple[str, str | datetime]]:
    """The names and values. Times are left to the page, which shows them in the reader's zone."""
    for name, value in values.items():
        message = f"audit-value-{name.replace('_', '-')}"
        yield words(message) if words.has(message) else name, _said(name, value, words)


def _said(name: str, value: Value, words: Texts) -> str | datetime:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return words("audit-yes" if value else "audit-no")
    if name in SHARES and isinstance(value, int | float):
        return words("percent", share=round(value * 100, 1))
    if isinstance(value, int):
        return words.count(value)
    if isinstance(value, float):
        return words.figure(value)
    return _time(value) if name in TIMES else _text(name, value, words)


def _time(text: str) -> str | datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def _text(name: str, text: str, words: Texts) -> str:
    message = f"{_PREFIXES.get(name, '')}-{text.replace('_', '-')}"
    return words(message) if name in _PREFIXES and words.has(message) else text
