"""The arguments of tool calls, checked strictly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from augury.domain.identifiers import PredictionId
from augury.domain.transfer import MOST_CREDITS

MOST_KEY_CHARACTERS = 255
MOST_LISTED = 50


class InvalidArguments(ValueError):
    """`str()` is the error message for the agent."""


@dataclass(frozen=True, slots=True)
class PredictArguments:
    rows: list[Any]
    text: bytes
    """The JSON text of the rows."""
    max_price: int | None
    key: str | None

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Self:
        """Raises `InvalidArguments`."""
        found = _known(given, ("rows", "max_price", "idempotency_key"))
        return cls._read(found, _number(found, "max_price", 0, MOST_CREDITS))

    @classmethod
    def _read(cls, found: Mapping[str, Any], max_price: int | None) -> Self:
        rows = found.get("rows")
        if not isinstance(rows, list):
            raise InvalidArguments("`rows` must be an array of rows.")
        try:
            text = json.dumps(rows, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:
            raise InvalidArguments(
                "`rows` contain half of a surrogate pair, which is not a character."
            ) from None
        except (ValueError, RecursionError):
            raise InvalidArguments("`rows` are not JSON: write null for a missing number, not NaN.") from None
        return cls(rows, text, max_price, _key(found.get("idempotency_key")))

    @classmethod
    def confirmed(cls, given: Mapping[str, Any] | None) -> tuple[str, Self]:
        """A model's name, and a call of it whose `max_price` is the price that the user has accepted.

        Raises `InvalidArguments`.
        """
        found = _known(given, ("model", "rows", "price", "idempotency_key"))
        model, price = found.get("model"), _number(found, "price", 0, MOST_CREDITS)
        if not isinstance(model, str) or not model or "@" in model:
            raise InvalidArguments("`model` must be the name of a model, such as `tone` for `predict_tone`.")
        if price is None:
            raise InvalidArguments("`price` must be the price that the refusal named.")
        return model, cls._read(found, price)


def prediction_id(given: Mapping[str, Any] | None) -> PredictionId:
    """Raises `InvalidArguments`."""
    said = _known(given, ("prediction_id",)).get("prediction_id")
    try:
        return PredictionId(UUID(said if isinstance(said, str) else ""))
    except ValueError:
        raise InvalidArguments("`prediction_id` must be the id of a prediction.") from None


def limit(given: Mapping[str, Any] | None) -> int:
    """Raises `InvalidArguments`."""
    found = _number(_known(given, ("limit",)), "limit", 1, MOST_LISTED)
    return 10 if found is None else found


def nothing(given: Mapping[str, Any] | None) -> None:
    """Raises `InvalidArguments` if there are any."""
    _known(given, ())


def _known(given: Mapping[str, Any] | None, names: tuple[str, ...]) -> Mapping[str, Any]:
    found = given or {}
    if unknown := next((name for name in found if name not in names), None):
        known = ", ".join(f"`{name}`" for name in names) or "none"
        raise InvalidArguments(f"`{unknown[:100]}` is not an argument of this tool. Its arguments: {known}.")
    return found


def _number(found: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    value = found.get(name)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():  # JSON Schema takes 5.0 for an integer
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        raise InvalidArguments(f"`{name}` must be a whole number from {least} to {most}.")
    return value


def _key(value: object) -> str | None:
    if value is None:
        return None
    fits = isinstance(value, str) and 1 <= len(value) <= MOST_KEY_CHARACTERS
    if not isinstance(value, str) or not fits or not all(" " <= each <= "~" for each in value):
        raise InvalidArguments(
            f"`idempotency_key` must be 1 to {MOST_KEY_CHARACTERS} printable ASCII characters."
        )
    return value
