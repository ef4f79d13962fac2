"""What the bot is asking somebody, step by step: stored at each one, so that a restart forgets nothing."""

from typing import TypeAlias

import msgspec

from augury.application.ports import Json
from augury.domain.model import Feature, FeatureKind, Model
from augury.domain.row_errors import RowFault


class Asking(msgspec.Struct, frozen=True, tag="asking"):
    """The values of one row, feature by feature. Complete once there are as many values as features."""

    began: int
    """The message that began it: one dialogue is one prediction."""
    model: str
    row_price: int
    """What was said that it costs."""
    values: tuple[str | int | float | None, ...] = ()
    seen: int = 0
    """The newest message that was applied: one that comes again changes nothing."""


class Confirming(msgspec.Struct, frozen=True, tag="confirming"):
    """A CSV file that waits for a yes to its price."""

    message_id: int
    """The message that brought the file."""
    file_id: str
    file_name: str
    model: str
    row_price: int
    seen: int = 0


class Over(msgspec.Struct, frozen=True, tag="over"):
    """Nothing is being asked; the answers up to `seen` belonged to a dialogue that has ended."""

    seen: int


Dialogue: TypeAlias = Asking | Confirming | Over
_decoder: msgspec.json.Decoder[Dialogue] = msgspec.json.Decoder(Dialogue)


class NoAnswer(Exception):
    """What was sent does not answer the question; `message` is the name of the text that says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def stored(dialogue: Dialogue) -> Json:
    return Json(msgspec.json.encode(dialogue))


def restored(text: Json | None) -> Dialogue | None:
    """None where nothing is stored, or something of a version that nobody understands any more."""
    if text is None:
        return None
    try:
        return _decoder.decode(text)
    except msgspec.MsgspecError:
        return None


def answer(feature: Feature, text: str) -> str | int | float | None:
    """The value that `text` gives to the feature; raises `NoAnswer`."""
    value = _value(feature, text)
    if fault := feature.fault(value):
        raise NoAnswer("wrong-range" if fault is RowFault.NOT_FINITE else "wrong-text")
    return value


def number(text: str) -> int | float | None:
    """A number as people write them: `12`, `3.5`, `3,5`, `1 000`; None where it is none."""
    compact = "".join(text.split()).replace(",", ".").replace("−", "-")
    if "_" in compact:  # Python's own way to write 1_000, nobody else's
        return None
    try:
        found = float(compact)
    except ValueError:
        return None
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def row_of(model: Model, asking: Asking) -> dict[str, object]:
    names = [feature.name for feature in model.facts.schema.features]
    return dict(zip(names, asking.values, strict=True))


def _value(feature: Feature, text: str) -> str | int | float | None:
    match feature.kind:
        case FeatureKind.NUMERIC:
            found = number(text)
            if found is None:
                raise NoAnswer("wrong-number")
            return found
        case FeatureKind.CATEGORICAL:
            known = {value.casefold(): value for value in feature.values}
            return known.get(text.strip().casefold(), text.strip())
        case FeatureKind.TEXT:
            return text
