"""The wire format of the broker's messages: tasks in the queue `ml_tasks`, and events.

Both are JSON in UTF-8. Old and new processes run together during an upgrade, so the format must not change:
`tests/unit/broker/test_wire.py` pins each byte.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from augury.application.ports import Json
from augury.application.predictions.ports.events import Ended, Ending
from augury.application.predictions.ports.queue import Task
from augury.concurrency.trace_context import traceparent
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Failure, Status

CONTENT_TYPE = "application/json"
MOST_IDS = 256
"""The most predictions in one message that a worker reads."""
IDS = 128
"""Predictions that are put into one message, unless a setting says otherwise."""
_NOTHING = msgspec.Raw(b"null")


class _Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prediction_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=MOST_IDS)]
    attempt: Annotated[int, msgspec.Meta(ge=1)]

    def __post_init__(self) -> None:
        if self.attempt > 1 and len(self.prediction_ids) > 1:
            raise ValueError("a later attempt runs alone")


class _Ending(msgspec.Struct, frozen=True, omit_defaults=True):
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    valid_rows: int
    valid_text_bytes: int = 0
    failure: Failure | None = None
    output: msgspec.Raw = _NOTHING
    """The stored JSON itself, not a string that contains it."""


class _Event(msgspec.Struct, frozen=True, omit_defaults=True):
    prediction_id: UUID
    user_id: UUID
    status: Status
    ending: _Ending | None = None


_tasks = msgspec.json.Decoder(_Task)
_events = msgspec.json.Decoder(list[_Event])


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


def read_task(body: bytes, headers: Mapping[str, object] | None = None, *, redelivered: bool = False) -> Task:
    """Raises `NotUnderstood` for a wrong body. Wrong headers are ignored."""
    try:
        message = _tasks.decode(body)
    except msgspec.MsgspecError as error:
        raise NotUnderstood(str(error)) from error
    ids = [PredictionId(each) for each in message.prediction_ids]
    return Task(ids, message.attempt, _traces(ids, headers) if headers else {}, redelivered)


def events_body(ended: Sequence[Ended]) -> bytes:
    """The body of one message about all of them: a JSON array of the fields of `Ended`, without defaults."""
    return msgspec.json.encode(
        [
            _Event(
                each.prediction_id,
                each.user_id,
                each.status,
                _encodable(each.ending) if each.ending else None,
            )
            for each in ended
        ]
    )


def read_events(body: bytes) -> Sequence[Ended]:
    """Raises `NotUnderstood`. Unknown fields are ignored. Processes of earlier versions send no `ending`."""
    try:
        events = _events.decode(body)
    except msgspec.MsgspecError as error:
        raise NotUnderstood(str(error)) from error
    return [
        Ended(
            PredictionId(each.prediction_id),
            UserId(each.user_id),
            each.status,
            _decoded(each.ending) if each.ending else None,
        )
        for each in events
    ]


def _encodable(ending: Ending) -> _Ending:
    return _Ending(
        ending.attempts,
        ending.started_at,
        ending.finished_at,
        ending.valid_rows,
        ending.valid_text_bytes,
        ending.failure,
        _NOTHING if ending.output is None else msgspec.Raw(ending.output),
    )


def _decoded(ending: _Ending) -> Ending:
    output = bytes(ending.output)
    return Ending(
        attempts=ending.attempts,
        started_at=ending.started_at,
        finished_at=ending.finished_at,
        valid_rows=ending.valid_rows,
        valid_text_bytes=ending.valid_text_bytes,
        failure=ending.failure,
        output=None if output == b"null" else Json(output),
    )


def _traces(ids: Sequence[PredictionId], headers: Mapping[str, object]) -> dict[PredictionId, str]:
    said = headers.get("traceparents") if len(ids) > 1 else [headers.get("traceparent")]
    if not isinstance(said, list):
        return {}
    return {each: trace for each, text in zip(ids, said, strict=False) if (trace := traceparent(text))}
