"""Stores a reason in two columns: its English words, for processes of an older release, and its code with
values as JSON."""

import json
from collections.abc import Sequence

from augury.domain.reasons import Reason


def stored(reason: Reason | None) -> tuple[str | None, str | None]:
    """The values of two columns: the words, and the reason as JSON."""
    if reason is None:
        return None, None
    return str(reason), json.dumps(reason.encoded, ensure_ascii=False)


def read(why: str | None, words: str | None) -> Reason | None:
    """The reason from the JSON and the words."""
    encoded = None if why is None else json.loads(why)
    return None if words is None and encoded is None else Reason.read(encoded, words or "")


def stored_all(reasons: Sequence[Reason]) -> tuple[list[str], str]:
    """The values of two columns: the words of each, and all as JSON."""
    encoded = [each.encoded for each in reasons]
    return list(map(str, reasons)), json.dumps(encoded, ensure_ascii=False)


def read_all(encoded: str | None, words: Sequence[str]) -> tuple[Reason, ...]:
    """The reasons from the JSON and the words. If their numbers differ, a process of an older release has
    stored only words since, and the JSON is ignored."""
    found = [] if encoded is None else json.loads(encoded)
    if len(found) != len(words):
        return tuple(map(Reason.written, words))
    return tuple(Reason.read(each, said) for each, said in zip(found, words, strict=True))
