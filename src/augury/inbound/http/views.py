"""How a prediction looks from outside."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec

from augury.application.predictions.ports import StoredPrediction
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import Failure, Prediction, Status
from augury.inbound.http.field_problems import FieldProblem, row_problems, row_warnings
from augury.inbound.http.openapi import Shows

EXAMPLE = PredictionId(UUID("01994d2f-7c1e-7000-8a3b-5c6d7e8f9012"))
"""The id of nobody's prediction."""
_NOTHING = msgspec.Raw(b"null")
_ANSWER = {"label": "positive", "probabilities": {"negative": 0.04, "neutral": 0.08, "positive": 0.88}}


class Answer(msgspec.Struct, frozen=True):
    """What a model says of one row: a label with each class's probability, or a value."""

    label: str | msgspec.UnsetType = msgspec.UNSET
    probabilities: dict[str, float] | msgspec.UnsetType = msgspec.UNSET
    value: float | msgspec.UnsetType = msgspec.UNSET


Output = Annotated[
    msgspec.Raw,
    Shows(
        type=Answer | list[Answer | None] | None,
        description="For an object `data` one object; for an array an array, with null where `errors` "
        "names the row. Null until it has succeeded, once it is forgotten, and in lists where there is "
        "more than one row.",
        example=_ANSWER,
    ),
]


class Urls(msgspec.Struct, frozen=True):
    """Where a prediction is, and where it is canceled."""

    self_: str = msgspec.field(name="self")
    cancel: str


class PredictionView(msgspec.Struct, frozen=True):
    """One prediction as it stands. `price` is held for it, `charged` is what it cost in the end, and
    `refunded` what was given back of that since."""

    id: PredictionId
    status: Status
    model: str
    rows: int
    price: int
    charged: int
    refunded: int
    output: Output
    errors: list[FieldProblem]
    warnings: list[FieldProblem]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    urls: Urls
    failure: Failure | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, stored: StoredPrediction, *, base_path: str) -> Self:
        prediction = stored.prediction
        url = f"{base_path}/predictions/{prediction.id}"
        return cls(
            prediction.id,
            prediction.status,
            str(prediction.model),
            prediction.rows,
            prediction.price,
            prediction.charged,
            stored.refunded,
            _NOTHING if stored.output is None else msgspec.Raw(stored.output),
            row_problems(stored.errors),
            row_warnings(stored.warnings),
            prediction.created_at,
            prediction.started_at,
            prediction.finished_at,
            Urls(url, f"{url}/cancel"),
            prediction.failure or msgspec.UNSET,
        )


def unanswered(prediction: Prediction) -> StoredPrediction:
    """A prediction of which nothing is stored yet, or ever: it was just accepted, or canceled."""
    return StoredPrediction(prediction, None)
