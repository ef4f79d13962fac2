"""A message of the queue `ml_tasks`, as it is on the wire."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import msgspec

from augury.application.predictions.ports import Task
from augury.concurrency.trace_context import traceparent
from augury.domain.identifiers import PredictionId


class TaskMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prediction_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=16)]
    attempt: Annotated[int, msgspec.Meta(ge=1)]

    def __post_init__(self) -> None:
        if self.attempt > 1 and len(self.prediction_ids) > 1:
            raise ValueError("a later attempt runs alone")


_decoder = msgspec.json.Decoder(TaskMessage)


def decode(body: bytes, headers: Mapping[str, object] | None = None) -> Task:
    """Raises `msgspec.DecodeError` for what is no such message; headers that mean nothing are passed over."""
    message = _decoder.decode(body)
    ids = [PredictionId(each) for each in message.prediction_ids]
    return Task(ids, message.attempt, _traces(ids, headers) if headers else {})


def _traces(ids: Sequence[PredictionId], headers: Mapping[str, object]) -> dict[PredictionId, str]:
    """`traceparent` for the only prediction, or `traceparents`, one for each in the order of the ids."""
    said = headers.get("traceparents") if len(ids) > 1 else [headers.get("traceparent")]
    if not isinstance(said, list):
        return {}
    return {each: trace for each, text in zip(ids, said, strict=False) if (trace := traceparent(text))}
