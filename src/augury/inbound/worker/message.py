"""A message of the queue `ml_tasks`, as it is on the wire."""

from typing import Annotated
from uuid import UUID

import msgspec

from augury.application.ports import Task
from augury.domain.identifiers import PredictionId


class TaskMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prediction_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=16)]
    attempt: Annotated[int, msgspec.Meta(ge=1)]

    def __post_init__(self) -> None:
        if self.attempt > 1 and len(self.prediction_ids) > 1:
            raise ValueError("a later attempt runs alone")


_decoder = msgspec.json.Decoder(TaskMessage)


def decode(body: bytes) -> Task:
    """Raises `msgspec.DecodeError` for what is no such message."""
    message = _decoder.decode(body)
    return Task([PredictionId(each) for each in message.prediction_ids], message.attempt)
