"""The facts that an operator gives about a model file, and the messages after it was added."""

from pathlib import Path
from typing import TypeVar

import msgspec

from augury.application.models.offering import Categories, Registered
from augury.application.models.register_model import GivenFacts
from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model.prices import prices_in_words
from augury.bootstrap.config import OperatorError
from augury.domain.answer_meaning import ReadAs, ValueIs
from augury.domain.model import Model
from augury.domain.model_texts import ModelTexts

Shape = TypeVar("Shape")


class TextsFile(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON file of `augury model describe`: texts by language (`en`, `ru`)."""

    description: dict[str, str] = {}
    features: dict[str, dict[str, str]] = {}
    labels: dict[str, dict[str, str]] = {}


def known_of(value: str | None, categories: Path | None, sample: Path | None) -> GivenFacts:
    """Raises `OperatorError`."""
    if categories is not None and sample is not None:
        raise OperatorError("--categories and --sample exclude each other: give only one of them")
    read_as = ReadAs(value) if value else None
    if categories is not None:
        told = categories_of(categories)
        return GivenFacts(read_as=read_as, categories=lambda _: told)
    if sample is not None:
        from augury.bootstrap.cli.model.sample import sampled  # only this option reads a table

        return GivenFacts(read_as=read_as, categories=sampled(sample, warn))
    return GivenFacts(read_as=read_as)


def warn(words: str) -> None:
    say(f"warning: {words}", err=True)


def categories_of(file: Path) -> Categories:
    """Raises `OperatorError`."""
    values = _read(file, dict[str, list[str | bool | int]])
    return {name: [_category(each) for each in categories] for name, categories in values.items()}


def texts_of(file: Path) -> ModelTexts:
    """Raises `OperatorError`."""
    texts = _read(file, TextsFile)
    return ModelTexts(description=texts.description, features=texts.features, labels=texts.labels)


def outcome(registered: Registered) -> list[str]:
    """The messages for the operator: the result, then warnings."""
    model = registered.model
    features = ", ".join(f"{feature.name} ({feature.kind})" for feature in model.facts.schema.features)
    what = f"{model.facts.task}, {features}; {model.state}, {prices_of(model)}"
    if not registered.is_new:
        return [f"{model.ref} already has this file: {what}", *_warnings(registered)]
    said = f"added {model.ref}: {what}"
    if registered.differences:
        why = "; ".join(map(str, registered.differences))
        return [
            said,
            f"it is not active, because {why}. To activate it: augury model activate {model.ref}",
            *_warnings(registered),
        ]
    return [said, *_warnings(registered)]


def prices_of(model: Model) -> str:
    return prices_in_words(model.row_price, model.text_price, model.explain_price)


def _warnings(registered: Registered) -> list[str]:
    facts = registered.model.facts
    ignored = [
        f"the file's metadata has categories for {name}, which is not a categorical feature of the model: "
        "they are ignored"
        for name in registered.ignored
    ]
    if facts.value_is is not ValueIs.UNKNOWN or facts.read_as is not None:
        return ignored
    return [
        *ignored,
        "the file does not name its loss function, so the meaning of the model's values is unknown: answers "
        "have the raw values. Add the file again with --value exponent if the model learned the logarithm "
        "of the target, or with --value raw if not",
    ]


def _category(value: str | bool | int) -> str:
    """The value as CatBoost writes it: a boolean is 1 or 0."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _read(file: Path, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(file.read_bytes(), type=shape)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise OperatorError(f"{file} cannot be used: {error}") from error
