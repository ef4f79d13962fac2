"""Predictions as the API shows them."""

from datetime import datetime
from typing import Annotated, Self

import msgspec

from augury.application.predictions.ports.reads import MOST_LISTED_BYTES, StoredPrediction
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import Failure, Prediction, Status
from augury.domain.queue_place import Place
from augury.domain.row_errors import warning_count
from augury.inbound.http.description.openapi import Shows
from augury.inbound.http.problems.field_problems import FieldProblem, row_problems, row_warnings

_NOTHING = msgspec.Raw(b"null")
_ANSWER = {"label": "positive", "probabilities": {"negative": 0.04, "neutral": 0.08, "positive": 0.88}}


class Answer(msgspec.Struct, frozen=True):
    """A model's answer for one row, by its task: a `label` with the probability of each class, `labels` with
    the probability of each, a `value` (with its `standard_deviation`, or with its `rank` in its group, from
    1), or several `values` by name. `output_schema` in `GET /models/{name}` says which."""

    label: str | msgspec.UnsetType = msgspec.UNSET
    labels: list[str] | msgspec.UnsetType = msgspec.UNSET
    probabilities: dict[str, float] | msgspec.UnsetType = msgspec.UNSET
    value: float | msgspec.UnsetType = msgspec.UNSET
    values: dict[str, float] | msgspec.UnsetType = msgspec.UNSET
    standard_deviation: float | msgspec.UnsetType = msgspec.UNSET
    rank: int | msgspec.UnsetType = msgspec.UNSET


Output = Annotated[
    msgspec.Raw,
    Shows(
        type=Answer | list[Answer | None] | None,
        description="One object if `data` was an object, an array if it was an array, with null for each row "
        "that could not be predicted. The whole is null until the prediction has succeeded, after it is "
        f"forgotten, and in lists if there is more than one row or more than {MOST_LISTED_BYTES} bytes.",
        example=_ANSWER,
    ),
]


class Urls(msgspec.Struct, frozen=True):
    """The URLs of a prediction and of its cancellation."""

    self_: str = msgspec.field(name="self")
    cancel: str


class PlaceInQueue(msgspec.Struct, frozen=True):
    """The place of a queued prediction. `ahead` is the number of predictions that are likely to start first,
    `starts_in` the estimated seconds until it starts. In nine of ten cases it starts within `starts_in_p90`.
    The times are null while the speed is not known."""

    ahead: int
    starts_in: float | None
    starts_in_p90: float | None

    @classmethod
    def of(cls, place: Place) -> Self:
        return cls(place.ahead, place.starts_in, place.starts_in_p90)


class PredictionView(msgspec.Struct, frozen=True):
    """One prediction in its current state. While it is queued, `queue` has its place. `price` is held for it,
    `charged` is its final cost, and `refunded` is the part of `charged` that was refunded later. `errors`
    lists the first of the errors that `error_count` counts; likewise `warnings` and `warning_count`."""

    id: PredictionId
    status: Status
    model: str
    rows: int
    price: int
    charged: int
    refunded: int
    output: Output
    errors: list[FieldProblem]
    error_count: int
    warnings: list[FieldProblem]
    warning_count: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    urls: Urls
    failure: Failure | msgspec.UnsetType = msgspec.UNSET
    queue: PlaceInQueue | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, stored: StoredPrediction, *, base_path: str, place: Place | None = None) -> Self:
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
            prediction.error_count,
            row_warnings(stored.warnings),
            warning_count(stored.warnings),
            prediction.created_at,
            prediction.started_at,
            prediction.finished_at,
            Urls(url, f"{url}/cancel"),
            prediction.failure or msgspec.UNSET,
            msgspec.UNSET if place is None else PlaceInQueue.of(place),
        )


class ListedPrediction(msgspec.Struct, frozen=True):
    """One prediction in a list: without its errors and warnings, which are only counted. Read it by its id to
    get them, and its output where that is left out. While it is queued, `queue` has its place."""

    id: PredictionId
    status: Status
    model: str
    rows: int
    price: int
    charged: int
    refunded: int
    output: Output
    error_count: int
    warning_count: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    urls: Urls
    failure: Failure | msgspec.UnsetType = msgspec.UNSET
    queue: PlaceInQueue | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, stored: StoredPrediction, *, base_path: str, place: Place | None = None) -> Self:
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
            prediction.error_count,
            warning_count(stored.warnings) if stored.warnings else 0,
            prediction.created_at,
            prediction.started_at,
            prediction.finished_at,
            Urls(url, f"{url}/cancel"),
            prediction.failure or msgspec.UNSET,
            msgspec.UNSET if place is None else PlaceInQueue.of(place),
        )


def unanswered(prediction: Prediction) -> StoredPrediction:
    """A prediction without a stored result, because it was just accepted or canceled."""
    return StoredPrediction(prediction, None)
