"""The texts of the pages: Fluent messages in English and Russian, with numbers and plurals."""

import dataclasses
import logging
import re
from collections.abc import Iterator
from functools import cache
from math import floor, log10
from pathlib import Path

from fluent.runtime import FluentBundle
from fluent.runtime.types import fluent_number
from fluent.syntax import FluentParser

from augury.cards import words as cards
from augury.domain.deviation import Deviation
from augury.domain.errors import DomainError
from augury.domain.reasons import Reason

FOLDER = Path(__file__).parent / "texts"
FILES = (FOLDER, "*.{}.ftl"), (cards.FOLDER, "trainings.{}.ftl")
"""The folders of the messages, and the names of a language's files in each."""
LANGUAGES = {"en": "English", "ru": "Русский"}
"""The languages with their own names."""
DEFAULT = "en"
DIGITS = 6
MOST_CHARACTERS = 300
"""The most characters of a value in a text."""
MOST_WORDED = 2_000
"""The most characters of a value that consists of our own sentences."""
WORDED = ("reason", "parts", "text")
"""The names of such values."""
_ENTRY = re.compile(r"^(?=[A-Za-z])", re.MULTILINE)
_parser = FluentParser(with_spans=False)
_CAPITALS = re.compile(r"(?<!^)(?=[A-Z])")
log = logging.getLogger(__name__)


class Texts:
    """The texts of one language. Call it with a message's name and values; templates escape the text."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._bundle = FluentBundle([language], use_isolating=False)
        self._entries = {
            entry.partition(" =")[0]: entry
            for folder, names in FILES
            for file in folder.glob(names.format(language))
            for entry in _ENTRY.split(file.read_text(encoding="utf-8"))
        }
        """The messages as they stand in the files. Each is parsed when it is first needed: all of a language
        would take 4 MB."""

        self._thousands = self("number", value=1_000)[1:-3]

    def __call__(self, message: str, **values: object) -> str:
        if not self._bundle.has_message(message):
            self._bundle.add_resource(_parser.parse(self._entries[message]))
        pattern = self._bundle.get_message(message).value
        assert pattern is not None, message
        said, errors = self._bundle.format_pattern(
            pattern, {name: _cut(name, each) for name, each in values.items()}
        )
        if errors:
            log.error("message %s: %s", message, errors)
        return str(said)

    def count(self, value: int) -> str:
        """A whole number in the language's format. Tables have hundreds, so it is made without Fluent."""
        return f"{value:,}".replace(",", self._thousands)

    def figure(self, value: float) -> str:
        """A number in the language's format, rounded to `DIGITS` significant digits."""
        size = floor(log10(abs(value))) if value else 0
        if not -9 < size < 15:
            return f"{value:.{DIGITS}g}"
        return self("figure", value=fluent_number(value, maximumFractionDigits=max(2, DIGITS - 1 - size)))

    def has(self, message: str) -> bool:
        return message in self._entries

    def refusal(self, error: DomainError) -> str:
        """The sentence for a refusal: each kind has its own."""
        values = {field.name: getattr(error, field.name) for field in dataclasses.fields(error)}
        plain = {name: value for name, value in values.items() if isinstance(value, (str, int, float))}
        worded = {name: self.reason(value) for name, value in values.items() if isinstance(value, Reason)}
        return self(refusal_name(type(error)), **plain, **worded)

    def reason(self, reason: Reason) -> str:
        """The words for a stored reason: each code has its own."""
        return cards.worded(reason, self, self.has)

    def deviation(self, deviation: Deviation) -> str:
        """The words for what a check of the books found: each code has its own."""
        values: dict[str, object] = dict(deviation.values)
        for name, prefix in (("status", "status"), ("kind", "movement")):
            if name in values:
                message = f"{prefix}-{str(values[name]).replace('_', '-')}"
                values[name] = self(message) if self.has(message) else values[name]
        return self(f"deviation-{deviation.code.replace('_', '-')}", **values)

    def metric(self, name: str) -> str:
        """The name of a score that our trainings measure, or the name that the model's file has."""
        message = f"metric-{name.replace('_', '-')}"
        if self.has(message):
            return self(message)
        whole, _, language = name.rpartition("_")
        if whole and self.has(f"metric-in-{language}"):
            return self(f"metric-in-{language}", metric=self.metric(whole))
        return name

    def unreadable(self, error: Exception) -> str:
        """The reason why a file cannot be read: each reason has its own sentence."""
        values = {name: value for name, value in vars(error).items() if isinstance(value, (str, int, float))}
        return self(unreadable_name(type(error)), **values)


def _cut(name: str, value: object) -> object:
    """A long text is shortened, because Fluent puts `{???}` in its place."""
    most = MOST_WORDED if name in WORDED else MOST_CHARACTERS
    return f"{value[: most - 1]}…" if isinstance(value, str) and len(value) > most else value


def unreadable_name(error: type[Exception]) -> str:
    """The message of `MissingColumns` is `unreadable-missing-columns`."""
    return f"unreadable-{_CAPITALS.sub('-', error.__name__).lower()}"


def refusal_name(error: type[DomainError]) -> str:
    """The message of `NotEnoughCredits` is `refusal-not-enough-credits`."""
    return f"refusal-{_CAPITALS.sub('-', error.__name__).lower()}"


@cache
def texts(language: str) -> Texts:
    return Texts(language if language in LANGUAGES else DEFAULT)


def language_of(accepted: str | None) -> str:
    """The visitor's preferred language of those that the pages have, by the weights in `Accept-Language`."""
    return next((each for each in _wanted(accepted or "") if each in LANGUAGES), DEFAULT)


def _wanted(accepted: str) -> Iterator[str]:
    weighed = []
    for place, part in enumerate(accepted[:200].split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name.partition("-")[0].lower()))
        except ValueError:
            continue
    return (name for _, _, name in sorted(weighed))
