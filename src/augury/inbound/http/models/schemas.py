"""The JSON Schemas of a model's rows and answers."""

from typing import Any

from augury.domain.answer_form import AnswerForm, ModelTask
from augury.domain.feature import MOST_EMBEDDING, Feature, FeatureKind
from augury.domain.input_schema import GROUP, InputSchema

_TYPES: dict[FeatureKind, list[str]] = {
    FeatureKind.NUMERIC: ["number", "boolean", "null"],
    FeatureKind.CATEGORICAL: ["string", "integer", "boolean"],
    FeatureKind.TEXT: ["string"],
    FeatureKind.DATE: ["string", "null"],
}


def schema_of_row(schema: InputSchema, *, max_text: int) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one row, whose strings have at most `max_text` characters."""
    return {
        "type": "object",
        "properties": {
            **({GROUP: {"type": ["string", "integer"]}} if schema.is_grouped else {}),
            **{feature.name: _feature_schema(feature, max_text) for feature in schema.features},
        },
        "required": [feature.name for feature in schema.features],
        "additionalProperties": False,
    }


def schema_of_answer(form: AnswerForm) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the answer to one row."""
    properties, required = _answer_properties(form)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _answer_properties(form: AnswerForm) -> tuple[dict[str, Any], list[str]]:
    names = list(form.names)
    number: dict[str, Any] = {"type": "number"}
    by_name = {"type": "object", "properties": dict.fromkeys(names, number), "required": names}
    # With `top`, only the likeliest are listed; `others` is the sum of the rest.
    listed = {
        "probabilities": {**by_name, "required": [], "minProperties": 1, "additionalProperties": False},
        "others": {"type": "number", "minimum": 0},
    }
    match form.task:
        case ModelTask.CLASSIFICATION:
            return {"label": {"enum": names}, **listed}, ["label"]
        case ModelTask.MULTILABEL:
            labels = {"type": "array", "items": {"enum": names}, "uniqueItems": True}
            return {"labels": labels, **listed}, ["labels", "probabilities"]
        case ModelTask.MULTI_REGRESSION:
            return {"values": by_name}, ["values"]
        case ModelTask.UNCERTAIN_REGRESSION:
            deviation = {"type": "number", "minimum": 0}
            return {"value": number, "standard_deviation": deviation}, ["value", "standard_deviation"]
        case ModelTask.RANKING:
            return {"value": number, "rank": {"type": "integer", "minimum": 1}}, ["value", "rank"]
        case ModelTask.REGRESSION:
            return {"value": number}, ["value"]


def _feature_schema(feature: Feature, max_text: int) -> dict[str, Any]:
    if feature.kind is FeatureKind.EMBEDDING:
        least, most = (feature.length, feature.length) if feature.length else (1, MOST_EMBEDDING)
        return {"type": "array", "items": {"type": "number"}, "minItems": least, "maxItems": most}
    types = [each for each in _TYPES[feature.kind] if feature.nullable or each != "null"]
    known = {"examples": list(feature.values)} if feature.values else {}
    length = {"maxLength": max_text} if "string" in types else {}
    return {"type": types if len(types) > 1 else types[0], **length, **known}
