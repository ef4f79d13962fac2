"""The administrator's routes for the queue: its length, and messages that could not be handled."""

from datetime import datetime
from typing import Annotated, Self

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import QueryParameter

from augury.application.predictions.ports import DeadLetter, DeadLetters, Predictions
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.inbound.http.paging import Limit
from augury.inbound.http.problems import documented

MOST_COUNTED = 1_000_000
"""Unfinished predictions are counted up to this number."""
ReplayLimit = Annotated[int, QueryParameter(ge=1, le=10_000, description="The most messages to replay.")]


class DeadLetterView(msgspec.Struct, frozen=True):
    """A message that could not be handled. `body` is its beginning, with bytes that are not text replaced."""

    reason: str
    deaths: int
    died_at: datetime | None
    put_at: datetime | None
    size: int
    body: str

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        return cls(
            letter.reason,
            letter.deaths,
            letter.died_at,
            letter.put_at,
            letter.size,
            letter.body.decode("utf-8", "replace"),
        )


class QueueView(msgspec.Struct, frozen=True):
    """The numbers of messages ready for a worker, of unfinished predictions, and of messages that could not
    be handled, and the oldest of these messages."""

    ready: int
    unfinished: int
    dead: int
    dead_letters: list[DeadLetterView]


class Replayed(msgspec.Struct, frozen=True):
    replayed: int


@get(
    "/admin/queue",
    summary="Look at the queue",
    description=QueueView.__doc__,
    responses=documented(401, 403, 422),
)
@inject
async def read_queue(
    dead_letters: FromDishka[DeadLetters], predictions: FromDishka[Predictions], limit: Limit = 20
) -> QueueView:
    lengths = await dead_letters.lengths()
    letters = await dead_letters.list(at_most=limit) if lengths.dead else []
    return QueueView(
        lengths.ready,
        await predictions.waiting(at_most=MOST_COUNTED),
        lengths.dead,
        [DeadLetterView.of(letter) for letter in letters],
    )


@post(
    "/admin/queue/replay",
    status_code=200,
    summary="Replay dead letters",
    description=ReplayDeadLetters.__doc__,
    responses=documented(401, 403, 422),
)
@inject
async def replay_dead_letters(replay: FromDishka[ReplayDeadLetters], limit: ReplayLimit = 1_000) -> Replayed:
    return Replayed(await replay(at_most=limit))


ROUTES = (read_queue, replay_dead_letters)
