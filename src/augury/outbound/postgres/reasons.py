"""How a reason is stored: its English words, for processes of an older release, and its code with values."""

import json
from collections.abc import Mapping
from typing import Any

from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason


def stored(reason: Reason | None) -> tuple[str | None, str | None]:
    """The values of two columns: the words, and the reason as JSON."""
    if reason is None:
        return None, None
    return str(reason), json.dumps(encoded(reason), ensure_ascii=False)


def read(why: str | None, words: str | None) -> Reason | None:
    """The reason from the JSON and the words."""
    return decoded(None if why is None else json.loads(why), words)


def encoded(reason: Reason | None) -> Mapping[str, Any] | None:
    if reason is None:
        return None
    return {
        "code": reason.code,
        "values": dict(reason.values),
        "parts": [encoded(each) for each in reason.parts],
    }


def decoded(why: Mapping[str, Any] | None, words: str | None) -> Reason | None:
    """The reason. Its words serve where an older release stored no code, and where a newer one has stored a
    code that is unknown here."""
    if why is not None:
        try:
            return _decoded(why)
        except (ValueError, KeyError):
            pass
    return Reason.written(words) if words else None


def _decoded(why: Mapping[str, Any]) -> Reason:
    parts = tuple(_decoded(each) for each in why["parts"])
    found = Reason(ReasonCode(why["code"]), why["values"], parts)
    str(found)  # that it has all values of its words
    return found
