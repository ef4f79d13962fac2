"""The wire format of the broker's messages: tasks in the queue `ml_tasks`, and events.

Both are JSON in UTF-8. Old and new processes run together during an upgrade, so the format must not change:
`tests/unit/broker/test_wire.py` pins each byte.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec

from augury.application.predictions.ports import Ended, Task
from augury.concurrency.trace_context import traceparent
from augury.domain.identifiers import PredictionId

CONTENT_TYPE = "application/json"
MOST_IDS = 16
"""Predictions in one message."""


class _Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prediction_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=MOST_IDS)]
    attempt: Annotated[int, msgspec.Meta(ge=1)]

    def __post_init__(self) -> None:
        if self.attempt > 1 and len(self.prediction_ids) > 1:
            raise ValueError("a later attempt runs alone")


_tasks = msgspec.json.Decoder(_Task)
_events = msgspec.json.Decoder(list[Ended])


class NotUnderstood(ValueError):
    """The message is not in the format of this module. `str()` says what is wrong with it."""


def task_body(ids: Sequence[PredictionId], attempt: int) -> bytes:
    """The body of a message about 1 to `MOST_IDS` predictions, or exactly one if `attempt` exceeds 1."""
    return msgspec.json.encode({"prediction_ids": ids, "attempt": attempt})


def task_headers(traces: Sequence[str | None]) -> dict[str, Any] | None:
    """The headers that carry the traces of a message's predictions, in the order of their ids.

    One prediction has `traceparent`. Several have the list `traceparents`, with "" for those without a trace.
    """
    if not any(traces):
        return None
    if len(traces) == 1:
        return {"traceparent": traces[0]}
    return {"traceparents": [trace or "" for trace in traces]}


def read_task(body: bytes, headers: Mapping[str, object] | None = None) -> Task:
    """Raises `NotUnderstood` for a wrong body. Wrong headers are ignored."""
    try:
        message = _tasks.decode(body)
    except msgspec.MsgspecError as error:
        raise NotUnderstood(str(error)) from error
    ids = [PredictionId(each) for each in message.prediction_ids]
    return Task(ids, message.attempt, _traces(ids, headers) if headers else {})


def events_body(ended: Sequence[Ended]) -> bytes:
    """The body of one message about all of them: a JSON array of the fields of `Ended`."""
    return msgspec.json.encode(ended)


def read_events(body: bytes) -> Sequence[Ended]:
    """Raises `NotUnderstood`. Unknown fields are ignored."""
    try:
        return _events.decode(body)
    except msgspec.MsgspecError as error:
        raise NotUnderstood(str(error)) from error


def _traces(ids: Sequence[PredictionId], headers: Mapping[str, object]) -> dict[PredictionId, str]:
    said = headers.get("traceparents") if len(ids) > 1 else [headers.get("traceparent")]
    if not isinstance(said, list):
        return {}
    return {each: trace for each, text in zip(ids, said, strict=False) if (trace := traceparent(text))}
