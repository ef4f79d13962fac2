"""The bot's texts: Fluent messages in Russian and English, with each language's numbers and plurals."""

import dataclasses
import html
import logging
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from math import floor, log10
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.types import fluent_number

from augury.domain.errors import DomainError
from augury.domain.request import NoValidRow
from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning
from augury.inbound.tables.unreadable import Unreadable

FOLDER = Path(__file__).parent / "texts"
LANGUAGES = ("ru", "en")
DEFAULT = "en"
MOST_VALUE_CHARACTERS = 500
"""A longer value is shortened in a message: a person's text may be as long as a whole message."""
MOST_NAME_CHARACTERS = 100
"""A longer name is shortened in a list."""
DIGITS = 6
"""Significant digits of a numeric answer. An answer of 1 or more has at least two decimals."""
_CAPITALS = re.compile(r"(?<!^)(?=[A-Z])")
REASONS = {
    RowFault.NOT_AN_OBJECT: "reason-row",
    RowFault.MISSING: "reason-missing",
    RowFault.UNKNOWN: "reason-extra",
    RowFault.NOT_A_NUMBER: "reason-number",
    RowFault.NULL: "reason-null",
    RowFault.NOT_FINITE: "reason-range",
    RowFault.NOT_A_CATEGORY: "reason-text",
    RowFault.NOT_64_BIT: "reason-range",
    RowFault.NOT_A_TEXT: "reason-text",
    RowFault.NOT_AN_EMBEDDING: "reason-embedding",
    RowFault.NOT_A_DATE: "reason-date",
    RowFault.TOO_LONG: "reason-long",
    RowFault.NOT_STORABLE: "reason-characters",
    RowFault.NOT_EXPLAINED: "reason-unexplained",
    RowFault.NOT_PREDICTED: "reason-broke",
}
"""The message for each fault of a row. A test checks that none is missing."""
DOUBTS = {
    RowDoubt.UNSEEN_CATEGORY: "doubt-category",
    RowDoubt.UNSEEN_NULL: "doubt-null",
    RowDoubt.CROSSED_QUANTILES: "doubt-quantiles",
    RowDoubt.MORE: "doubt-more",
}
log = logging.getLogger(__name__)


class Markup(str):
    """A text that is HTML and is not escaped again."""

    __slots__ = ()


def in_lines(*lines: Markup) -> Markup:
    return Markup("\n".join(lines))


class Speech:
    """The texts of one language. Call it with a message's name and its values."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._bundle = FluentBundle([language], use_isolating=False)
        self._bundle.add_resource(FluentResource((FOLDER / f"{language}.ftl").read_text(encoding="utf-8")))

    def __call__(self, message: str, **values: object) -> Markup:
        """The message as HTML. Values that are texts are shortened and escaped."""
        pattern = self._bundle.get_message(message).value
        assert pattern is not None, message
        said, errors = self._bundle.format_pattern(pattern, _safe(values))
        if errors:
            log.error("message %s: %s", message, errors)
        return Markup(said)

    def plain(self, message: str, **values: object) -> str:
        """The message as plain text, for buttons, files and other places without HTML."""
        return html.unescape(re.sub(r"<[^>]*>", "", self(message, **values)))

    def refusal(self, error: DomainError) -> Markup:
        """The message for a refusal: each kind has its own."""
        values = {field.name: getattr(error, field.name) for field in dataclasses.fields(error)}
        if isinstance(error, NoValidRow):
            values["reason"] = self.reason(error.errors[0]) if error.errors else ""
        return self(refusal_name(type(error)), **values)

    def unreadable(self, error: Unreadable) -> Markup:
        """Why a file cannot be read: each reason has its own message."""
        values = {field.name: getattr(error, field.name) for field in dataclasses.fields(error)}
        return self(unreadable_name(type(error)), **values)

    def reason(self, error: RowError) -> Markup:
        reason = self(REASONS[error.fault])
        if error.field is None:
            return reason
        return self("reason-field", field=shortened(error.field, MOST_NAME_CHARACTERS), reason=reason)

    def doubt(self, warning: RowWarning) -> Markup:
        """Why the answer to a predicted row may be wrong."""
        doubt = self(DOUBTS[warning.doubt], count=warning.count)
        if warning.field is None:
            return doubt
        return self("reason-field", field=shortened(warning.field, MOST_NAME_CHARACTERS), reason=doubt)

    def plain_doubt(self, warning: RowWarning) -> str:
        return html.unescape(self.doubt(warning))

    def plain_reason(self, error: RowError) -> str:
        return html.unescape(self.reason(error))

    def figure(self, value: float) -> object:
        """A numeric answer as a value of a message, rounded to `DIGITS` significant digits."""
        size = floor(log10(abs(value))) if value else 0
        if not -9 < size < 15:
            return f"{value:.{DIGITS}g}"
        return fluent_number(value, maximumFractionDigits=max(2, DIGITS - 1 - size))

    def time(self, at: datetime) -> str:
        return at.strftime("%d.%m %H:%M" if self.language == "ru" else "%Y-%m-%d %H:%M")


def refusal_name(error: type[DomainError]) -> str:
    """The message of `NotEnoughCredits` is `refusal-not-enough-credits`."""
    return f"refusal-{_kebab(error)}"


def unreadable_name(error: type[Unreadable]) -> str:
    """The message of `MissingColumns` is `unreadable-missing-columns`."""
    return f"unreadable-{_kebab(error)}"


def _kebab(error: type[Exception]) -> str:
    return _CAPITALS.sub("-", error.__name__).lower()


@cache
def speech(language: str) -> Speech:
    return Speech(language if language in LANGUAGES else DEFAULT)


def language_of(code: str | None) -> str:
    """The bot's language for a person whose Telegram has the language `code` (IETF: `ru`, `en-GB`)."""
    return "ru" if (code or "").partition("-")[0].lower() == "ru" else DEFAULT


def said_in_any(message: str) -> set[str]:
    """A button's text in every language: after a change of language the old keyboard is still there."""
    return {speech(language).plain(message) for language in LANGUAGES}


def shortened(text: str, most: int = MOST_VALUE_CHARACTERS) -> str:
    """The text cut to `most` characters as Telegram counts them: in UTF-16 code units, so an emoji is two."""
    units = text.encode("utf-16-le", "surrogatepass")
    return text if len(units) <= 2 * most else units[: 2 * most - 2].decode("utf-16-le", "ignore") + "…"


def _safe(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: html.escape(shortened(value), quote=False)
        if isinstance(value, str) and not isinstance(value, Markup)
        else str(value)
        if isinstance(value, Markup)
        else value
        for name, value in values.items()
        if isinstance(value, (str, int, float))
    }
