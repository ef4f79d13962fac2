"""The texts of a card in English and Russian, as Fluent messages."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.types import fluent_number

from augury.domain.model_texts import LANGUAGES
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason

FOLDER = Path(__file__).parent / "texts"
NAMED: Mapping[ReasonCode, Sequence[str]] = {
    ReasonCode.SAME_NAMES: ["what"],
    ReasonCode.BAD_NAME: ["what"],
    ReasonCode.TEXT_LANGUAGE: ["what"],
    ReasonCode.TEXT_LENGTH: ["what"],
    ReasonCode.ALREADY_READ: ["value"],
    ReasonCode.TASK_AND_ANSWERS: ["task"],
    ReasonCode.OTHER_KIND: ["mine", "other"],
    ReasonCode.OTHER_TASK: ["mine", "other"],
    ReasonCode.OTHER_VALUE: ["mine", "other"],
    ReasonCode.COLUMN_USED: ["kind"],
}
"""The values of reasons that have their own messages, such as `word-number`."""
MOST_CHARACTERS = 2_000
"""The most characters of a value in a text: Fluent writes `{???}` instead of a longer one."""
DECIMALS = 6
log = logging.getLogger(__name__)


class Words:
    """The texts of one language. Call it with a message's name and values; the page escapes the text."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._bundle = FluentBundle([language], use_isolating=False)
        for file in FOLDER.glob(f"*.{language}.ftl"):
            self._bundle.add_resource(FluentResource(file.read_text(encoding="utf-8")))

    def __call__(self, message: str, **values: object) -> str:
        pattern = self._bundle.get_message(message).value
        assert pattern is not None, message
        kept = {
            name: each[:MOST_CHARACTERS] if isinstance(each, str) else each for name, each in values.items()
        }
        said, errors = self._bundle.format_pattern(pattern, kept)
        if errors:
            log.error("message %s: %s", message, errors)
        return str(said)

    def has(self, message: str) -> bool:
        return self._bundle.has_message(message)

    def figure(self, value: float, digits: int = 4) -> str:
        """A number with the language's decimal sign, rounded to this many significant digits."""
        said = f"{value:.{digits}g}"
        return said.replace(".", ",") if self.language == "ru" else said

    def count(self, value: int) -> str:
        return self("count", value=value)

    def percent(self, value: float) -> str:
        """`value` is in percent. It gets one decimal place."""
        return self("percent", value=fluent_number(value, minimumFractionDigits=1, maximumFractionDigits=1))

    def reason(self, reason: Reason) -> str:
        return worded(reason, self, self.has)


def worded(reason: Reason, say: Callable[..., str], has: Callable[[str], bool]) -> str:
    """The words for a stored reason. Each code has its own message. `say` formats a message with its values,
    and `has` tells whether there is a message of this name."""
    values: dict[str, object] = {
        name: fluent_number(each, maximumFractionDigits=DECIMALS) if isinstance(each, float) else each
        for name, each in reason.values.items()
    }
    for name in NAMED.get(reason.code, ()):
        message = f"word-{str(values[name]).replace('_', '-')}"
        values[name] = say(message) if has(message) else values[name]
    joint = ". " if reason.code is ReasonCode.REMARKS else "; "
    parts = joint.join(worded(each, say, has) for each in reason.parts)
    return say(f"reason-{reason.code.replace('_', '-')}", **values, parts=parts)


@cache
def words(language: str) -> Words:
    """The texts of this language, or the English ones."""
    return Words(language if language in LANGUAGES else LANGUAGES[0])
