"""Converts models to rows, and rows to models."""

import json
from dataclasses import asdict
from typing import Any

from asyncpg import Record

from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ProbabilitiesAre, ReadAs, ValueIs
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.model import Model, ModelRef, ModelState
from augury.domain.model_facts import ModelFacts
from augury.domain.model_texts import ModelTexts
from augury.domain.reasons import Reason
from augury.domain.speed import NOT_MEASURED, Speed

COLUMNS = """
name, version, facts, sha256, row_price, text_price, state, created_at, canary_share, replaced,
explain_price
"""


def model_of(row: Record) -> Model:
    facts = json.loads(row["facts"])
    return Model(
        ref=ModelRef(row["name"], row["version"]),
        facts=ModelFacts(
            task=ModelTask(facts["task"]),
            schema=InputSchema(
                tuple(
                    Feature(
                        feature["name"],
                        FeatureKind(feature["kind"]),
                        tuple(feature["values"]),
                        nullable=feature.get("nullable", True),  # missing in facts of early releases
                        length=feature.get("length"),
                    )
                    for feature in facts["features"]
                ),
                is_grouped=facts.get("is_grouped", False),
            ),
            classes=tuple(facts["classes"]),
            metrics=facts["metrics"],
            **_value_of(facts),
        ),
        sha256=row["sha256"],
        row_price=row["row_price"],
        text_price=row["text_price"],
        state=_state_of(row),
        share=row["canary_share"] if _state_of(row) is ModelState.CANARY else None,
        replaced=row["replaced"],
        explain_price=row["explain_price"],
        created_at=row["created_at"],
        speed=speed_of(row),
    )


def speed_of(row: Record) -> Speed:
    squares = row["speed_squares"]
    return NOT_MEASURED if squares is None else Speed(squares=squares, products=row["speed_products"])


def _state_of(row: Record) -> ModelState:
    state = ModelState(row["state"])
    is_canary = state is ModelState.READY and row["canary_share"] is not None
    return ModelState.CANARY if is_canary else state


def state_column(model: Model) -> ModelState:
    """The state as it is stored."""
    return ModelState.READY if model.state is ModelState.CANARY else model.state


def _unexplained(facts: dict[str, Any]) -> Reason | None:
    words, encoded = facts.get("unexplained"), facts.get("why_unexplained")
    return Reason.read(encoded, words or "") if encoded or words else None


def _value_of(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts that early releases did not store."""
    value_is, read_as = facts.get("value_is"), facts.get("read_as")
    probabilities_are = facts.get("probabilities_are")
    return {
        "outputs": tuple(facts.get("outputs", ())),
        "probabilities_are": ProbabilitiesAre(probabilities_are) if probabilities_are else None,
        "explain_work": facts.get("explain_work"),
        "unexplained": _unexplained(facts),
        "threshold": facts.get("threshold"),
        "value_is": ValueIs(value_is) if value_is else None,
        "alpha": facts.get("alpha"),
        "unsure_below": facts.get("unsure_below"),
        "read_as": ReadAs(read_as) if read_as else None,
        "texts": ModelTexts(**facts.get("texts", {})),
    }


def columns_of(model: Model) -> tuple[object, ...]:
    """The values of `COLUMNS`."""
    return (
        model.ref.name,
        model.ref.version,
        facts_column(model),
        model.sha256,
        model.row_price,
        model.text_price,
        state_column(model),
        model.created_at,
        model.share,
        model.replaced,
        model.explain_price,
    )


def facts_column(model: Model) -> str:
    facts = model.facts
    stored = {
        "task": facts.task,
        "features": [
            {
                "name": feature.name,
                "kind": feature.kind,
                "values": feature.values,
                "nullable": feature.nullable,
                "length": feature.length,
            }
            for feature in facts.schema.features
        ],
        "is_grouped": facts.schema.is_grouped,
        "classes": facts.classes,
        "outputs": facts.outputs,
        "probabilities_are": facts.probabilities_are,
        "explain_work": facts.explain_work,
        "why_unexplained": facts.unexplained and facts.unexplained.encoded,
        "unexplained": str(facts.unexplained or ""),  # for processes of an older release
        "metrics": dict(facts.metrics),
        "threshold": facts.threshold,
        "value_is": facts.value_is,
        "alpha": facts.alpha,
        "unsure_below": facts.unsure_below,
        "read_as": facts.read_as,
        "texts": asdict(facts.texts),
    }
    return json.dumps(stored, ensure_ascii=False)
