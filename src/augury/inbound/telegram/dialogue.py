"""A dialogue in which the bot asks for values. It is stored at each step and survives a restart."""

from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from augury.application.ports import Json
from augury.domain.cells import embedding_in, known_values
from augury.domain.feature import MOST_TEXT, Feature, FeatureKind
from augury.domain.model import Model
from augury.domain.numbers import number
from augury.domain.row_errors import RowFault

MOST_FILES = 20
"""Unconfirmed files that are kept per chat; one more drops the oldest. An album has at most ten."""


Value: TypeAlias = str | int | float | list[float] | None


class WaitingFile(msgspec.Struct, frozen=True):
    """A CSV file whose price the person has not confirmed yet."""

    message_id: int
    """The message that brought the file."""
    file_id: str
    file_name: str
    model: str
    row_price: int
    text_price: int = 0
    """Credits per kilobyte of text, as the person was told."""
    price: int | None = None
    """Credits for all rows, as the person was told, if the file becomes a batch. None: it is one
    prediction."""

    def is_priced_as(self, model: Model) -> bool:
        """Whether the model still has the prices that the person was told."""
        return (self.row_price, self.text_price) == (model.row_price, model.text_price)


class Asking(msgspec.Struct, frozen=True, tag="asking"):
    """A dialogue that asks for one row, feature by feature. It is complete when every feature has a value."""

    began: int
    """The message that began the dialogue. One dialogue is one prediction."""
    model: str
    row_price: int
    """The price that the person was told."""
    values: tuple[Value, ...] = ()
    seen: int = 0
    """The newest message that was applied. A message that is handled again changes nothing."""
    files: tuple[WaitingFile, ...] = ()
    files_seen: int = 0
    """The newest message whose file was read."""
    text_price: int = 0
    """Credits per kilobyte of text, as the person was told."""

    def is_priced_as(self, model: Model) -> bool:
        """Whether the model still has the prices that the person was told."""
        return (self.row_price, self.text_price) == (model.row_price, model.text_price)


class Over(msgspec.Struct, frozen=True, tag="over"):
    """No dialogue is open. Messages up to `seen` belonged to dialogues that have ended."""

    seen: int
    files: tuple[WaitingFile, ...] = ()
    files_seen: int = 0


class _Confirming(msgspec.Struct, frozen=True, tag="confirming"):
    """The format of an earlier version, which kept a single unconfirmed file."""

    message_id: int
    file_id: str
    file_name: str
    model: str
    row_price: int
    seen: int = 0


Dialogue: TypeAlias = Asking | Over
_decoder: msgspec.json.Decoder[Dialogue | _Confirming] = msgspec.json.Decoder(Dialogue | _Confirming)


_WRONG = {
    RowFault.NOT_FINITE: "wrong-range",
    RowFault.NOT_AN_EMBEDDING: "wrong-embedding",
    RowFault.NOT_A_DATE: "wrong-date",
    RowFault.TOO_LONG: "wrong-long",
}
"""The message for a value that is readable, but that the feature does not take. Others: `wrong-text`."""


class NoAnswer(Exception):
    """The text does not answer the question. `message` names the Fluent message that says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def stored(dialogue: Dialogue) -> Json:
    return Json(msgspec.json.encode(dialogue))


def restored(text: Json | None) -> Dialogue | None:
    """The stored dialogue. None if there is none, or if its format is no longer known."""
    if text is None:
        return None
    try:
        found = _decoder.decode(text)
    except msgspec.MsgspecError:
        return None
    if isinstance(found, _Confirming):
        file = WaitingFile(found.message_id, found.file_id, found.file_name, found.model, found.row_price)
        return Over(seen=found.seen, files=(file,), files_seen=found.message_id)
    return found


def with_file(dialogue: Dialogue, file: WaitingFile) -> Dialogue:
    """The same dialogue with this unconfirmed file, which replaces an earlier entry of the same message."""
    dialogue = without_file(dialogue, file.message_id)
    files = (*dialogue.files, file)[-MOST_FILES:]
    return replace(dialogue, files=files, files_seen=max(dialogue.files_seen, file.message_id))


def without_file(dialogue: Dialogue, message_id: int) -> Dialogue:
    return replace(dialogue, files=tuple(each for each in dialogue.files if each.message_id != message_id))


def answer(feature: Feature, text: str, max_text: int = MOST_TEXT) -> Value:
    """The feature's value in `text`. Raises `NoAnswer`, also if a text or category has more than `max_text`
    characters, and `TwoReadings` if it is an ambiguous number."""
    value = _value(feature, text)
    if fault := feature.fault(value, max_text):
        raise NoAnswer(_WRONG.get(fault, "wrong-text"))
    return value


def row_of(model: Model, asking: Asking) -> dict[str, object]:
    names = [feature.name for feature in model.facts.schema.features]
    return dict(zip(names, asking.values, strict=True))


def _value(feature: Feature, text: str) -> Value:
    match feature.kind:
        case FeatureKind.NUMERIC:
            found = number(text)
            if found is None:
                raise NoAnswer("wrong-number")
            return found
        case FeatureKind.CATEGORICAL:
            exact = known_values(feature).find(text)
            known = {value.strip().casefold(): value for value in feature.values}
            return exact if exact is not None else known.get(text.strip().casefold(), text.strip())
        case FeatureKind.DATE:
            return text.strip()
        case FeatureKind.TEXT:
            return text
        case FeatureKind.EMBEDDING:
            numbers = embedding_in(text)
            if not isinstance(numbers, list):
                raise NoAnswer("wrong-embedding")
            return numbers
