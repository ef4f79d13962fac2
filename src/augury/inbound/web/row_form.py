"""A form for one row of a model: the fields from the model's schema, and the row that a person filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from augury.domain.cells import embedding_in
from augury.domain.feature import Feature, FeatureKind
from augury.domain.model import Model
from augury.domain.numbers import TwoReadings, number
from augury.domain.row_errors import RowDoubt, RowFault
from augury.inbound.web.texts import Texts

MOST_CHOICES = 60
"""A list offers at most this many known categories. With more of them, people type one."""
MOST_SUGGESTED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    """Its name in the form. A feature's own name may be any text."""
    feature: Feature
    label: str
    text: str = ""
    """The text that was typed."""
    problem: str = ""

    @property
    def choices(self) -> tuple[str, ...]:
        return self.feature.values if len(self.feature.values) <= MOST_CHOICES else ()

    @property
    def suggestions(self) -> tuple[str, ...]:
        return () if self.choices else self.feature.values[:MOST_SUGGESTED]

    @property
    def may_be_empty(self) -> bool:
        return self.feature.kind in (FeatureKind.NUMERIC, FeatureKind.DATE) and self.feature.nullable


@dataclass(frozen=True, slots=True)
class Filled:
    """A submitted form."""

    fields: tuple[Field, ...]
    row: Mapping[str, object]

    @property
    def is_good(self) -> bool:
        return not any(field.problem for field in self.fields)


def empty(model: Model, words: Texts, row: Mapping[str, object] | None = None) -> tuple[Field, ...]:
    """The fields, filled with the values of an earlier row if there is one."""
    return tuple(
        Field(
            name=f"f{place}",
            feature=feature,
            label=model.facts.texts.feature(feature.name, words.language),
            text=_typed((row or {}).get(feature.name)),
        )
        for place, feature in enumerate(model.facts.schema.features)
    )


def example(model: Model, words: Texts) -> Mapping[str, object]:
    """A row with which people can try the model. Numbers that may be missing are left out."""
    return {feature.name: _example(feature, words) for feature in model.facts.schema.features}


def filled(model: Model, words: Texts, form: Mapping[str, object], *, max_text: int) -> Filled:
    """The row of a form, and the problem of each field."""
    fields, row = [], {}
    for field in empty(model, words):
        text = str(form.get(field.name, ""))
        value, problem = _read(field.feature, text, words)
        fault = field.feature.fault(value, max_text)
        row[field.feature.name] = value
        problem = problem or (reason(words, fault) if fault else "")
        fields.append(
            Field(name=field.name, feature=field.feature, label=field.label, text=text, problem=problem)
        )
    return Filled(tuple(fields), row)


def reason(words: Texts, fault: RowFault) -> str:
    return words(f"fault-{fault.replace('_', '-')}")


def doubt(words: Texts, doubt: RowDoubt, *, count: object) -> str:
    return words(f"doubt-{doubt.replace('_', '-')}", count=count)


def _read(feature: Feature, text: str, words: Texts) -> tuple[object, str]:
    """The value from the field, and a problem that the model's schema cannot find."""
    stripped = text.strip()
    match feature.kind:
        case FeatureKind.NUMERIC:
            try:
                read = number(stripped) if stripped else None
            except TwoReadings as error:
                return text, words("number-has-two-readings", one=str(error.one), other=str(error.other))
            return (text if read is None and stripped else read), ""
        case FeatureKind.DATE:
            return stripped or None, ""
        case FeatureKind.EMBEDDING:
            return embedding_in(stripped), ""
        case FeatureKind.CATEGORICAL:
            return text, "" if text or "" in feature.values else words("fault-missing")
        case _:
            return text.replace("\r\n", "\n"), ""  # browsers send line breaks as CRLF


def _typed(value: object) -> str:
    return "" if value is None else str(value)


def _example(feature: Feature, words: Texts) -> object:
    match feature.kind:
        case FeatureKind.NUMERIC:
            return None if feature.nullable else 0
        case FeatureKind.CATEGORICAL:
            return feature.values[0] if feature.values else "a"
        case FeatureKind.DATE:
            return f"{datetime.now(UTC):%Y-%m-%d}"
        case FeatureKind.EMBEDDING:
            return [0.0] * (feature.length or 1)
        case _:
            return words("example-text")
